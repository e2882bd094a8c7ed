"""R14b: POST and DELETE /v1/outlets/{outlet}/merge by keys that have reports on resolved claims of both outlets"""

from __future__ import annotations

import pytest

from service.values.vocabulary import Scope
from tests.support.world import assert_problem, report

EARLY, LATE, KNOWN = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"
EDITOR = (Scope.CLAIMS_WRITE, Scope.OUTLETS_WRITE)


@pytest.fixture
def claim(world):
    """A claim that Herald supported, and that proved false."""
    claim = world.record(report("Herald", EARLY))
    world.resolve(claim, "false", known_at=KNOWN)
    return claim


def add(world, claim, outlet="Herald Online", published_at=LATE, **members):
    response = world.post(f"/v1/claims/{claim['id']}/reports", report(outlet, published_at, **members))
    assert 201 == response.status_code, response.text


def merge(world, outlet="herald-online", into="herald"):
    return world.post(f"/v1/outlets/{outlet}/merge", {"into": into})


def undo(world, tag="*"):
    return world.delete("/v1/outlets/herald-online/merge", headers={"If-Match": tag})


def test_late_report_that_is_merged(world, claim):
    """
    R14b: a key may not replace a stance by a late report under a new name and a merge, in either direction.
    """
    editor = world.with_scopes(*EDITOR)
    add(editor, claim, stance="deny")
    before = world.score()["counts"]

    for pair in (("herald-online", "herald"), ("herald", "herald-online")):
        answer = merge(editor, *pair)
        assert_problem(answer, 403, "own-claim")
        assert claim["id"] in answer.json["detail"]
    assert before == world.score()["counts"]
    assert 201 == merge(world.with_scopes(*EDITOR)).status_code
    assert 1 == world.score()["counts"]["correct"]


@pytest.mark.parametrize("scope", [Scope.RESOLUTIONS_OWN, Scope.ADMIN])
def test_own_scope(world, claim, scope):
    """
    R14b: with resolutions:own, which admin implies, a key may merge outlets whose stances it filed.
    """
    editor = world.with_scopes(*EDITOR, scope)
    add(editor, claim, stance="deny")

    assert 201 == merge(editor).status_code


def test_merge_that_replaces_no_stance(world, claim):
    """
    R14b: a key may merge outlets that agree on the resolved claims that it has reports on, and differ on open ones.
    """
    editor = world.with_scopes(*EDITOR)
    add(editor, claim)
    editor.record(report("Herald", EARLY), report("Herald Online", LATE, stance="deny"))

    assert 201 == merge(editor).status_code
    assert 204 == undo(editor).status_code


def test_relay_that_becomes_an_own_report(world):
    """
    R14b, R7: a merge that turns a relay between the outlets into an own report changes the record, too.
    """
    editor = world.with_scopes(*EDITOR)
    world.outlet("Herald")
    claim = editor.record(report("Herald Online", LATE, relays={"outlet": "herald"}))
    world.resolve(claim, "false", known_at=KNOWN)

    assert_problem(merge(editor), 403, "own-claim")


def test_undo(world, claim):
    """
    R14b: undoing a merge needs the same right, which is checked before the tag of the merge.
    """
    editor = world.with_scopes(*EDITOR)
    add(editor, claim, stance="deny")
    assert 201 == merge(world).status_code

    assert_problem(undo(editor), 403, "own-claim")
    assert_problem(undo(editor, 'W/"0123456789abcdef"'), 403, "own-claim")
    assert 1 == world.score()["counts"]["correct"]
    assert 204 == undo(world.with_scopes(*EDITOR)).status_code
    assert 0 == world.score()["counts"]["correct"]


def test_repeated_merge(world, claim):
    """
    R14b: sending a merge again that is in effect changes nothing, and needs no further right.
    """
    editor = world.with_scopes(*EDITOR)
    add(editor, claim, stance="deny")
    assert 201 == merge(world).status_code

    assert 200 == merge(editor).status_code


def test_outlet_merged_into_itself(world, claim):
    """
    A merge of an outlet into itself is a conflict for every key.
    """
    editor = world.with_scopes(*EDITOR)
    add(editor, claim, "Herald", "2025-01-01T00:00:00Z", stance="deny")

    assert_problem(merge(editor, "herald", "herald"), 409, "merge-cycle")
