"""GET /v1/outlets/{outlet}/calibration"""

from __future__ import annotations

import random

import pytest
from scipy.stats import beta

from tests.support.world import assert_problem, report

URL = "/v1/outlets/herald/calibration"


def calibration(world, outlet="herald", **query):
    response = world.get(f"/v1/outlets/{outlet}/calibration", query_string=query)
    assert 200 == response.status_code, response.text
    return response.json


def state(world, probability, verdict, *, published_at="2026-01-01T12:00:00Z", **members):
    """Record a claim with a stated probability, and resolve it."""
    truth = members.pop("truth", None)
    stance = members.pop("stance", "deny" if probability < 0.5 else "support")
    known_at = members.pop("known_at", "2026-02-01T00:00:00Z")
    said = report(probability=probability, published_at=published_at, stance=stance)
    claim = world.record(said, **members)
    world.resolve(claim, verdict, known_at=known_at, **({} if truth is None else {"truth": truth}))
    return claim


def interval(true, n, level=0.9):
    lower, upper = beta.interval(level, true + 0.5, n - true + 0.5)
    return pytest.approx({"lower": min(lower, true / n), "upper": max(upper, true / n), "level": level}, abs=1e-8)


def test_bins_by_hand(world):
    """
    A tenth of probability has the mean probability, the share true, the number and an interval; claims are not folded.
    """
    for probability, verdict in ((0.62, "true"), (0.68, "true"), (0.6, "false"), (0.1, "false"), (1, "true")):
        state(world, probability, verdict)
    state(world, 0.2, "false", stance="deny")
    world.resolve(world.record(), "true")

    told = calibration(world)

    assert (7, 6) == (told["resolved"], told["stated"])
    bins = [(0.1, 0.2, 1, 0.1, 0), (0.2, 0.3, 1, 0.2, 0), (0.6, 0.7, 3, 1.9 / 3, 2 / 3), (0.9, 1, 1, 1, 1)]
    names = ("lower", "upper", "n", "mean_probability", "share_true")
    assert [pytest.approx(one) for one in bins] == [tuple(one[name] for name in names) for one in told["bins"]]
    assert [interval(0, 1), interval(0, 1), interval(2, 3), interval(1, 1)] == [one["interval"] for one in told["bins"]]
    squares = 0.38**2 + 0.32**2 + 0.6**2 + 0.1**2 + 0 + 0.2**2
    assert pytest.approx({"score": squares / 6, "skill": 1 - squares / 6 / 0.25, "resolved": 6}) == told["brier"]
    parts = told["decomposition"]
    assert pytest.approx((0.01 + 0.04 + 3 * (1.9 / 3 - 2 / 3) ** 2) / 6) == parts["reliability"]
    assert pytest.approx((0.25 + 0.25 + 3 / 36 + 0.25) / 6) == parts["resolution"]
    assert pytest.approx(0.25) == parts["uncertainty"]
    assert ("herald", None, "resolved", "record/2") == tuple(
        told[name] for name in ("outlet", "topic", "basis", "method")
    )


@pytest.fixture(scope="module")
def varied(shared_world):
    """Record probabilities of every size, on claims of two topics, due in the past or far in the future."""
    rng = random.Random(5)  # noqa: S311 - any numbers will do
    for _ in range(20):
        state(
            shared_world,
            rng.choice([0, 0.1, 0.35, 0.5, 0.77, 0.999, 1]),
            *rng.choice([("true",), ("false",)]),
            topic=rng.choice([None, "a"]),
            resolves_by=rng.choice([None, "2999-01-01T00:00:00Z"]),
            known_at=rng.choice(["2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"]),
        )
    state(shared_world, 0.4, "partial", truth=0.3, topic="a")
    return shared_world


@pytest.mark.parametrize("query", [{}, {"basis": "matured"}, {"topic": "a"}, {"as_of": "2026-03-15T00:00:00Z"}])
def test_adds_up_and_agrees_with_the_score(varied, query):
    """
    R16, R18: the parts of the Brier score sum to that of the score, and the bins contain every probability.
    """
    told, score = calibration(varied, **query), varied.score(**query)

    parts = told["decomposition"]
    total = parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["within_bins"]
    assert score["brier"] == told["brier"]
    assert pytest.approx(told["brier"]["score"], abs=1e-9) == total
    assert pytest.approx(told["brier"]["skill"]) == 1 - total / parts["uncertainty"]
    assert told["stated"] == told["brier"]["resolved"] == sum(one["n"] for one in told["bins"])
    assert score["counts"]["resolved"] == told["resolved"]


def test_standing_report_states(world):
    """
    R6: only the probability of the report with the current stance counts.
    """
    reports = [report(probability=p, published_at=f"2026-01-0{day}T00:00:00Z") for day, p in ((1, 0.2), (2, 0.9))]
    late = report(probability=0.5, published_at="2026-03-01T00:00:00Z")
    world.resolve(world.record(*reports, late), "true", known_at="2026-02-01T00:00:00Z")

    assert [0.9] == [one["mean_probability"] for one in calibration(world)["bins"]]


def test_relay_does_not_count(world):
    """
    R7: a relayed probability does not count.
    """
    world.resolve(world.record(report(relays={}, probability=0.7)), "true")

    assert (0, []) == tuple(calibration(world)[name] for name in ("stated", "bins"))


def test_nothing_stated(world):
    """
    R17: without stated probabilities there is no number.
    """
    world.resolve(world.record(), "true")

    told = calibration(world)

    assert (1, 0, None, None, []) == tuple(
        told[name] for name in ("resolved", "stated", "brier", "decomposition", "bins")
    )


def test_outlet_that_is_not_scored(world):
    """
    R9: a placeholder has no calibration.
    """
    world.outlet("Herald", scorable=False)
    state(world, 0.9, "true")

    assert (0, None, []) == tuple(calibration(world)[name] for name in ("stated", "brier", "bins"))


def test_level(world):
    """
    R17: the intervals have the requested level.
    """
    state(world, 0.5, "true")

    [one] = calibration(world, level=0.5)["bins"]

    assert interval(1, 1, 0.5) == one["interval"]


def test_not_modified(world):
    """
    The tag of a calibration changes with another probability and not with time.
    """
    state(world, 0.9, "true")
    tag = world.get(URL).headers["ETag"]
    again = world.get(URL, headers={"If-None-Match": tag})
    state(world, 0.8, "true")
    changed = world.get(URL, headers={"If-None-Match": tag})

    assert (304, b"") == (again.status_code, again.data)
    assert 200 == changed.status_code


def test_unknown_outlet(world):
    """
    An unknown outlet causes a 404 that names the nearest slugs.
    """
    world.outlet("Herald")

    response = world.get("/v1/outlets/heralt/calibration")

    assert_problem(response, 404, "unknown-outlet")
    assert "herald" in response.json["detail"]


BAD = [("level", "0.7"), ("basis", "all"), ("as_of", "2999-01-01T00:00:00Z"), ("recorded_by", "2026-01-01T00:00:00Z")]


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(("name", "value"), BAD)
def test_bad_query(shared_world, name, value):
    """
    Unknown parameters and invalid values are rejected with their names.
    """
    shared_world.record()

    assert_problem(shared_world.get(URL, query_string={name: value}), 400, "invalid-query", f"/{name}")
