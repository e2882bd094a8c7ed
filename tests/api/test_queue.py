"""GET /v1/queue"""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples import costly
from tests.support.world import assert_problem, report

_NUMBERS = itertools.count()


def event(world, text, due, *outlets):
    return world.record(*map(report, outlets), text=text, kind="event", resolves_by=due)


def test_due_claims_come_longest_overdue_and_most_reported_first(world):
    """
    R15: overdue events without a resolution are queued, the longest overdue and most reported first.
    """
    event(world, "late", "2026-03-01T00:00:00Z", "Herald")
    event(world, "early", "2026-02-01T00:00:00Z", "Herald")
    event(world, "early and reported twice", "2026-02-01T00:00:00Z", "Herald", "Tribune")
    event(world, "not yet", "2999-01-01T00:00:00Z", "Herald")
    world.record(text="a fact")
    world.resolve(event(world, "resolved", "2026-01-15T00:00:00Z", "Herald"), "false")

    items = world.get("/v1/queue").json["items"]

    assert ["early and reported twice", "early", "late"] == [item["text"] for item in items]
    assert {"due"} == {item["status"] for item in items}
    roots = {"independent_roots": 2, "roots": {"support": 2, "deny": 0}}
    assert {"reports": 2, "outlets": ["herald", "tribune"], **roots} == items[0]["at_stake"]


def test_a_withdrawn_verdict_is_due_again(world):
    """
    R15: a claim whose resolution was withdrawn is queued again, with the id that the next resolution must supersede.
    """
    claim = event(world, "late", "2026-03-01T00:00:00Z", "Herald")
    assert [None] == [item["supersedes"] for item in world.get("/v1/queue").json["items"]]
    resolution = world.resolve(claim, "true")
    assert [] == world.get("/v1/queue").json["items"]

    withdrawal = world.resolve(claim, None, supersedes=resolution["id"])

    queued = [(item["id"], item["supersedes"]) for item in world.get("/v1/queue").json["items"]]
    assert [(claim["id"], withdrawal["id"])] == queued


def test_pages(world):
    """
    The queue is paged in its order, even if claims have the same due date and number of reports.
    """
    ids = [event(world, f"claim {n}", "2026-02-01T00:00:00Z", "Herald")["id"] for n in range(5)]

    first = world.get("/v1/queue", query_string={"limit": 2})
    second = world.get("/v1/queue", query_string={"limit": 2, "cursor": first.json["next_cursor"]})
    third = world.get("/v1/queue", query_string={"limit": 2, "cursor": second.json["next_cursor"]})

    assert ids == [item["id"] for page in (first, second, third) for item in page.json["items"]]
    assert third.json["next_cursor"] is None
    assert first.json["next_cursor"] in first.headers["Link"]


def test_filters(world):
    """
    R21b: the queue is filtered by topic, with the topics below it, and by the outlet that reported a claim.
    """
    one = world.record(report("Herald"), kind="event", resolves_by="2026-02-01T00:00:00Z", topic="football/transfers")
    two = world.record(report("Echo"), kind="event", resolves_by="2026-02-02T00:00:00Z", topic="football")
    event(world, "no topic", "2026-02-03T00:00:00Z", "Echo")

    def ids(query):
        return [item["id"] for item in world.get(f"/v1/queue?{query}").json["items"]]

    assert [one["id"], two["id"]] == ids("topic=Football")
    assert [one["id"]] == ids("topic=football/transfers")
    assert [two["id"]] == ids("topic=football&outlet=echo")
    assert [] == ids("topic=rugby")
    assert 400 == world.get("/v1/queue?outlet=nobody").status_code
    cursor = world.get("/v1/queue?topic=football&limit=1").json["next_cursor"]
    assert [two["id"]] == ids(f"topic=football&cursor={cursor}")
    assert_problem(world.get(f"/v1/queue?cursor={cursor}"), 400, "invalid-query", "/cursor")


class DueClaim:
    """A due claim with its counting reports."""

    def __init__(self, world, reports):
        self.world = world
        claim = event(world, "late", "2026-02-01T00:00:00Z", "Herald")
        self.id, self.counting = claim["id"], [claim["reports"][0]["id"]]
        for _ in range(reports - 1):
            self.file()

    def file(self):
        body = report(url=f"https://example.org/{next(_NUMBERS)}")
        self.counting.append(self.world.post(f"/v1/claims/{self.id}/reports", body).json["id"])

    def withdraw(self):
        if len(self.counting) > 1:  # the last one would remove the claim from the queue
            path = f"/v1/reports/{self.counting.pop()}/withdrawal"
            assert 201 == self.world.post(path, {"reason": "By mistake."}).status_code


def pages(world, limit):
    """Yield the ids on each page of the queue."""
    return ([item["id"] for item in page] for page in world.pages("/v1/queue", limit=limit))


def test_withdrawn_reports_move_no_claim_up(world):
    """
    R15: withdrawn reports do not count, so a claim with two reports precedes one with three of which two are withdrawn.
    """
    three, two = DueClaim(world, 3), DueClaim(world, 2)
    three.withdraw()
    three.withdraw()

    assert [[two.id, three.id]] == list(pages(world, 2))


def test_a_claim_reported_between_pages_is_not_skipped(world):
    """
    R15: reports filed between pages do not move a claim to an earlier page.
    """
    first, second = DueClaim(world, 3), DueClaim(world, 2)
    read = pages(world, 1)
    assert [first.id] == next(read)

    second.file()
    second.file()

    assert [[second.id]] == list(read)
    assert [[second.id, first.id]] == list(pages(world, 2))


numbers = st.integers(0, 3)
changes = st.lists(st.tuples(numbers, st.sampled_from([DueClaim.file, DueClaim.withdraw])), max_size=4)


# The examples share a database; each leaves the queue empty.
@costly
@given(st.lists(st.tuples(st.integers(1, 4), numbers), max_size=4), st.lists(changes), st.integers(1, 2))
def test_reports_between_pages_move_nothing(world, claims, writes, limit):
    """
    R15: reports filed or withdrawn between pages change neither the order of the queue nor its items.
    """
    filed = [DueClaim(world, reports) for reports, _ in claims]
    for claim, (_, withdrawn) in zip(filed, claims, strict=True):
        for _ in range(withdrawn):
            claim.withdraw()
    expected = [claim.id for claim in sorted(filed, key=lambda claim: (-len(claim.counting), claim.id))]
    shown = []
    for page in pages(world, limit):
        shown += page
        for number, change in writes.pop() if writes and filed else ():
            change(filed[number % len(filed)])
    for claim in filed:
        world.resolve({"id": claim.id}, "true")

    assert expected == shown
