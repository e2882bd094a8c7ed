"""R14b: the rights of keys on claims and reports, before and after a resolution"""

from __future__ import annotations

import pytest

from service.values.vocabulary import Scope
from tests.support.world import assert_problem, report

WRITE, RESOLVE, OWN = Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE, Scope.RESOLUTIONS_OWN
EARLY, LATE, KNOWN, AFTER = (f"2026-0{month}-01T00:00:00Z" for month in (1, 2, 3, 4))


@pytest.fixture
def filer(world):
    return world.with_scopes(WRITE)


@pytest.fixture
def other(world):
    return world.with_scopes(WRITE)


@pytest.fixture
def checker(world):
    return world.with_scopes(RESOLVE)


def change(world, claim, **changes):
    return world.patch(f"/v1/claims/{claim['id']}", changes, headers={"If-Match": "*"})


def withdraw(world, claim, index=0, reason="Of another day."):
    return world.post(f"/v1/reports/{claim['reports'][index]['id']}/withdrawal", {"reason": reason})


def add(world, claim, outlet="Herald", published_at=LATE, **members):
    return world.post(f"/v1/claims/{claim['id']}/reports", report(outlet, published_at, **members))


def test_own_filings_change_while_open(filer):
    """
    R14b: a key may change a claim that it filed, and withdraw its own report, while no resolution is in effect.
    """
    claim = filer.record(topic="roads", group="bridge")

    changes = {"text": "The bridge opens in June.", "topic": "bridges", "tags": ["a"], "group": None}
    assert 200 == change(filer, claim, **changes).status_code
    assert 201 == withdraw(filer, claim).status_code


def test_filings_of_another_key(filer, other):
    """
    R14b: a key may neither change the claim nor withdraw the report of another key.
    """
    claim = filer.record()

    assert_problem(change(other, claim, tags=["a"]), 403, "filed-by-another")
    assert_problem(withdraw(other, claim), 403, "filed-by-another")
    assert claim == filer.claim(claim)


def test_filer_of_a_claim_does_not_own_its_reports(filer, other):
    """
    R14b: each key may withdraw its own report on a claim, and the filer of the claim may not withdraw that of another.
    """
    claim = filer.record(report(published_at=EARLY))
    assert 201 == add(other, claim, "Tribune").status_code
    claim = filer.claim(claim)

    assert_problem(withdraw(filer, claim, 1), 403, "filed-by-another")
    assert_problem(withdraw(other, claim, 0), 403, "filed-by-another")
    assert 201 == withdraw(other, claim, 1).status_code
    assert 201 == withdraw(filer, claim, 0).status_code


@pytest.mark.parametrize(
    "changes",
    [{"text": "The bridge closes."}, {"group": "bridge"}, {"resolves_by": "2027-01-01T00:00:00Z"}],
    ids="".join,
)
def test_claim_that_another_key_reports(filer, other, checker, changes):
    """
    R14b: the text, group and due date of a claim are fixed for its filer while another key has a report in effect.
    """
    claim = filer.record(report(published_at=EARLY))
    assert 201 == add(other, claim, "Tribune").status_code

    assert_problem(change(filer, claim, **changes), 403, "filed-by-another")
    same = {name: claim[name] for name in changes}
    assert 200 == change(filer, claim, **same, topic="roads", tags=["a"]).status_code
    assert 201 == withdraw(other, filer.claim(claim), 1).status_code
    assert 200 == change(filer, claim, **changes).status_code
    assert 201 == add(other, claim, "Gazette").status_code
    assert 200 == change(checker, claim, text="Corrected.").status_code


def test_own_filings_after_the_resolution(world, filer):
    """
    R14b: while a resolution is in effect, a key without resolutions:write changes and withdraws nothing, not even its
    own; once the claim is reopened, it may again.
    """
    claim = filer.record(topic="roads")
    first = world.resolve(claim, "true", known_at=KNOWN)
    before = world.claim(claim), world.score()["counts"]

    for changes in ({"text": "It did not."}, {"topic": "a"}, {"tags": ["a"]}, {"group": "a"}, {"resolves_by": AFTER}):
        assert_problem(change(filer, claim, **changes), 403, "resolution-in-effect")
    assert_problem(withdraw(filer, claim), 403, "resolution-in-effect")
    assert before == (world.claim(claim), world.score()["counts"])
    world.resolve(claim, None, supersedes=first["id"])
    assert 200 == change(filer, claim, text="It did not.").status_code
    assert 201 == withdraw(filer, claim).status_code


@pytest.mark.parametrize("verdict", ["true", "false", "void", "unverifiable"])
def test_every_verdict_is_protected(world, filer, verdict):
    """
    R14b: any verdict is a resolution in effect, even one that is not scored.
    """
    claim = filer.record()
    world.resolve(claim, verdict)

    assert_problem(change(filer, claim, text="Other."), 403, "resolution-in-effect")
    assert_problem(withdraw(filer, claim), 403, "resolution-in-effect")


def test_checker(world, filer, checker):
    """
    R14b: resolutions:write alone changes claims and withdraws reports of other keys, before and after a resolution.
    """
    claim = filer.record(report("Herald", EARLY), report("Tribune", LATE))

    assert 200 == change(checker, claim, text="Corrected.").status_code
    assert 201 == withdraw(checker, claim, 0).status_code
    world.resolve(claim, "true", known_at=KNOWN)
    assert 200 == change(checker, claim, topic="roads").status_code
    assert 201 == withdraw(checker, claim, 1).status_code
    assert 0 == world.score("tribune")["counts"]["resolved"]


def test_checker_of_own_filings(world):
    """
    R14b: after the resolution, a key that filed the claim or a report on it also needs resolutions:own.
    """
    reporter = world.with_scopes(WRITE, RESOLVE)
    owner = world.with_scopes(WRITE, RESOLVE, OWN)
    for key, status in ((reporter, 403), (owner, 201)):
        claim = world.record(report(published_at=EARLY))
        assert 201 == add(key, claim, "Tribune").status_code
        assert 200 == change(key, claim, text="Before.").status_code
        world.resolve(claim, "true", known_at=KNOWN)
        changed, withdrawn = change(key, claim, text="After."), withdraw(key, claim)
        if status == 403:
            assert_problem(changed, 403, "own-claim")
            assert_problem(withdrawn, 403, "own-claim")
        else:
            assert (200, 201) == (changed.status_code, withdrawn.status_code)


@pytest.mark.parametrize("scope", [Scope.READ, OWN, Scope.OUTLETS_WRITE])
def test_keys_without_a_scope_for_it(world, scope):
    """
    R14b: a key with neither claims:write nor resolutions:write may do none of this; the problem names both scopes.
    """
    claim, key = world.record(), world.with_scopes(scope)

    for response in (change(key, claim, tags=["a"]), withdraw(key, claim)):
        assert_problem(response, 403, "forbidden")
        assert "claims:write or resolutions:write" in response.json["detail"]


@pytest.mark.parametrize(
    "late",
    [
        {"stance": "deny"},
        {"probability": 0.99},
        {"commitment": 4},
        {"stance": "deny", "published_at": EARLY},
    ],
    ids=str,
)
def test_late_report_that_replaces_a_stance(world, filer, other, late):
    """
    R14b: after the resolution, no key without resolutions:write replaces the current stance of an outlet.
    """
    claim = filer.record(report(published_at=EARLY))
    world.resolve(claim, "false", known_at=KNOWN)
    before = world.score()["counts"]

    for key in (filer, other):
        assert_problem(add(key, claim, **late), 403, "resolution-in-effect")
    assert (1, before) == (len(world.claim(claim)["reports"]), world.score()["counts"])
    assert 201 == add(world, claim, **late).status_code


def test_late_report_under_another_name(world, filer, other):
    """
    R14b, R22: a late report under the old slug of a merged outlet may not replace the stance of the outlet.
    """
    world.outlet("Herald Online")
    claim = filer.record(report(published_at=EARLY))
    world.post("/v1/outlets/herald-online/merge", {"into": "herald"})
    world.resolve(claim, "false", known_at=KNOWN)

    assert_problem(add(other, claim, "Herald Online", stance="deny"), 403, "resolution-in-effect")


def test_late_own_report_of_a_relaying_outlet(world, filer, other):
    """
    R14b, R7: a late own report may not move a claim from the relay record of an outlet to its own record.
    """
    claim = filer.record(report("Tribune", EARLY), report(published_at=EARLY, relays={"outlet": None}))
    world.resolve(claim, "false", known_at=KNOWN)

    assert_problem(add(other, claim, stance="deny"), 403, "resolution-in-effect")


@pytest.mark.parametrize(
    "late",
    [
        {"outlet": "Tribune"},
        {"outlet": "Tribune", "stance": "deny"},
        {"published_at": AFTER, "stance": "deny"},
        {"published_at": "2025-12-01T00:00:00Z", "stance": "deny"},
        {"stance": "query"},
        {"stance": "comment"},
        {"url": "https://herald.example/again"},
    ],
    ids=str,
)
def test_late_report_that_replaces_none(world, filer, other, late):
    """
    R14b: after the resolution, any key with claims:write may file a report that leaves all current stances.
    """
    claim = filer.record(report(published_at=EARLY))
    world.resolve(claim, "false", known_at=KNOWN)
    before = world.score()["counts"]["correct"], world.score()["counts"]["incorrect"]

    assert 201 == add(other, claim, **late).status_code
    assert before == (world.score()["counts"]["correct"], world.score()["counts"]["incorrect"])


def test_late_report_of_a_checker(world, filer):
    """
    R14b: a key with resolutions:write may replace a stance after the resolution, with resolutions:own if it filed.
    """
    claim = filer.record(report(published_at=EARLY))
    checker = world.with_scopes(WRITE, RESOLVE)
    world.resolve(claim, "false", known_at=KNOWN)

    assert 201 == add(checker, claim, stance="deny").status_code
    assert 1 == world.score()["counts"]["correct"]
    assert_problem(add(checker, claim, published_at="2026-02-02T00:00:00Z"), 403, "own-claim")


def test_report_sent_again_after_the_resolution(world, filer, other):
    """
    R4: a report or a withdrawal that is on record can be sent again after the resolution, because it changes nothing.
    """
    claim = filer.record(report("Herald", EARLY), report("Tribune", EARLY))
    assert 201 == withdraw(filer, claim, 1).status_code
    world.resolve(claim, "true", known_at=KNOWN)

    assert 200 == add(other, claim, published_at=EARLY).status_code
    assert 200 == withdraw(filer, claim, 1).status_code


def test_claim_is_sought_before_the_right(other):
    """
    R14b: an unknown claim or report is a 404, even for a key without rights.
    """
    unknown = {
        "id": "01900000-0000-7000-8000-000000000000",
        "reports": [{"id": "01900000-0000-7000-8000-000000000000"}],
    }

    assert_problem(change(other, unknown, tags=["a"]), 404, "not-found")
    assert_problem(withdraw(other, unknown), 404, "not-found")


def test_right_is_checked_before_conflicts(filer, other):
    """
    R14b: a missing right is reported before a stale version and before a conflict with what is recorded.
    """
    claim = filer.record(text="Other.")
    stale = {"If-Match": 'W/"0123456789abcdef"'}
    withdraw(filer, claim)

    assert_problem(other.patch(f"/v1/claims/{claim['id']}", {"tags": ["a"]}, headers=stale), 403, "filed-by-another")
    assert_problem(filer.patch(f"/v1/claims/{claim['id']}", {"tags": ["a"]}, headers=stale), 412, "precondition-failed")
    assert_problem(filer.patch(f"/v1/claims/{claim['id']}", {"tags": ["a"]}), 428, "precondition-required")
    assert_problem(withdraw(other, claim, reason="Of last week."), 403, "filed-by-another")
    assert_problem(withdraw(filer, claim, reason="Of last week."), 409, "already-withdrawn")


def test_stored_response_after_the_resolution(world, filer):
    """
    A response stored for an Idempotency-Key is replayed after the resolution, although the call would be rejected now.
    """
    claim, key = filer.record(), {"Idempotency-Key": "a"}
    path, body = f"/v1/reports/{claim['reports'][0]['id']}/withdrawal", {"reason": "Of another day."}
    first = filer.post(path, body, headers=key)
    world.resolve(claim, "true")

    again = filer.post(path, body, headers=key)

    assert (201, first.json, "true") == (again.status_code, again.json, again.headers["Idempotency-Replayed"])


def test_rotated_key(world, filer):
    """
    R14b: a key whose secret was rotated keeps the rights on what it filed, and a new key has none.
    """
    claim = filer.record()
    key_id = filer.get("/v1/me").json["id"]
    secret = world.post(f"/v1/keys/{key_id}/rotation", {}).json["secret"]
    filer.headers = {"Authorization": f"Bearer {secret}"}

    assert 200 == change(filer, claim, tags=["a"]).status_code
    assert_problem(change(world.with_scopes(WRITE), claim, tags=["b"]), 403, "filed-by-another")
