"""GET /v1/outlets/{outlet}/reports"""

from __future__ import annotations

from tests.world import assert_problem, report

URL = "/v1/outlets/herald/reports"


def test_it_works(world):
    """
    An outlet's reports are listed with their claims, the newest first, and those of others are not.
    """
    old = world.record(report(published_at="2026-01-01T12:00:00Z"), report("Echo"))
    new = world.record(report(published_at="2026-01-02T12:00:00Z", stance="deny"))

    items = world.get(URL).json["items"]

    assert [new["reports"][0], next(one for one in old["reports"] if one["outlet"] == "herald")] == items


def test_pages(world):
    """
    Reports of one instant are parted by a page without loss.
    """
    for _ in range(3):
        world.record()

    first = world.get(f"{URL}?limit=2").json
    second = world.get(f"{URL}?limit=2&cursor={first['next_cursor']}").json

    seen = [item["id"] for item in first["items"] + second["items"]]
    assert (3, None) == (len(set(seen)), second["next_cursor"])
    assert sorted(seen, reverse=True) == seen


def test_after_known(world):
    """
    R6: a report that came when the answer was public is shown as such.
    """
    claim = world.record(report(published_at="2026-01-05T00:00:00Z"))
    world.resolve(claim, "true", known_at="2026-01-05T00:00:00Z")

    assert [True] == [item["after_known"] for item in world.get(URL).json["items"]]


def test_by_id(world):
    """
    The outlet may be named by its id, and a cursor of one spelling is not one of the other's list.
    """
    world.record()
    outlet = world.get("/v1/outlets/herald").json

    assert world.get(URL).json == world.get(f"/v1/outlets/{outlet['id']}/reports").json


def test_unknown_outlet(world):
    """
    An unknown outlet has no list, not an empty one.
    """
    assert_problem(world.get("/v1/outlets/nobody/reports"), 404, "unknown-outlet")
