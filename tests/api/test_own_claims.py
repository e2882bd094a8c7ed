"""R14: POST /v1/claims/{claim}/resolutions by keys that filed the claim or a report on it."""

from __future__ import annotations

import pytest

from service.values.vocabulary import Scope
from tests.support.request_bodies import send_resolution
from tests.support.world import NOTE, assert_problem, report


def test_own_claim(world):
    """
    R14: the key that filed a claim may not resolve it, and another key may.
    """
    filer = world.with_scopes(Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE)
    checker = world.with_scopes(Scope.RESOLUTIONS_WRITE)
    claim = filer.record()

    assert_problem(send_resolution(filer, claim, "true", note=NOTE), 403, "own-claim")
    checker.resolve(claim, "true")


def test_own_report(world):
    """
    R14: a key that filed a report on a claim may not resolve it, nor correct or withdraw its resolution.
    """
    reporter = world.with_scopes(Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE)
    claim, other = world.record(), world.record()
    reporter.post(f"/v1/claims/{claim['id']}/reports", report("Echo"))

    assert_problem(send_resolution(reporter, claim, "true", note=NOTE), 403, "own-claim")
    first = world.resolve(claim, "true")
    for verdict in ("false", None):
        assert_problem(send_resolution(reporter, claim, verdict, note=NOTE, supersedes=first["id"]), 403, "own-claim")
    reporter.resolve(other, "true")


def test_report_sent_again_is_not_filed(world):
    """
    R14: a key that sends an existing report of another key again has not filed it.
    """
    repeater = world.with_scopes(Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE)
    claim = world.record(external_id="feed:1")
    repeater.record(external_id="feed:1")

    repeater.resolve(claim, "true")


@pytest.mark.parametrize("scope", [Scope.RESOLUTIONS_OWN, Scope.ADMIN])
def test_own_claim_with_leave(world, scope):
    """
    R14: the scope resolutions:own, which admin implies, lifts the rule.
    """
    filer = world.with_scopes(Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE, scope)

    filer.resolve(filer.record(), "true")


def test_own_scope_alone_is_not_enough(world):
    """
    R14: resolutions:own is needed in addition to resolutions:write and does not replace it.
    """
    owner = world.with_scopes(Scope.RESOLUTIONS_OWN)

    assert_problem(send_resolution(owner, world.record(), "true", note=NOTE), 403, "forbidden")
