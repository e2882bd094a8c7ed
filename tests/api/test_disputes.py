"""POST /v1/claims/{claim_id}/disputes, POST /v1/disputes/{dispute_id}/closure and the lists of disputes"""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.values.vocabulary import Scope
from tests.support.contract import NOTHING
from tests.support.examples import costly
from tests.support.world import assert_problem, report

REASON = "The page speaks of another bridge."
ASIDE = "It is the same bridge, see its number."


@pytest.fixture
def claim(world):
    """A claim of two outlets that proved true."""
    claim = world.record(report("Herald"), report("Tribune", stance="deny"))
    return world.claim(claim) | {"resolution": world.resolve(claim, "true")}


@pytest.fixture
def editor(world):
    return world.with_scopes(Scope.RESOLUTIONS_WRITE)


def dispute(world, claim, reason=REASON, **members):
    return world.post(f"/v1/claims/{claim['id']}/disputes", {"reason": reason, **members})


def close(world, dispute, reason=ASIDE):
    return world.post(f"/v1/disputes/{dispute['id']}/closure", {"reason": reason})


def disputed(world, outlet="herald", **query):
    return world.score(outlet, **query)["counts"]["disputed"]


def now():
    return dt.datetime.now(dt.UTC).isoformat()


def test_dispute_is_shown_on_its_claim(world, claim):
    """
    A dispute belongs to the resolution in effect, and is shown with the claim.
    """
    answer = dispute(world, claim, evidence=["https://example.org/other"])

    shown = world.claim(claim)
    assert (201, "open", None) == (answer.status_code, answer.json["status"], answer.json["closure"])
    assert (REASON, ["https://example.org/other"]) == (answer.json["reason"], answer.json["evidence"])
    assert (claim["id"], claim["resolution"]["id"]) == (answer.json["claim"], answer.json["resolution"])
    assert (True, [answer.json]) == (shown["disputed"], shown["disputes"])
    assert [answer.json] == world.get(f"/v1/claims/{claim['id']}/disputes").json["items"]
    assert (False, []) == tuple(world.claim(world.record())[name] for name in ("disputed", "disputes"))


def test_dispute_shows_with_the_score_at_once_and_moves_no_number(world, claim):
    """
    R20: the next score read after a dispute counts it, even if the score was cached; its numbers are the same.
    """
    before = {outlet: world.get(f"/v1/outlets/{outlet}/score") for outlet in ("herald", "tribune")}

    dispute(world, claim)

    for outlet, earlier in before.items():
        after = world.get(f"/v1/outlets/{outlet}/score")
        assert earlier.headers["ETag"] != after.headers["ETag"]
        assert earlier.json["counts"] | {"disputed": 1} == after.json["counts"]
        assert [earlier.json[name] for name in ("reliability", "record")] == [
            after.json[name] for name in ("reliability", "record")
        ]
    assert [1] == [score["counts"]["disputed"] for score in world.get("/v1/scores?outlet=herald").json["items"]]


def test_score_counts_claims_of_the_own_record(world, claim):
    """
    A score counts a disputed claim once, only in the own record, and only if the topic and basis include it.
    """
    other = world.record(
        report("Herald"),
        report("Echo", relays={"outlet": "herald"}),
        topic="roads",
        kind="event",
        resolves_by="2999-01-01T00:00:00Z",
    )
    world.resolve(other, "void")
    for one in (claim, other):
        dispute(world, one)
        dispute(world.with_scopes(Scope.CLAIMS_WRITE), one)

    assert (2, 0) == (disputed(world), disputed(world, "echo"))
    assert (1, 1, 0) == (
        disputed(world, basis="matured"),
        disputed(world, topic="roads"),
        disputed(world, topic="rivers"),
    )
    assert 0 == disputed(world, as_of="2026-01-02T00:00:00Z")


def test_closed_with_a_reason(world, claim, editor):
    """
    R20: a closed dispute is shown as closed everywhere at once, with its reason.
    """
    opened = dispute(world, claim).json
    cached = disputed(world)

    answer = close(editor, opened)

    assert (201, "closed", 1, 0) == (answer.status_code, answer.json["status"], cached, disputed(world))
    assert {"reason": ASIDE, "resolution": None, "recorded_at": answer.json["closure"]["recorded_at"]} == answer.json[
        "closure"
    ]
    assert (False, [answer.json]) == tuple(world.claim(claim)[name] for name in ("disputed", "disputes"))
    assert_problem(close(editor, opened), 409, "dispute-closed")


@pytest.mark.parametrize("verdict", ["false", "true", None])
def test_closed_by_a_resolution(world, claim, verdict):
    """
    A resolution that supersedes or withdraws the disputed one closes its disputes, and is named in their closures.
    """
    opened = dispute(world, claim).json

    after = world.resolve(claim, verdict, supersedes=claim["resolution"]["id"])

    [shown] = world.claim(claim)["disputes"]
    assert ("closed", None, after["id"], after["recorded_at"]) == (
        shown["status"],
        *(shown["closure"][name] for name in ("reason", "resolution", "recorded_at")),
    )
    assert (False, 0) == (world.claim(claim)["disputed"], disputed(world))
    assert_problem(close(world, opened), 409, "dispute-closed")


def test_recorded_by(world, claim, editor):
    """
    R18: a score with recorded_by counts the disputes open at that time; with as_of it counts those open now.
    """
    before = now()
    opened = dispute(world, claim).json
    during = now()
    close(editor, opened)
    after = now()

    assert [0, 1, 0, 0] == [disputed(world, recorded_by=moment) for moment in (before, during, after, now())]
    assert 0 == disputed(world, as_of=during)
    again = dispute(world, claim).json
    during = now()
    world.resolve(claim, "false", supersedes=claim["resolution"]["id"])
    assert [1, 0] == [disputed(world, recorded_by=moment) for moment in (during, now())], again


def test_sent_again(world, claim, editor):
    """
    The same dispute by the same key returns the existing one while it is open; another text is a conflict.
    """
    first = dispute(world, claim)
    again = dispute(world, claim)

    assert (200, first.json) == (again.status_code, again.json)
    assert_problem(dispute(world, claim, "Another one."), 409, "already-disputed")
    assert_problem(dispute(world, claim, evidence=["https://example.org/x"]), 409, "already-disputed")
    close(editor, first.json)
    assert 201 == dispute(world, claim).status_code


def test_counted_once_where_outlets_are_merged(world, claim):
    """
    R22: a disputed claim that two merged outlets reported counts once, and once for each after the merge is undone.
    """
    dispute(world, claim)
    assert (1, 1) == (disputed(world, "herald"), disputed(world, "tribune"))

    world.post("/v1/outlets/tribune/merge", {"into": "herald"})
    merged = disputed(world, "herald")
    world.delete("/v1/outlets/tribune/merge", headers={"If-Match": "*"})

    assert (1, 1, 1) == (merged, disputed(world, "herald"), disputed(world, "tribune"))


def test_redacted(world, claim):
    """
    The redacted text of a dispute is gone wherever it was shown, and marked as redacted.
    """
    opened = dispute(world, claim, evidence=["https://example.org/other"]).json
    members = {"subject": opened["id"], "members": ["reason", "evidence"], "reason": "It named a child."}

    assert 201 == world.post("/v1/redactions", members).status_code

    [shown] = world.claim(claim)["disputes"]
    assert ("[redacted]", []) == (shown["reason"], shown["evidence"])
    assert {("reason", "It named a child."), ("evidence", "It named a child.")} == {
        (one["member"], one["reason"]) for one in shown["redacted"]
    }


def test_nothing_to_dispute(world):
    """
    An open or reopened claim has nothing to dispute.
    """
    claim = world.record()
    assert_problem(dispute(world, claim), 409, "nothing-to-dispute")
    world.resolve(claim, None, supersedes=world.resolve(claim, "true")["id"])

    assert_problem(dispute(world, claim), 409, "nothing-to-dispute")


def test_nobody_closes_alone_what_they_take_part_in(world):
    """
    R14: the author of a dispute, of its resolution, of the claim or of a report on it needs `resolutions:own` to close
    it.
    """
    scopes = (Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE)
    filer, reporter, resolver, disputer, other = (world.with_scopes(*scopes) for _ in range(5))
    claim = filer.record(report("Herald"))
    assert 201 == reporter.post(f"/v1/claims/{claim['id']}/reports", report("Tribune")).status_code
    resolver.resolve(claim, "true")
    opened = dispute(disputer, claim).json

    for party in (filer, reporter, resolver, disputer):
        assert_problem(close(party, opened), 403, "own-dispute")
    assert 201 == close(other, opened).status_code
    allowed = world.with_scopes(*scopes, Scope.RESOLUTIONS_OWN)
    assert 201 == close(allowed, dispute(allowed, claim).json).status_code


def test_lists(world, claim, editor):
    """
    Open disputes are listed in pages, the oldest first, and claims can be filtered by open disputes.
    """
    claims = [claim, *(world.record() for _ in range(3))]
    for one in claims[1:3]:
        world.resolve(one, "true")
    opened = [dispute(world, one).json for one in claims[:3]]
    closed = close(editor, opened[1]).json

    def ids(**query):
        return [item["id"] for item in world.get("/v1/disputes", query_string=query).json["items"]]

    first = world.get("/v1/disputes?status=open&limit=1").json
    assert [opened[0], closed, opened[2]] == world.get("/v1/disputes").json["items"]
    assert [opened[0]] == first["items"]
    assert [opened[2]["id"]] == ids(status="open", limit=1, cursor=first["next_cursor"])
    assert [closed["id"]] == ids(status="closed")
    listed = {
        word: [item["id"] for item in world.get(f"/v1/claims?sort=oldest&disputed={word}").json["items"]]
        for word in ("true", "false")
    }
    assert {"true": [claims[0]["id"], claims[2]["id"]], "false": [claims[1]["id"], claims[3]["id"]]} == listed
    assert [True, False, True, False] == [
        item["disputed"] for item in world.get("/v1/claims?sort=oldest").json["items"]
    ]
    assert_problem(world.get("/v1/claims?disputed=1"), 400, "invalid-query", "/disputed")


def test_unknown(world):
    """
    An unknown claim or dispute is a 404 problem.
    """
    nowhere = {"id": NOTHING}

    assert_problem(dispute(world, nowhere), 404, "not-found")
    assert_problem(close(world, nowhere), 404, "not-found")
    assert_problem(world.get(f"/v1/claims/{NOTHING}/disputes"), 404, "not-found")


def test_what_cannot_be_said(world, claim):
    """
    A dispute needs a non-empty reason and valid URLs; a closure needs a non-empty reason.
    """
    assert_problem(dispute(world, claim, " "), 422, "invalid-body", "/reason")
    assert_problem(dispute(world, claim, "x" * 2001), 422, "invalid-body", "/reason")
    assert_problem(dispute(world, claim, evidence=["the club's page"]), 422, "invalid-body", "/evidence/0")
    assert_problem(dispute(world, claim, evidence=["https://example.org/"] * 21), 422, "invalid-body", "/evidence")
    assert_problem(close(world, {"id": NOTHING}, "a\x00b"), 422, "invalid-body", "/reason")
    assert [] == world.claim(claim)["disputes"]


STEPS = st.lists(
    st.tuples(st.sampled_from(["dispute", "close", "correct", "withdraw"]), st.integers(0, 2)), min_size=4, max_size=14
)


@costly
@given(steps=STEPS)
def test_counted_as_shown(world, steps):
    """
    After any calls a score counts exactly the claims that are shown as disputed, and the same later with recorded_by.
    """
    claims = [world.record(report("Herald")) for _ in range(3)]
    seen = []
    for what, number in steps:
        claim = world.claim(claims[number])
        if what == "dispute":
            dispute(world, claim)
        elif what == "close":
            for one in claim["disputes"]:
                close(world, one)
        elif what == "correct" or claim["resolution"]:
            superseded = world.get(f"/v1/claims/{claim['id']}/resolutions").json["items"][-1:]
            verdict = "true" if what == "correct" else None
            world.resolve(claim, verdict, supersedes=superseded[0]["id"] if superseded else None)
        score = world.score(level=0.8)
        seen.append((score["computed_at"], score["counts"]["disputed"]))
        shown = world.get("/v1/claims?outlet=herald&limit=200").json["items"]
        assert seen[-1][1] == sum(claim["disputed"] for claim in shown)

    assert [count for _, count in seen] == [disputed(world, recorded_by=moment) for moment, _ in seen]
