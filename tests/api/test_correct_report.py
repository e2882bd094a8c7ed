"""GET and PATCH /v1/reports/{report_id}"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from service.ledger.seal import seal_entries
from service.ledger.verify import verify_ledger
from service.outlets.rebuild_sums import rebuild_sums
from service.storage.models import Version
from service.values.vocabulary import Scope
from tests.support.contract import NOTHING
from tests.support.world import assert_problem, lasting, report


@pytest.fixture
def claim(world):
    """An open claim with a report of Herald."""
    return world.record(report(probability=0.9, url="https://herald.example/1", quote="Opens."), external_id="feed:1")


def path_of(claim, index=0):
    return f"/v1/reports/{claim['reports'][index]['id']}"


def correct(world, claim, changes, index=0):
    """Change a report with its current tag."""
    tag = world.get(path_of(claim, index)).headers["ETag"]
    return world.patch(path_of(claim, index), changes, headers={"If-Match": tag})


def test_get(world, claim):
    """
    A report is shown as on its claim, with a tag.
    """
    response = world.get(path_of(claim))

    assert claim["reports"] == [response.json]
    assert 304 == world.get(path_of(claim), headers={"If-None-Match": response.headers["ETag"]}).status_code
    assert_problem(world.get(f"/v1/reports/{NOTHING}"), 404, "not-found")


def test_it_works(world, claim):
    """
    R4: the members that are sent are changed, null removes one, and the others stay.
    """
    [before] = claim["reports"]
    changes = {"stance": "deny", "probability": 0.2, "commitment": 3, "quote": None, "url": "https://herald.example/2"}

    response = correct(world, claim, changes)

    shown = response.json
    assert 200 == response.status_code
    added = {"stance_source": "stated", "commitment_source": "stated", "corrected_at": shown["corrected_at"]}
    assert before | changes | added == shown
    assert [shown] == world.claim(claim)["reports"]
    assert None is not shown["corrected_at"]
    assert response.headers["ETag"] == world.get(path_of(claim)).headers["ETag"]


def test_merge_patch(world, claim):
    """
    A body of the type application/merge-patch+json is accepted, too.
    """
    headers = world.headers | {"If-Match": "*"}
    options = {"headers": headers, "content_type": "application/merge-patch+json"}

    response = world.client.patch(path_of(claim), data='{"quote": null}', **options)

    assert (200, None) == (response.status_code, response.json["quote"])


def test_precondition(world, claim):
    """
    A change needs the tag of the current version.
    """
    tag = world.get(path_of(claim)).headers["ETag"]
    correct(world, claim, {"probability": 0.8})

    assert_problem(world.patch(path_of(claim), {"probability": 0.7}), 428, "precondition-required")
    late = world.patch(path_of(claim), {"probability": 0.7}, headers={"If-Match": tag})
    assert_problem(late, 412, "precondition-failed")
    assert 0.8 == world.get(path_of(claim)).json["probability"]


def test_no_change(world, claim):
    """
    A body without a change returns the report and keeps no version.
    """
    for changes in ({}, {"probability": 0.9}, {"stance": None, "quote": "Opens."}):
        assert claim["reports"] == [correct(world, claim, changes).json]
    assert 0 == world.count(Version)


def test_versions_are_kept(world, claim):
    """
    R4: every version is kept and entered in the ledger, which stays valid.
    """
    for probability in (0.8, 0.7):
        correct(world, claim, {"probability": probability})

    db = world.runtime.db
    with db.read() as session:
        kept = session.scalars(sa.select(Version).order_by(Version.number)).all()
    assert [(1, 0.9), (2, 0.8)] == [(version.number, version.content["probability"]) for version in kept]
    for subject in (claim, claim["reports"][0]):
        trail = world.get("/v1/trail", query_string={"subject": subject["id"]}).json["items"]
        assert 2 == len([entry for entry in trail if entry["table"] == "version"])
        assert not any("fingerprint" in (entry["after"].get("content") or entry["after"]) for entry in trail)
    seal_entries(db, now=dt.datetime.now(dt.UTC))
    assert [] == list(verify_ledger(db))


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("member", ["outlet", "published_at", "relays", "id", "claim"])
def test_members_that_cannot_change(world, claim, member):
    """
    The outlet, the time and the source of a report are corrected by withdrawing it and filing it again.
    """
    response = correct(world, claim, {member: claim["reports"][0][member], "quotes": "x", "probability": 2})

    assert_problem(response, 422, "invalid-body", f"/{member}", "/quotes", "/probability")
    [detail] = [place["detail"] for place in response.json["errors"] if place["pointer"] == f"/{member}"]
    assert "Withdraw the report, and file it again" in detail


def test_score_of_a_resolved_claim(world, claim):
    """
    R20: a corrected stance and probability count at once, and the sums equal a rebuild from the rows.
    """
    world.resolve(claim, "true", known_at="2026-02-01T00:00:00Z")
    before = world.score()

    correct(world, claim, {"stance": "deny", "probability": 0.2})

    after = world.score()
    assert [(1, 0), (0, 1)] == [(one["counts"]["correct"], one["counts"]["incorrect"]) for one in (before, after)]
    assert [pytest.approx(0.01), pytest.approx(0.64)] == [one["brier"]["score"] for one in (before, after)]
    assert 0 == rebuild_sums(world.runtime.db, now=dt.datetime.now(dt.UTC))
    correct(world, claim, {"stance": "support", "probability": 0.9})
    assert lasting(before) == lasting(world.score()) | {"ledger": before["ledger"]}


def test_score_at_a_past_moment(world, claim):
    """
    R18: a score recorded by a moment before the correction counts the report as it was then.
    """
    world.resolve(claim, "true", known_at="2026-02-01T00:00:00Z")
    moment = world.resolve(world.record(report("Echo")), "true")["recorded_at"]
    correct(world, claim, {"stance": "deny", "probability": 0.2})
    correct(world, claim, {"stance": "comment", "probability": None})

    then, now = world.score(recorded_by=moment), world.score()

    assert [(1, 0), (0, 1)] == [(one["counts"]["correct"], one["counts"]["unscored"]) for one in (then, now)]
    assert pytest.approx(0.01) == then["brier"]["score"]


@pytest.mark.parametrize(
    ("filed", "changes", "stance"),
    [
        ({"probability": 0.9}, {"probability": 0.2}, ("deny", "probability")),
        ({"probability": 0.9}, {"probability": 0.5}, ("comment", "probability")),
        ({"probability": 0.5}, {"probability": 0.6}, ("support", "probability")),
        ({"probability": 0.9}, {"stance": "support"}, ("support", "stated")),
        ({"probability": 0.9}, {"stance": "query", "probability": None}, ("query", "stated")),
        ({"probability": 0.9}, {"stance": "deny", "probability": 0.5}, ("deny", "stated")),
        ({"probability": 0.9, "stance": "support"}, {"probability": 0.5}, ("support", "stated")),
        ({"probability": 0.9, "stance": "support"}, {"probability": None}, ("support", "stated")),
        ({"probability": 0.9, "stance": "support"}, {"probability": 0.2, "stance": None}, ("deny", "probability")),
        ({}, {"probability": 0.6}, ("support", "stated")),
    ],
)
def test_stance_and_probability(world, filed, changes, stance):
    """
    R6b: a derived stance follows a new probability; a stated one stays, and null derives it.
    """
    claim = world.record(report(**filed))

    shown = correct(world, claim, changes).json

    assert stance == (shown["stance"], shown["stance_source"])


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    ("filed", "changes", "pointer"),
    [
        ({"probability": 0.9, "stance": "support"}, {"probability": 0.2}, "/probability"),
        ({}, {"probability": 0.2}, "/probability"),
        ({"stance": "query"}, {"probability": 0.5}, "/probability"),
        ({"probability": 0.9}, {"stance": "deny"}, "/stance"),
        ({"probability": 0.9}, {"stance": "comment"}, "/stance"),
        ({"probability": 0.5}, {"stance": "comment"}, "/stance"),
        ({"probability": 0.9}, {"stance": "support", "probability": 0.2}, "/stance"),
        ({"probability": 0.9}, {"stance": "query", "probability": 0.2}, "/probability"),
        ({"probability": 0.9}, {"probability": None}, "/probability"),
        ({}, {"stance": None}, "/stance"),
    ],
)
def test_contradiction(world, filed, changes, pointer):
    """
    R6b: a change by which stance and probability contradict each other is rejected, with a member that was sent.
    """
    claim = world.record(report(**filed))

    assert_problem(correct(world, claim, changes), 422, "invalid-body", pointer)
    assert claim == world.claim(claim)


def test_commitment_from_the_quote(world):
    """
    A commitment that was read from the quote is read again from a new one, and a stated one stays.
    """
    quote = {"quote": "Rovers have agreed terms."}
    claim = world.record(report(), report("Echo", commitment=2))

    shown = [correct(world, claim, quote, index).json for index in (0, 1)]
    removed = correct(world, claim, {"commitment": None}, 1).json

    assert [(4, "lexicon"), (2, "stated")] == [(one["commitment"], one["commitment_source"]) for one in shown]
    assert (4, "lexicon") == (removed["commitment"], removed["commitment_source"])
    assert None is correct(world, claim, {"quote": None}, 0).json["commitment"]


def test_withdrawn(world, claim):
    """
    R6: a withdrawn report is not changed.
    """
    world.post(f"{path_of(claim)}/withdrawal", {"reason": "Of another day."})

    assert_problem(correct(world, claim, {"probability": 0.8}), 409, "report-withdrawn")


def test_redacted(world, claim):
    """
    Redacted content is erased from earlier versions and is not restored; other members can still be corrected.
    """
    correct(world, claim, {"url": "https://herald.example/2", "quote": "Opens soon."})
    redaction = {"subject": claim["reports"][0]["id"], "members": ["quote", "url"], "reason": "A court has said so."}
    world.post("/v1/redactions", redaction)

    response = correct(world, claim, {"quote": "Opens.", "url": "https://herald.example/1", "probability": 0.8})

    assert_problem(response, 409, "member-redacted", "/quote", "/url")
    assert 0.8 == correct(world, claim, {"probability": 0.8, "quote": None}).json["probability"]
    with world.runtime.db.read() as session:
        kept = session.scalars(sa.select(Version.content)).all()
    assert [(None, None)] * 2 == [(content["quote"], content["url"]) for content in kept]
    again = report(probability=0.9, url="https://herald.example/1", quote="Opens.")
    assert 1 == len(world.record(again, external_id="feed:1")["reports"])


def test_same_as_another(world):
    """
    R4: a report cannot become the same as another one on record, except for a withdrawn one.
    """
    claim = world.record(report(), report(url="https://herald.example/2"))
    other = next(index for index, one in enumerate(claim["reports"]) if one["url"] is not None)

    assert_problem(correct(world, claim, {"url": None}, other), 409, "report-repeated")
    world.post(f"{path_of(claim, 1 - other)}/withdrawal", {"reason": "Filed twice."})
    assert 200 == correct(world, claim, {"url": None}, other).status_code
    assert 200 == correct(world, claim, {"url": "https://herald.example/2"}, other).status_code


def test_earlier_version_sent_again(world, claim):
    """
    R4: a feed that sends a corrected report again, as it was, gets the corrected one, and changes nothing.
    """
    sent = report(probability=0.9, url="https://herald.example/1", quote="Opens.")
    correct(world, claim, {"stance": "deny", "probability": 0.1, "url": "https://herald.example/2"})
    corrected = correct(world, claim, {"quote": "Stays shut."}).json

    again = world.post(f"/v1/claims/{claim['id']}/reports", sent)

    assert (200, corrected) == (again.status_code, again.json)
    assert [corrected] == world.record(sent, external_id="feed:1")["reports"]
    assert 201 == world.post(f"/v1/claims/{claim['id']}/reports", sent | {"probability": 0.8}).status_code


def test_corrected_back(world, claim):
    """
    R4: a report can be corrected back to what it was.
    """
    for url in ("https://herald.example/2", "https://herald.example/1", "https://herald.example/2"):
        assert url == correct(world, claim, {"url": url}).json["url"]


def test_rights(world):
    """
    R14b: with claims:write alone a key corrects its own reports, while no resolution is in effect.
    """
    feed, other = world.with_scopes(Scope.CLAIMS_WRITE), world.with_scopes(Scope.CLAIMS_WRITE)
    editor = world.with_scopes(Scope.RESOLUTIONS_WRITE)
    claim = feed.record()

    assert 200 == correct(feed, claim, {"probability": 0.9}).status_code
    assert_problem(correct(other, claim, {"probability": 0.8}), 403, "filed-by-another")
    world.resolve(claim, "true")
    assert_problem(correct(feed, claim, {"stance": "deny", "probability": None}), 403, "resolution-in-effect")
    assert 200 == correct(editor, claim, {"probability": 0.8}).status_code
