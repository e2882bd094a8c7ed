"""POST /v1/claims/{claim_id}/reports"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.world import assert_problem, report


def add(world, claim, *args, **members):
    return world.post(f"/v1/claims/{claim['id']}/reports", report(*args, **members))


def test_it_works(world):
    """
    A report is recorded on a claim and shown with it.
    """
    claim = world.record()

    response = add(world, claim, "Echo", "2026-01-02T00:00:00Z", stance="deny", probability=0.1, commitment=4)

    assert 201 == response.status_code
    assert claim["reports"] + [response.json] == world.claim(claim)["reports"]
    assert (claim["id"], "echo", "deny", 0.1, 4) == tuple(
        response.json[name] for name in ("claim", "outlet", "stance", "probability", "commitment")
    )


def test_sent_again(world):
    """
    R4: a report sent again, whole or without members that do not distinguish reports, returns the existing one.
    """
    claim = world.record()
    sent = {"url": "https://echo.example/1", "quote": "Opens.", "probability": 0.9, "commitment": 2}
    first = add(world, claim, "Echo", **sent)

    again = [add(world, claim, "Echo", **sent), add(world, claim, "Echo", url=sent["url"])]

    assert (201, [200, 200]) == (first.status_code, [response.status_code for response in again])
    assert [first.json] * 2 == [response.json for response in again]
    assert f"/v1/reports/{first.json['id']}" == first.headers["Location"] == again[0].headers["Location"]
    assert 2 == len(world.claim(claim)["reports"])


@pytest.mark.parametrize(
    ("sent", "other"),
    [
        ({"probability": 0.9}, {"probability": 0.8}),
        ({"commitment": 3}, {"commitment": 4}),
        ({"quote": "Opens."}, {"quote": "Opens"}),
        ({}, {"probability": 0.9}),
        ({}, {"commitment": 1}),
        ({}, {"quote": "Opens."}),
    ],
)
def test_sent_again_with_a_difference(world, sent, other):
    """
    R4: a report that repeats one on record and differs in another member is rejected, and the member is named.
    """
    claim = world.record()
    first = add(world, claim, "Echo", **sent).json

    response = add(world, claim, "Echo", **other)

    assert_problem(response, 409, "report-differs", *(f"/{name}" for name in other))
    assert first["id"] in response.json["errors"][0]["detail"]
    assert claim["reports"] + [first] == world.claim(claim)["reports"]


@pytest.mark.parametrize(
    ("probability", "stance"),
    [(0, "deny"), (0.03, "deny"), (0.4999, "deny"), (0.5, "comment"), (0.51, "support"), (1, "support")],
)
def test_stance_from_the_probability(world, probability, stance):
    """
    R6b: without a stance it is derived from the probability, and the same report with that stance is the same.
    """
    claim = world.record()

    derived = add(world, claim, "Echo", probability=probability).json

    assert (stance, "probability") == (derived["stance"], derived["stance_source"])
    if stance != "comment":
        assert derived == add(world, claim, "Echo", probability=probability, stance=stance).json


def test_stance_without_a_probability(world):
    """
    R6b: without a stance and a probability, a report supports its claim.
    """
    filed = add(world, world.record(), "Echo").json

    assert ("support", "stated") == (filed["stance"], filed["stance_source"])


@pytest.mark.parametrize(("stance", "probability"), [("support", 0.5), ("deny", 0.5), ("support", 1), ("deny", 0)])
def test_stance_that_agrees_with_the_probability(world, stance, probability):
    """
    R6b: one half agrees with both sides.
    """
    filed = add(world, world.record(), "Echo", stance=stance, probability=probability).json

    assert (stance, "stated") == (filed["stance"], filed["stance_source"])


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    ("stance", "probability", "pointer"),
    [
        ("support", 0.49, "/stance"),
        ("deny", 0.51, "/stance"),
        ("query", 0.5, "/probability"),
        ("comment", 0.5, "/probability"),
        ("comment", 0.1, "/probability"),
    ],
)
def test_stance_that_contradicts_the_probability(world, stance, probability, pointer):
    """
    R6b: a stance that contradicts the probability is rejected, and so is a probability of a query or a comment.
    """
    claim = world.record()

    response = add(world, claim, "Echo", stance=stance, probability=probability)

    assert_problem(response, 422, "invalid-body", pointer)
    assert claim == world.claim(claim)


def test_same_report_on_another_claim(world):
    """
    R4: the same report on another claim is another report.
    """
    claims = [world.record(), world.record()]

    assert [201, 201] == [add(world, claim, "Echo").status_code for claim in claims]


def test_change_of_mind(world):
    """
    R6: a change of mind is a new report; the last side counts, and the first is still shown.
    """
    claim = world.record()
    add(world, claim, published_at="2026-01-02T00:00:00Z", stance="deny")
    world.resolve(claim, "false", known_at="2026-02-01T00:00:00Z")

    counts = world.score()["counts"]

    assert ["support", "deny"] == [one["stance"] for one in world.claim(claim)["reports"]]
    assert (1, 1, 0, 1) == tuple(counts[name] for name in ("resolved", "correct", "support", "deny"))


def test_comment_after_a_side(world):
    """
    R6: a later query or comment does not replace a side.
    """
    claim = world.record()
    for day, stance in ((2, "query"), (3, "comment")):
        add(world, claim, published_at=f"2026-01-0{day}T00:00:00Z", stance=stance)
    world.resolve(claim, "true", known_at="2026-02-01T00:00:00Z")

    assert (1, 1) == tuple(world.score()["counts"][name] for name in ("correct", "support"))


def test_tie_of_two_calls(world):
    """
    R6: of two sides with the same time the one recorded last counts.
    """
    claim = world.record(report(stance="deny"))
    add(world, claim, stance="support")
    world.resolve(claim, "true", known_at="2026-02-01T00:00:00Z")

    assert (1, 0) == tuple(world.score()["counts"][name] for name in ("support", "deny"))


def test_tie_in_one_file(world):
    """
    R6: of two sides with the same time that are recorded together the later in the body counts.
    """
    for stances in (("support", "deny"), ("deny", "support")):
        world.resolve(
            world.record(*(report(stance=stance) for stance in stances)), "true", known_at="2026-02-01T00:00:00Z"
        )

    assert (1, 1, 1, 1) == tuple(world.score()["counts"][name] for name in ("correct", "incorrect", "support", "deny"))


def test_tie_is_not_settled_by_a_comment(world):
    """
    R6: an earlier side that is recorded later does not replace a later side.
    """
    claim = world.record(report(published_at="2026-01-05T00:00:00Z", stance="deny"))
    add(world, claim, published_at="2026-01-04T00:00:00Z", stance="support")
    add(world, claim, published_at="2026-01-05T00:00:00Z", stance="comment")
    world.resolve(claim, "true", known_at="2026-02-01T00:00:00Z")

    assert (0, 1) == tuple(world.score()["counts"][name] for name in ("support", "deny"))


def test_report_after_the_answer_was_known(world):
    """
    R6: a report published at or after known_at is kept, marked and not counted, even if it was recorded before.
    """
    claim = world.record(report(stance="deny"), report(published_at="2026-01-10T00:00:00Z"))
    late = add(world, claim, "Echo", "2026-01-10T00:00:00Z").json
    world.resolve(claim, "true", known_at="2026-01-10T00:00:00Z")

    reports = world.claim(claim)["reports"]

    assert False is late["after_known"]
    assert [False, True, True] == [one["after_known"] for one in reports]
    assert (1, 0) == tuple(world.score()["counts"][name] for name in ("incorrect", "correct"))
    assert (1, 0, 1) == tuple(world.score("echo")["counts"][name] for name in ("claims", "resolved", "unscored"))


def test_late_report_on_a_resolved_claim(world):
    """
    R6: of the reports recorded after the resolution, those published before known_at count.
    """
    claim = world.record()
    world.resolve(claim, "true", known_at="2026-01-10T00:00:00Z")
    before = world.score("herald")
    in_time = add(world, claim, "Echo", "2026-01-09T23:59:59.999999Z").json
    too_late = add(world, claim, "Mirror", "2026-01-10T00:00:00Z").json
    changed = add(world, claim, "Herald", "2026-01-09T00:00:00Z", stance="deny").json

    assert [False, True, False] == [one["after_known"] for one in (in_time, too_late, changed)]
    assert (1, 0) == (world.score("echo")["counts"]["correct"], world.score("mirror")["counts"]["correct"])
    assert (1, 1) == (before["counts"]["correct"], world.score("herald")["counts"]["incorrect"])


def test_query_and_comment_are_never_scored(world):
    """
    R5: an outlet that only queried or commented has the claim listed and not scored.
    """
    claim = world.record(report("A", stance="query"), report("B", stance="comment"))
    world.resolve(claim, "true")

    counts = [world.score(outlet)["counts"] for outlet in "ab"]

    assert [(1, 0, 1)] * 2 == [(one["claims"], one["resolved"], one["unscored"]) for one in counts]


def test_both_roles(world):
    """
    R7: an outlet that relays a claim and also has an own report on it counts once, as own.
    """
    world.outlet("Echo")
    claim = world.record(report(relays={"outlet": "echo"}))
    add(world, claim, published_at="2026-01-02T00:00:00Z")
    world.resolve(claim, "true", known_at="2026-02-01T00:00:00Z")

    score = world.score()

    assert (1, 1, 0) == (score["counts"]["claims"], score["counts"]["correct"], score["relay"]["resolved"])


def test_own_report_first_then_relay(world):
    """
    R7: the order of roles does not matter; the last side counts, even if it is the relay's.
    """
    world.outlet("Echo")
    claim = world.record()
    add(world, claim, published_at="2026-01-02T00:00:00Z", relays={"outlet": "echo"}, stance="deny")
    world.resolve(claim, "false", known_at="2026-02-01T00:00:00Z")

    score = world.score()

    assert (1, 1, 0) == (score["counts"]["correct"], score["counts"]["deny"], score["relay"]["resolved"])


def test_own_report_after_the_answer_was_known(world):
    """
    R7: an own report after the answer was known does not turn a relay into an own record.
    """
    world.outlet("Echo")
    claim = world.record(report(relays={"outlet": "echo"}))
    add(world, claim, published_at="2026-01-10T00:00:00Z")
    world.resolve(claim, "true", known_at="2026-01-10T00:00:00Z")

    score = world.score()

    assert (0, 1, 1) == (score["counts"]["claims"], score["relay"]["resolved"], score["relay"]["correct"])


def test_root_that_comes_on_record(world):
    """
    R7: the root's own report, once recorded, counts in its own record, and the number of roots stays the same.
    """
    world.outlet("Echo")
    claim = world.record(report(relays={"outlet": "echo"}))
    add(world, claim, "Echo")
    world.resolve(claim, "true", known_at="2026-02-01T00:00:00Z")

    shown = world.claim(claim)

    assert (1, 1) == (claim["independent_roots"], shown["independent_roots"])
    assert 1 == world.score("echo")["counts"]["correct"]


def test_self_relay(world):
    """
    R7: an outlet cannot relay itself.
    """
    claim = world.record()

    assert_problem(add(world, claim, relays={"outlet": "herald"}), 422, "invalid-body", "/relays/outlet")


def test_closing_a_cycle(world):
    """
    R7: a relay that would close a cycle without an own report is rejected, and nothing is recorded.
    """
    world.outlet("Echo")
    claim = world.record(report(relays={"outlet": "echo"}))

    assert_problem(add(world, claim, "Echo", relays={"outlet": "herald"}), 422, "invalid-body", "/relays/outlet")
    assert 1 == len(world.claim(claim)["reports"])


def test_closing_a_cycle_that_has_a_root(world):
    """
    R7: with an own report in the cycle the same relay is recorded.
    """
    world.outlet("Echo")
    claim = world.record(report(relays={"outlet": "echo"}), report(published_at="2026-01-02T00:00:00Z"))

    assert 201 == add(world, claim, "Echo", relays={"outlet": "herald"}).status_code


def test_all_at_once(world):
    """
    All errors of a report are returned at once, with their places in the body.
    """
    claim = world.record()
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).isoformat()
    body = {"outlet": "nobody", "published_at": soon, "relays": {"outlet": "neither"}}

    response = world.post(f"/v1/claims/{claim['id']}/reports", body)

    assert_problem(response, 422, "invalid-body", "/outlet", "/published_at", "/relays/outlet")


def test_unknown_claim(world):
    """
    A report on an unknown claim is rejected.
    """
    assert_problem(add(world, {"id": "0192aa00-0000-7000-8000-000000000000"}), 404, "not-found")


def test_opinion(world):
    """
    R1: an opinion takes reports like any other claim.
    """
    assert 201 == add(world, world.record(kind="opinion"), "Echo").status_code
