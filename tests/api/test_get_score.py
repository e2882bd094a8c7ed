"""GET /v1/outlets/{outlet}/score"""

from __future__ import annotations

import datetime as dt
from math import hypot

import pytest
from scipy.special import expit, logit
from scipy.stats import beta, norm

from tests.support.world import assert_problem, lasting, report


def reliability(right, resolved, level=0.9):
    """Return record/2 under the starting context, by scipy: half right is expected, with a weight of 8 claims."""
    mean, nu = (right + 4) / (resolved + 8), 8 + resolved / 2
    drift = norm.ppf((1 + level) / 2) * 0.2
    lower, upper = (
        expit(logit(mean) + sign * hypot(logit(bound) - logit(mean), drift))
        for sign, bound in zip((-1, 1), beta.interval(level, mean * nu, (1 - mean) * nu), strict=True)
    )
    return pytest.approx({"mean": mean, "lower": lower, "upper": upper, "level": level}, abs=1e-9)


def test_resolution_moves_the_score_of_the_outlet(world):
    """
    A cached score is not returned after a resolution.
    """
    claim = world.record()
    before = world.score()
    world.resolve(claim, "true")

    after = world.score()

    assert (0, None) == (before["counts"]["resolved"], before["reliability"])
    assert (1, 5 / 9) == (after["counts"]["resolved"], after["reliability"]["mean"])


def test_unknown_outlet(world):
    """
    An unknown outlet in the path causes a 404 problem, not an empty score.
    """
    world.outlet("Nobodies")

    refused = world.get("/v1/outlets/nobody/score")

    assert_problem(refused, 404, "unknown-outlet")
    assert refused.json["detail"].endswith("nearest: nobodies.")


def test_relay_does_not_count_as_own(world):
    """
    R7: a relay counts in the relay record of an outlet and not in its own.
    """
    world.outlet("Sport Bild")
    claim = world.record(report("Joe", relays={"outlet": "sport-bild"}))
    world.resolve(claim, "true")

    score = world.score("joe")

    assert (0, 1, 1) == (score["counts"]["resolved"], score["relay"]["resolved"], score["relay"]["correct"])


def test_nothing_resolved(world):
    """
    R17: without resolved claims there is no number, neither 0 nor one half.
    """
    world.record()

    score = world.score()

    expected = {"right": 0, "expected": 0, "resolved": 0}
    assert ("insufficient", None, None) == (score["status"], score["reliability"], score["relay"]["reliability"])
    assert expected == score["record"]
    assert (1, 1, 0) == tuple(score["counts"][name] for name in ("claims", "open", "resolved"))


def test_number_comes_with_its_context(world):
    """
    R17: a score has counts, interval, level, method and moment, and the counts add up.
    """
    for verdict in ("true", "true", "true", "false", "void"):
        world.resolve(world.record(), verdict)
    world.resolve(world.record(report(stance="deny")), "false")
    world.resolve(world.record(report(stance="deny")), "partial", truth=0.75)
    world.record()
    began_at = dt.datetime.now(dt.UTC)

    score = world.score()

    counts = {"claims": 8, "open": 1, "resolved": 6, "correct": 4, "incorrect": 1, "partial": 1, "unscored": 1}
    counts |= {"support": 4, "deny": 2, "early": 0, "backfilled": score["counts"]["backfilled"]}
    counts |= {"disputed": 0}
    assert counts == score["counts"]
    assert reliability(4.25, 6) == score["reliability"]
    assert {"right": 4.25, "expected": 3, "resolved": 6} == score["record"]
    assert ("herald", None, "resolved") == (score["outlet"], score["topic"], score["basis"])
    assert ("record/2", "provisional") == (score["method"], score["status"])
    assert began_at <= dt.datetime.fromisoformat(score["as_of"]) == dt.datetime.fromisoformat(score["computed_at"])


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.99])
def test_levels(world, level):
    """
    R17: the interval has the requested level.
    """
    world.resolve(world.record(), "true")

    assert reliability(1, 1, level) == world.score(level=level)["reliability"]


def test_rated_from_twenty(world):
    """
    A score is provisional up to 19 resolved claims and rated from 20.
    """
    claims = [world.record() for _ in range(20)]
    for claim in claims[:19]:
        world.resolve(claim, "true")
    before = world.score()
    world.resolve(claims[19], "true")

    after = world.score()

    assert ("provisional", "rated") == (before["status"], after["status"])
    assert reliability(20, 20) == after["reliability"]


def test_relay_record(world):
    """
    R7: the relay record has its own number, by the same formula.
    """
    for verdict in ("true", "true", "false"):
        world.resolve(world.record(report(relays={})), verdict)

    score = world.score()

    assert ("insufficient", 0) == (score["status"], score["counts"]["claims"])
    assert {"reliability": reliability(2, 3), "resolved": 3, "correct": 2} == score["relay"]


@pytest.mark.parametrize(("stance", "verdict", "right"), [
    ("support", "true", 1), ("support", "false", 0), ("deny", "true", 0), ("deny", "false", 1),
])  # fmt: skip
def test_sides(world, stance, verdict, right):
    """
    R5: a support is right if the claim proved true, a deny if it proved false.
    """
    world.resolve(world.record(report(stance=stance)), verdict)

    score = world.score()

    assert (right, right, 1 - right) == (
        score["record"]["right"],
        score["counts"]["correct"],
        score["counts"]["incorrect"],
    )


def test_topic(world):
    """
    R18: the score of a topic includes only its claims, and an unknown topic has none.
    """
    world.resolve(world.record(topic="a"), "true")
    world.resolve(world.record(topic="b"), "false")
    world.resolve(world.record(), "false")

    assert (1, "a", 1) == (
        world.score(topic="a")["record"]["right"],
        world.score(topic="a")["topic"],
        world.score(topic="a")["counts"]["claims"],
    )
    assert (0, None) == (world.score(topic="c")["counts"]["claims"], world.score(topic="c")["reliability"])
    assert 3 == world.score()["counts"]["resolved"]


def test_past_moment(world):
    """
    R18: a score `as_of` a past moment includes only reports and answers published by then.
    """
    claim = world.record(report(published_at="2026-01-02T00:00:00Z"))
    world.resolve(claim, "true", known_at="2026-01-04T00:00:00Z")
    moments = ["2026-01-01T23:59:59Z", "2026-01-02T00:00:00Z", "2026-01-03T23:59:59.999999Z", "2026-01-04T00:00:00Z"]

    scores = [world.score(as_of=moment) for moment in moments]

    counts = [tuple(score["counts"][name] for name in ("claims", "open", "resolved")) for score in scores]
    assert [(0, 0, 0), (1, 1, 0), (1, 1, 0), (1, 0, 1)] == counts
    assert moments == [score["as_of"] for score in scores]


def test_past_moment_before_a_change_of_mind(world):
    """
    R18: a later resolution is ignored in a score `as_of` an earlier moment.
    """
    claim = world.record(report(published_at="2026-01-02T00:00:00Z"))
    first = world.resolve(claim, "true", known_at="2026-01-04T00:00:00Z")
    world.resolve(claim, "false", supersedes=first["id"], known_at="2026-01-06T00:00:00Z")

    resolved = [world.score(as_of=f"2026-01-0{day}T00:00:00Z")["counts"]["resolved"] for day in (4, 5, 6)]

    assert [0, 0, 1] == resolved


def test_future_moment(world):
    """
    R18: a moment in the future is rejected.
    """
    world.record()

    response = world.get("/v1/outlets/herald/score", query_string={"as_of": "2999-01-01T00:00:00Z"})

    assert_problem(response, 400, "invalid-query", "/as_of")


def test_early_answers(world):
    """
    R16: a score has the number of its claims that were resolved before they were due.
    """
    for known_at in ("2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"):
        claim = world.record(kind="event", resolves_by="2026-03-01T00:00:00Z")
        world.resolve(claim, "true", known_at=known_at)
    world.resolve(world.record(), "true", known_at="2026-02-01T00:00:00Z")

    assert (4, 1) == tuple(world.score()["counts"][name] for name in ("resolved", "early"))


def test_matured(world):
    """
    R16: the basis matured includes claims without a date, and claims whose date has passed by `as_of`.
    """
    due = [None, "2026-03-01T00:00:00Z", "2026-03-01T00:00:00.000001Z", "2026-04-01T00:00:00Z", "2999-01-01T00:00:00Z"]
    for resolves_by in due:
        world.resolve(world.record(resolves_by=resolves_by), "true", known_at="2026-02-01T00:00:00Z")
    world.record(kind="event", resolves_by="2999-01-01T00:00:00Z")

    matured = world.score(basis="matured", as_of="2026-03-01T00:00:00Z")
    later = world.score(basis="matured")
    resolved = world.score(as_of="2026-03-01T00:00:00Z")

    assert ("matured", 2, 2) == (matured["basis"], matured["counts"]["claims"], matured["counts"]["resolved"])
    assert (4, 4) == (later["counts"]["claims"], later["counts"]["resolved"])
    assert ("resolved", 6, 5) == (resolved["basis"], resolved["counts"]["claims"], resolved["counts"]["resolved"])


@pytest.mark.parametrize("name", ["as_of", "recorded_by"])
def test_as_of_a_date(world, name):
    """
    R6a, R18: a bare date is the end of its day, and today is now.
    """
    claim = world.record(report(published_at="2026-02-01T12:00:00Z"))
    world.resolve(claim, "true", known_at="2026-02-02T12:00:00Z")
    today = dt.datetime.now(dt.UTC).date()

    days = [world.score(**{name: str(day)}) for day in (today, today - today.resolution)]
    with_public = [world.score(as_of=day)["counts"]["resolved"] for day in ("2026-02-01", "2026-02-02")]

    assert [0, 1] == with_public
    assert lasting(world.score()) == lasting(days[0])
    assert [1, 1 if name == "as_of" else 0] == [score["counts"]["resolved"] for score in days]
    assert f"{today - today.resolution}T23:59:59.999999Z" == days[1]["as_of"]


@pytest.mark.parametrize("plus", ["+", "%2B", "%20"])
def test_plus_in_a_query(world, plus):
    """
    The plus of an offset is accepted with and without its escape.
    """
    world.record()

    response = world.get(f"/v1/outlets/herald/score?as_of=2026-03-01T00:00:00{plus}01:00")

    assert (200, "2026-02-28T23:00:00Z") == (response.status_code, response.json["as_of"])
