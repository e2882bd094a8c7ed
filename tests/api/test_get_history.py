"""GET /v1/outlets/{outlet}/score/history"""

from __future__ import annotations

import datetime as dt
import random

import pytest

from tests.support.world import assert_problem, report

URL = "/v1/outlets/herald/score/history"
SHOWN = ("as_of", "status", "reliability", "adjusted", "advantage", "record")


def history(world, **query):
    response = world.get(URL, query_string=query)
    assert 200 == response.status_code, response.text
    return response.json


def months_before(now):
    """Yield the last instants of the months from 2025 on, before a moment."""
    years = range(2025, now.year + 1)
    firsts = [dt.datetime(year, month, 1, tzinfo=dt.UTC) for year in years for month in range(1, 13)]
    ends = [first - dt.timedelta(microseconds=1) for first in firsts]
    return [end.isoformat().replace("+00:00", "Z") for end in ends if end < now]


def test_points_are_the_ends_of_months(world):
    """
    There is a point for the last instant of each month since the first known claim, and one for now.
    """
    world.resolve(world.record(), "true", known_at="2026-03-01T00:00:00Z")
    world.resolve(world.record(), "false", known_at="2026-04-30T23:59:59.999999Z")
    world.resolve(world.record(), "false", known_at="2026-05-01T00:00:00Z")
    began = dt.datetime.now(dt.UTC)

    told = history(world)

    *ends, now = [point["as_of"] for point in told["items"]]
    assert [moment for moment in months_before(began) if moment > "2026-03"] == ends
    assert began <= dt.datetime.fromisoformat(now) == dt.datetime.fromisoformat(told["computed_at"])
    assert [1, 2, 3] == [point["record"]["resolved"] for point in told["items"]][:3]
    assert ("herald", None, "resolved", "record/2", "start") == (
        *(told[name] for name in ("outlet", "topic", "basis", "method")),
        told["context"]["id"],
    )


@pytest.fixture(scope="module")
def random_world(shared_world):
    """Record a year of claims of every kind, corrected, withdrawn, relayed, denied and reported late."""
    rng, world = random.Random(11), shared_world  # noqa: S311 - any numbers will do
    for _ in range(25):
        days = sorted(dt.date(2025, 10, 1) + dt.timedelta(days=rng.randrange(330)) for _ in range(4))
        reports = [
            report(
                published_at=f"{rng.choice(days)}T12:00:00Z",
                stance=rng.choice(["support", "support", "deny", "comment"]),
                **rng.choice([{}, {}, {"relays": {}}]),
            )
            for _ in range(rng.randint(1, 3))
        ]
        members = {"topic": rng.choice([None, "a"]), "resolves_by": rng.choice([None, f"{days[3]}T00:00:00Z"])}
        claim = world.record(*reports, **members)
        made = world.resolve(claim, rng.choice(["true", "false", "void"]), known_at=f"{days[2]}T00:00:00Z")
        if rng.random() < 0.3:
            world.resolve(claim, rng.choice(["true", None]), supersedes=made["id"], known_at=f"{days[3]}T00:00:00Z")
        if rng.random() < 0.2:
            world.post(f"/v1/reports/{claim['reports'][0]['id']}/withdrawal", {"reason": "By mistake."})
    return world


@pytest.mark.parametrize("query", [{}, {"basis": "matured"}, {"topic": "a", "level": 0.5}])
def test_points_are_the_scores_of_their_moments(random_world, query):
    """
    R16, R18: each point equals the score `as_of` its moment on the same basis, to the last digit.
    """
    told = history(random_world, **query)

    scores = [random_world.score(as_of=point["as_of"], **query) for point in told["items"]]
    assert [{name: score[name] for name in SHOWN} for score in scores] == told["items"]
    assert len({point["record"]["resolved"] for point in told["items"]}) >= 3


def test_nothing_resolved(world):
    """
    R17: without resolved claims there is one point, for now, without a number.
    """
    world.record()

    [point] = history(world)["items"]

    assert ("insufficient", None, 0) == (point["status"], point["reliability"], point["record"]["resolved"])


def test_outlet_that_is_not_scored(world):
    """
    R9: the history of a placeholder is empty.
    """
    world.outlet("Herald", scorable=False)
    world.resolve(world.record(), "true", known_at="2026-02-01T00:00:00Z")

    assert ["insufficient"] == [point["status"] for point in history(world)["items"]]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_claim_of_long_ago(world):
    """
    A claim of the year 1 counts in every point, and the history is limited to 150 years.
    """
    ancient = report(published_at="0001-01-01T00:00:00Z")
    world.resolve(world.record(ancient), "true", known_at="0001-02-01T00:00:00Z")

    points = history(world)["items"]

    assert (1801, {1}) == (len(points), {point["record"]["resolved"] for point in points})


def test_not_modified(world):
    """
    The tag of a history changes with a resolution and not with time.
    """
    claims = [world.record() for _ in range(2)]
    world.resolve(claims[0], "true", known_at="2026-02-01T00:00:00Z")
    tag = world.get(URL).headers["ETag"]
    again = world.get(URL, headers={"If-None-Match": tag})
    world.resolve(claims[1], "true")
    changed = world.get(URL, headers={"If-None-Match": tag})

    assert (304, b"") == (again.status_code, again.data)
    assert 200 == changed.status_code


def test_unknown_outlet(world):
    """
    An unknown outlet causes a 404 that names the nearest slugs.
    """
    world.outlet("Herald")

    response = world.get("/v1/outlets/heralt/score/history")

    assert_problem(response, 404, "unknown-outlet")
    assert "herald" in response.json["detail"]


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    ("name", "value"), [("level", "0.7"), ("basis", "all"), ("as_of", "2026-01-01T00:00:00Z"), ("topic", "")]
)
def test_bad_query(shared_world, name, value):
    """
    Unknown parameters, invalid values and past moments are rejected with their names.
    """
    assert_problem(shared_world.get(URL, query_string={name: value}), 400, "invalid-query", f"/{name}")
