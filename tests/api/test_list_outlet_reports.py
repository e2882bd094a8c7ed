"""GET /v1/outlets/{outlet}/reports"""

from __future__ import annotations

from tests.support.world import assert_problem, report

URL = "/v1/outlets/herald/reports"


def test_it_works(world):
    """
    An outlet's reports are listed with their claims, the newest first, without those of other outlets.
    """
    old = world.record(report(published_at="2026-01-01T12:00:00Z"), report("Echo"))
    new = world.record(report(published_at="2026-01-02T12:00:00Z", stance="deny"))

    items = world.get(URL).json["items"]

    assert [new["reports"][0], next(one for one in old["reports"] if one["outlet"] == "herald")] == items


def test_pages(world):
    """
    Pages can end between reports of one time without loss.
    """
    for _ in range(3):
        world.record()

    first, second = world.pages(URL, limit=2)

    seen = [item["id"] for item in first + second]
    assert 3 == len(set(seen))
    assert sorted(seen, reverse=True) == seen


def test_after_known(world):
    """
    R6: a report published after the answer was known is marked.
    """
    claim = world.record(report(published_at="2026-01-05T00:00:00Z"))
    world.resolve(claim, "true", known_at="2026-01-05T00:00:00Z")

    assert [True] == [item["after_known"] for item in world.get(URL).json["items"]]


def test_by_id(world):
    """
    The outlet can be given by its id, and a cursor is bound to the spelling of the path.
    """
    world.record(report(), report(published_at="2026-01-02T12:00:00Z"))
    by_id = f"/v1/outlets/{world.get('/v1/outlets/herald').json['id']}/reports"

    assert world.get(URL).json == world.get(by_id).json
    for path, other in ((URL, by_id), (by_id, URL)):
        cursor = world.get(f"{path}?limit=1").json["next_cursor"]
        assert 1 == len(world.get(f"{path}?cursor={cursor}").json["items"])
        assert_problem(world.get(f"{other}?cursor={cursor}"), 400, "invalid-query", "/cursor")


def test_topic(world):
    """
    R21b: an outlet's reports are filtered by the topic of their claims, with the topics below it.
    """
    below = world.record(topic="football/transfers")
    world.record(topic="rugby")

    assert [below["reports"][0]["id"]] == [item["id"] for item in world.get(f"{URL}?topic=football").json["items"]]
    assert [] == world.get(f"{URL}?topic=foot").json["items"]


def test_unknown_outlet(world):
    """
    An unknown outlet is a 404 problem and not an empty list.
    """
    assert_problem(world.get("/v1/outlets/nobody/reports"), 404, "unknown-outlet")
