"""POST /v1/reports/{id}/withdrawal"""

from __future__ import annotations

import pytest

from tests.support.world import assert_problem, report


@pytest.fixture
def claim(world):
    """A claim of two outlets that proved true."""
    claim = world.record(report("Herald"), report("Tribune", stance="deny"))
    world.resolve(claim, "true")
    return claim


def withdraw(world, claim, index=0, reason="Of another day."):
    return world.post(f"/v1/reports/{claim['reports'][index]['id']}/withdrawal", {"reason": reason})


def test_withdrawn_report_is_kept_and_shown(world, claim):
    """
    R6: a report filed by mistake is withdrawn with a reason, and still shown.
    """
    answer = withdraw(world, claim)

    shown = next(report for report in world.claim(claim)["reports"] if report["outlet"] == "herald")
    assert (201, "Of another day.") == (answer.status_code, answer.json["withdrawn"]["reason"])
    assert answer.json == shown


def test_withdrawn_report_moves_the_score_at_once(world, claim):
    """
    R20: the next score read after a withdrawal does not count the report, even if the score was cached.
    """
    before = world.score("tribune")["counts"]

    withdraw(world, claim, index=1)

    assert (1, 1) == (before["resolved"], before["incorrect"])
    assert (0, 0) == (world.score("tribune")["counts"]["claims"], world.score("tribune")["counts"]["resolved"])
    assert 1 == world.score("herald")["counts"]["resolved"]


def test_withdrawn_report_is_no_root(world, claim):
    """
    R8: a withdrawn report is not a root of its claim.
    """
    assert 2 == world.claim(claim)["independent_roots"]

    withdraw(world, claim)

    assert 1 == world.claim(claim)["independent_roots"]


def test_withdrawing_again(world, claim):
    """
    Withdrawing again for the same reason returns the existing withdrawal; another reason is a conflict.
    """
    first = withdraw(world, claim)
    again = withdraw(world, claim)

    assert (200, first.json) == (again.status_code, again.json)
    assert_problem(withdraw(world, claim, reason="Of another week."), 409, "already-withdrawn")


def test_withdrawn_report_sent_again_stays_withdrawn(world, claim):
    """
    R4: a feed that sends a withdrawn report again does not restore it.
    """
    withdraw(world, claim)

    again = world.post(f"/v1/claims/{claim['id']}/reports", report("Herald"))

    assert (200, "Of another day.") == (again.status_code, again.json["withdrawn"]["reason"])
    assert 0 == world.score("herald")["counts"]["claims"]


def test_withdrawn_report_filed_again_with_a_difference(world):
    """
    R4: a report that differs from a withdrawn one is recorded; both, sent again, return the report on record.
    """
    wrong, right, third = (report("Herald", probability=probability) for probability in (0.9, 0.8, 0.7))
    claim = world.record(wrong)
    reports = f"/v1/claims/{claim['id']}/reports"
    withdraw(world, claim)

    filed = world.post(reports, right)
    again = [world.post(reports, sent) for sent in (wrong, right, report("Herald"))]

    assert 201 == filed.status_code
    assert [claim["reports"][0]["id"], filed.json["id"], filed.json["id"]] == [
        response.json["id"] for response in again
    ]
    assert_problem(world.post(reports, third), 409, "report-differs", "/probability")
    world.post(f"/v1/reports/{filed.json['id']}/withdrawal", {"reason": "Wrong, too."})
    assert 201 == world.post(reports, third).status_code
    assert 1 == world.score("herald")["counts"]["claims"]


def test_earlier_stance_speaks_again(world):
    """
    R6: after a withdrawal of the last report the one before it counts.
    """
    claim = world.record(
        report("Herald", "2026-01-01T00:00:00Z"), report("Herald", "2026-01-02T00:00:00Z", stance="deny")
    )
    world.resolve(claim, "true")
    assert 1 == world.score("herald")["counts"]["incorrect"]

    withdraw(world, claim, index=1)

    assert 1 == world.score("herald")["counts"]["correct"]


def test_relays_that_would_have_no_root(world):
    """
    R7: a report cannot be withdrawn if the remaining relays would form a cycle.
    """
    world.outlet("Herald")
    claim = world.record(
        report("Herald"),
        report("Tribune", relays={"outlet": "herald"}),
    )
    world.outlet("Gazette")
    second = world.record(report("Herald"), report("Tribune", relays={"outlet": "herald"}), text="Another bridge.")
    world.post(f"/v1/claims/{second['id']}/reports", report("Herald", relays={"outlet": "tribune"}))

    assert 201 == withdraw(world, claim).status_code
    assert_problem(withdraw(world, world.claim(second)), 409, "relays-rest-on-it")


def test_unknown_report(world):
    """
    An unknown report cannot be withdrawn.
    """
    path = "/v1/reports/01900000-0000-7000-8000-000000000000/withdrawal"

    assert_problem(world.post(path, {"reason": "No."}), 404, "not-found")


@pytest.mark.sqlite_alone
def test_needs_a_reason(world, claim):
    """
    A withdrawal needs a reason.
    """
    path = f"/v1/reports/{claim['reports'][0]['id']}/withdrawal"

    assert_problem(world.post(path, {}), 422, "invalid-body", "/reason")
