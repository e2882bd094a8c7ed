"""The values that pages show: the ranking in groups, the portrait of an outlet, the comparison of outlets"""

from __future__ import annotations

import datetime as dt

import pytest

from service.errors import InvalidQuery
from service.outlets.track_record import Lens
from service.scores.comparison import compare_outlets
from service.scores.places import RankingCriteria
from service.scores.portrait import portray_outlet
from service.scores.ranking_table import ranking_table
from service.values.vocabulary import Basis, OutletKind
from tests.support.world import report

NOW = dt.datetime(2026, 10, 15, 12, tzinfo=dt.UTC)
LENS = Lens(topic=None, basis=Basis.MATURED, as_of=None, recorded_by=None, level=0.9)


def resolved(world, outlets, verdict, month, **members):
    """Record a claim that outlets supported in a month of 2026, and resolve it as known ten days later."""
    filed = [report(outlet, f"2026-{month:02}-01T00:00:00Z") for outlet in outlets]
    claim = world.record(*filed, **{"text": f"{month} {outlets} {verdict}", **members})
    return world.resolve(claim, verdict, known_at=f"2026-{month:02}-11T00:00:00Z")


def ranked(world, *, lens=LENS, kind=None, start=0, limit=50, min_resolved=1):
    criteria = RankingCriteria(min_resolved, kind)
    return ranking_table(world.runtime.db, criteria, lens=lens, start=start, limit=limit, now=NOW)


def slugs(table):
    return [[row.outlet.slug for row in group.rows] for group in table.groups]


def test_trend_is_the_history(world):
    """
    The trend of an outlet equals its history, also for a claim that counts from its due date.
    """
    resolved(world, ["Herald"], "true", 2)
    resolved(world, ["Herald"], "false", 5)
    resolved(world, ["Herald"], "true", 6, kind="event", resolves_by="2026-08-20T00:00:00Z")
    resolved(world, ["Herald"], "true", 7, kind="event", resolves_by="2026-12-20T00:00:00Z")

    [row] = ranked(world).groups[0].rows
    items = portray_outlet(world.runtime.db, "herald", lens=LENS, now=NOW).history
    history = {item.as_of: item.reliability and item.reliability.mean for item in items}

    assert 13 == len(row.trend)
    assert [None] * 4 == [point.mean for point in row.trend[:4]]
    assert list(history.items()) == [(point.as_of, point.mean) for point in row.trend[4:]]
    assert 3 == len(set(history.values()))


def test_groups(world):
    """
    A group ends where an interval no longer overlaps with that of the group's leader, wherever the page starts.
    """
    for month in range(1, 9):
        resolved(world, ["Alpha", "Beta"], "true", month)
        resolved(world, ["Gamma"], "false", month)

    assert [["alpha", "beta"], ["gamma"]] == slugs(ranked(world))
    assert [["beta"], ["gamma"]] == slugs(ranked(world, start=1))
    assert ["alpha", "gamma"] == [group.leader.slug for group in ranked(world, start=1).groups]
    assert [["beta"]] == slugs(ranked(world, start=1, limit=1))


def test_too_few(world):
    """
    Outlets with too few claims are listed below, those with the most first; outlets that are not scorable are left out.
    """
    resolved(world, ["Alpha", "Beta"], "true", 1)
    resolved(world, ["Alpha"], "true", 2)
    world.record(report("Gamma"))
    world.outlet("Unknown", scorable=False)
    world.record(report("Unknown"))

    table = ranked(world, min_resolved=2)

    assert ([["alpha"]], 1, 2) == (slugs(table), table.ranked, table.unranked)
    assert [("beta", 1, 1), ("gamma", 1, 0)] == [
        (row.outlet.slug, row.claims, row.record.resolved) for row in table.waiting
    ]


def test_kind(world):
    """
    The ranking of one kind of outlets is the same on the page and in the API.
    """
    world.outlet("Alpha", kind="newspaper")
    resolved(world, ["Alpha", "Beta"], "true", 1)

    asked = world.get("/v1/scores?min_resolved=1&kind=newspaper").json["items"]

    assert [["alpha"]] == slugs(ranked(world, kind=OutletKind.NEWSPAPER))
    assert ["alpha"] == [score["outlet"] for score in asked]


def test_merged_outlets_are_one(world):
    """
    R22: a merged outlet is in no list, and a claim that both outlets reported is shared with a third outlet once.
    """
    for outlet in ("Alpha", "Alfa"):
        resolved(world, [outlet, "Beta"], "true", 1)
    world.post("/v1/outlets/alfa/merge", {"into": "alpha"})

    found = compare_outlets(world.runtime.db, ["alfa", "beta", "alpha"], lens=LENS, now=NOW)

    assert {"alpha", "beta"} == {slug for group in slugs(ranked(world)) for slug in group}
    assert ["alpha", "beta"] == [one.outlet.slug for one in found.outlets]
    assert 2 == found.shared


def test_shared_claims(world):
    """
    Outlets are compared on resolved claims on which each took a side in its own name and in time.
    """
    resolved(world, ["Alpha", "Beta", "Gamma"], "true", 1)
    resolved(world, ["Alpha", "Beta"], "false", 2)
    resolved(world, ["Alpha"], "true", 3)
    world.record(report("Alpha"), report("Beta"))
    relayed = world.record(report("Alpha"), report("Beta", relays={"outlet": "alpha"}), text="Relayed")
    world.resolve(relayed, "true")

    two = compare_outlets(world.runtime.db, ["alpha", "beta"], lens=LENS, now=NOW)
    three = compare_outlets(world.runtime.db, ["alpha", "beta", "gamma"], lens=LENS, now=NOW)

    assert [2, 2] == [one.shared.record.resolved for one in two.outlets]
    assert ["false", "true"] == [claim.verdict for claim in two.claims]
    assert [[0, 0], [1, 1]] == [[side.right for side in claim.sides] for claim in two.claims]
    assert (1, 3) == (three.shared, len(three.claims[0].sides))


def test_no_past_that_lies_ahead(world):
    """
    R18: a moment in the future is rejected.
    """
    ahead = Lens(topic=None, basis=Basis.RESOLVED, as_of=NOW + dt.timedelta(1), recorded_by=None, level=0.9)

    with pytest.raises(InvalidQuery):
        ranked(world, lens=ahead)
    with pytest.raises(InvalidQuery):
        portray_outlet(world.runtime.db, "herald", lens=ahead, now=NOW)


@pytest.mark.parametrize("path", ["/topics/%00", "/outlets/%00", "/outlets/%00/why", "/outlets/a%00/badge.svg"])
def test_page_of_what_no_database_can_hold(app, path):
    """
    A page whose path contains NUL, which PostgreSQL rejects, is not found.
    """
    assert 404 == app.test_client().get(path).status_code


@pytest.mark.parametrize("path", ["/?as_of=0001-01-01", "/topics/roads?as_of=0001-05-01"])
def test_page_of_the_first_year(world, path):
    """
    A ranking as of the year 1 is empty on both databases.
    """
    world.record(topic="roads")

    assert 200 == world.client.get(path).status_code
