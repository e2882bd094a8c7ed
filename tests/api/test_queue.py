"""GET /v1/queue"""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples import costly
from tests.support.world import report

_NUMBERS = itertools.count()


def event(world, text, due, *outlets):
    return world.record(*map(report, outlets), text=text, kind="event", resolves_by=due)


def test_due_claims_come_longest_overdue_and_most_reported_first(world):
    """
    R15: events past their date without a resolution are queued, and no answer is assumed.
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
    R15: a claim with a withdrawn resolution is queued again, with the resolution that its next one must supersede.
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
    Pages of the queue can end between claims with the same date and number of reports.
    """
    made = [event(world, f"claim {n}", "2026-02-01T00:00:00Z", "Herald")["id"] for n in range(5)]

    first = world.get("/v1/queue", query_string={"limit": 2})
    second = world.get("/v1/queue", query_string={"limit": 2, "cursor": first.json["next_cursor"]})
    third = world.get("/v1/queue", query_string={"limit": 2, "cursor": second.json["next_cursor"]})

    assert made == [item["id"] for page in (first, second, third) for item in page.json["items"]]
    assert third.json["next_cursor"] is None
    assert first.json["next_cursor"] in first.headers["Link"]


class Filed:
    """A due claim and the reports on it that count."""

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
        if self.counting:
            path = f"/v1/reports/{self.counting.pop()}/withdrawal"
            assert 201 == self.world.post(path, {"reason": "By mistake."}).status_code


def pages(world, limit):
    """Return the ids on each page of the queue."""
    return ([item["id"] for item in page] for page in world.pages("/v1/queue", limit=limit))


def test_withdrawn_reports_move_no_claim_up(world):
    """
    R15: withdrawn reports do not count, so two reports in effect come before three of which one is.
    """
    three, two = Filed(world, 3), Filed(world, 2)
    three.withdraw()
    three.withdraw()

    assert [[two.id, three.id]] == list(pages(world, 2))


def test_a_claim_reported_between_pages_is_not_skipped(world):
    """
    R15: reports filed after the first page do not change the order of the queue.
    """
    first, second = Filed(world, 3), Filed(world, 2)
    read = pages(world, 1)
    assert [first.id] == next(read)

    second.file()
    second.file()

    assert [[second.id]] == list(read)
    assert [[second.id, first.id]] == list(pages(world, 2))


numbers = st.integers(0, 3)
changes = st.lists(st.tuples(numbers, st.sampled_from([Filed.file, Filed.withdraw])), max_size=4)


# The database is shared by the examples; each leaves the queue empty.
@costly
@given(st.lists(st.tuples(st.integers(1, 4), numbers), max_size=4), st.lists(changes), st.integers(1, 2))
def test_reports_between_pages_move_nothing(world, claims, meanwhile, limit):
    """
    R15: whatever reports are filed or withdrawn between pages, each claim is listed once, in the order of the first
    page.
    """
    filed = [Filed(world, reports) for reports, _ in claims]
    for claim, (_, withdrawn) in zip(filed, claims, strict=True):
        for _ in range(withdrawn):
            claim.withdraw()
    expected = [claim.id for claim in sorted(filed, key=lambda claim: (-len(claim.counting), claim.id))]
    shown = []
    for page in pages(world, limit):
        shown += page
        for number, change in meanwhile.pop() if meanwhile and filed else ():
            change(filed[number % len(filed)])
    for claim in filed:
        world.resolve({"id": claim.id}, "true")

    assert expected == shown
