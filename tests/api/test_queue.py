"""GET /v1/queue"""

from __future__ import annotations

from tests.world import report


def event(world, text, due, *outlets):
    return world.record(*map(report, outlets), text=text, kind="event", resolves_by=due)


def test_due_claims_come_longest_overdue_and_most_reported_first(world):
    """
    R15: events past their date without a resolution wait in a queue, and nothing is guessed of them.
    """
    event(world, "late", "2026-03-01T00:00:00Z", "Herald")
    event(world, "early", "2026-02-01T00:00:00Z", "Herald")
    event(world, "early and told twice", "2026-02-01T00:00:00Z", "Herald", "Tribune")
    event(world, "not yet", "2999-01-01T00:00:00Z", "Herald")
    world.record(text="a fact")
    world.resolve(event(world, "resolved", "2026-01-15T00:00:00Z", "Herald"), "false")

    items = world.get("/v1/queue").json["items"]

    assert ["early and told twice", "early", "late"] == [item["text"] for item in items]
    assert {"due"} == {item["status"] for item in items}
    assert {"reports": 2, "outlets": ["herald", "tribune"], "independent_roots": 2} == items[0]["at_stake"]


def test_a_withdrawn_verdict_is_due_again(world):
    """
    R15: a claim whose resolution is withdrawn stands in the queue again.
    """
    claim = event(world, "late", "2026-03-01T00:00:00Z", "Herald")
    resolution = world.resolve(claim, "true")
    assert [] == world.get("/v1/queue").json["items"]

    world.resolve(claim, None, supersedes=resolution["id"])

    assert [claim["id"]] == [item["id"] for item in world.get("/v1/queue").json["items"]]


def test_pages(world):
    """
    The queue is paged by what it is sorted by, claims of one date and one count included.
    """
    made = [event(world, f"claim {n}", "2026-02-01T00:00:00Z", "Herald")["id"] for n in range(5)]

    first = world.get("/v1/queue", query_string={"limit": 2})
    second = world.get("/v1/queue", query_string={"limit": 2, "cursor": first.json["next_cursor"]})
    third = world.get("/v1/queue", query_string={"limit": 2, "cursor": second.json["next_cursor"]})

    assert made == [item["id"] for page in (first, second, third) for item in page.json["items"]]
    assert third.json["next_cursor"] is None
    assert first.json["next_cursor"] in first.headers["Link"]
