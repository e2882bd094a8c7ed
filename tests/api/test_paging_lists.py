"""The lists of the API, page by page, while others write"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.identity import new_id
from service.paging import encode_cursor
from tests.world import assert_problem

DAYS = [f"2026-01-0{day}T00:00:00Z" for day in range(1, 5)]
"""Few moments, so that many rows share one."""


class Stage:
    """A claim, an outlet and a topic of one example's own, so that examples can share a database."""

    def __init__(self, world):
        self.world, self.topic = world, str(new_id())
        self.outlet = world.outlet("Herald", slug=f"herald-{self.topic}")["slug"]
        self.parent = world.outlet("Parent", slug=f"parent-{self.topic}")["slug"]
        self.claims, self.reports = [], {}
        self.claim = self.add_claim(0)
        self._numbers = itertools.count()

    def report(self, day):
        # By another address each, so that it is no report that is there.
        return {"outlet": self.outlet, "published_at": DAYS[day], "url": f"https://example.org/{new_id()}"}

    def add_claim(self, day):
        """An event, due for some days."""
        members = {"kind": "event", "resolves_by": DAYS[day], "topic": self.topic}
        self.claims.append(self.world.record(self.report(day), **members)["id"])
        return self.claims[-1]

    def add_report(self, day):
        return self._file(self.claim, day)

    def add_report_to_another(self, day):
        """On one of the last claims."""
        self._file(self.claims[-1 - day % len(self.claims)], day)

    def _file(self, claim, day):
        filed = self.world.post(f"/v1/claims/{claim}/reports", self.report(day)).json
        self.reports[filed["id"]] = filed
        return filed["id"]

    def add_outlet(self, day):
        number = next(self._numbers)
        slug = f"{'dbca'[day]}-{number}-{self.topic}"
        return self.world.outlet("Below", slug=slug, parent=self.parent)["id"]

    def withdraw(self, _):
        if self.reports:
            report_id, _ = self.reports.popitem()
            answer = self.world.post(f"/v1/reports/{report_id}/withdrawal", {"reason": "By mistake."})
            assert 201 == answer.status_code, answer.text

    def pages(self, path, **query):
        """The ids on each page."""
        page = self.world.get(path, query_string=query).json
        yield page["items"]
        while page["next_cursor"] is not None:
            page = self.world.get(path, query_string=query | {"cursor": page["next_cursor"]}).json
            yield page["items"]


def _key(*names, reverse=False):
    return lambda items: sorted(items, key=lambda item: tuple(item[name] for name in names), reverse=reverse) == items


LISTS = {
    "newest claims": ("/v1/claims", {"topic": "topic"}, {}, "add_claim", _key("id", reverse=True)),
    "oldest claims": ("/v1/claims", {"topic": "topic"}, {"sort": "oldest"}, "add_claim", _key("id")),
    "claims by date": ("/v1/claims", {"topic": "topic"}, {"sort": "due"}, "add_claim", _key("resolves_by", "id")),
    "due claims": ("/v1/claims", {"outlet": "outlet"}, {"status": "due"}, "add_claim", _key("id", reverse=True)),
    "reports of an outlet": (
        "/v1/outlets/{outlet}/reports",
        {},
        {},
        "add_report",
        _key("published_at", "id", reverse=True),
    ),
    "reports of a claim": ("/v1/claims/{claim}/reports", {}, {}, "add_report", _key("published_at")),
    "outlets": ("/v1/outlets", {"parent": "parent"}, {}, "add_outlet", _key("slug")),
    "queue": ("/v1/queue", {}, {}, "add_claim", _key("resolves_by")),
}
days = st.integers(0, 3)
CHANGES = ["add_claim", "add_report", "add_report_to_another", "add_outlet", "withdraw"]
changes = st.lists(st.tuples(st.sampled_from(CHANGES), days), max_size=3)


@pytest.mark.parametrize("name", LISTS)
# The database is shared by the examples; each looks at rows of its own.
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(days, max_size=6), meanwhile=st.lists(changes, max_size=4), limit=st.integers(1, 3))
def test_nothing_is_skipped_or_repeated(world, name, first, meanwhile, limit):
    """
    Whatever is recorded and withdrawn between the pages of a list, what was there is shown, once, and in order.
    """
    path, filters, query, add, is_sorted = LISTS[name]
    stage = Stage(world)
    there = {getattr(stage, add)(day) for day in first}
    shared = 20 if name == "queue" else 0  # the one list that cannot be had for a single example
    query = {"limit": shared + limit, **query, **{member: getattr(stage, of) for member, of in filters.items()}}
    shown = []
    for page in stage.pages(path.format(outlet=stage.outlet, claim=stage.claim), **query):
        shown += page
        for change, day in meanwhile.pop() if meanwhile else ():
            getattr(stage, change)(day)
    ids = [item["id"] for item in shown]

    assert len(set(ids)) == len(ids)
    assert there <= set(ids)
    assert is_sorted(shown)


def test_claim_that_moves_up_the_queue(world):
    """
    R15: a claim that is reported once more while the queue is read is not skipped.
    """
    stage = Stage(world)
    made = [stage.claim, stage.add_claim(0), stage.add_claim(0)]
    pages = stage.pages("/v1/queue", limit=1)
    seen = [next(pages)[0]["id"], next(pages)[0]["id"]]
    world.post(f"/v1/claims/{made[2]}/reports", stage.report(1))
    [last] = next(pages)

    assert made == [*seen, last["id"]]
    assert 2 == last["at_stake"]["reports"]
    assert made[2] == world.get("/v1/queue").json["items"][0]["id"]


@pytest.fixture(scope="module")
def cursors(standing_world):
    """Of each list its path, its query and the cursor of its second page."""
    stage = Stage(standing_world)
    for add in ("add_claim", "add_report", "add_outlet"):
        for day in range(2):
            getattr(stage, add)(day)
    found = {}
    for name, (rule, filters, sort, *_) in LISTS.items():
        path = rule.format(outlet=stage.outlet, claim=stage.claim)
        query = {"limit": 1, **sort, **{member: getattr(stage, of) for member, of in filters.items()}}
        found[name] = (path, query, standing_world.get(path, query_string=query).json["next_cursor"])
    return found


@pytest.mark.parametrize("name", LISTS)
def test_cursor_of_another_list(standing_world, cursors, name):
    """
    A list refuses the cursors of every other one, of other filters, and of another claim or outlet.
    """
    path, query, own = cursors[name]
    assert 200 == standing_world.get(path, query_string=query | {"cursor": own}).status_code

    for cursor in [cursor for other, (*_, cursor) in cursors.items() if other != name]:
        assert_problem(
            standing_world.get(path, query_string=query | {"cursor": cursor}), 400, "invalid-query", "/cursor"
        )
    if query.keys() - {"limit"}:
        less = {"limit": 1, "cursor": own}
        assert_problem(standing_world.get(path, query_string=less), 400, "invalid-query", "/cursor")


@pytest.mark.parametrize("name", LISTS)
def test_damaged_cursor(standing_world, cursors, name):
    """
    A cursor that is cut off anywhere, or has any one character changed, is refused.
    """
    path, query, own = cursors[name]
    cut = [own[:end] for end in range(1, len(own), 3)]
    changed = [own[:at] + ("A" if own[at] != "A" else "B") + own[at + 1 :] for at in range(0, len(own) - 1, 3)]

    for cursor in [*cut, *changed, own + "A", own + own, " ", "%00", "\u00e4"]:
        assert_problem(
            standing_world.get(path, query_string=query | {"cursor": cursor}), 400, "invalid-query", "/cursor"
        )


FORGED = [[], ["x"], ["x", "x"], ["x", "x", "x"], ["9" * 400] * 3, ["", ""], ["0", "0"], ["-1", "-1", "-1"]]


@pytest.mark.parametrize("name", LISTS)
def test_forged_cursor(standing_world, cursors, name):
    """
    A position that the list never gave out, sealed as its own are, is a bad query or an empty page, and no failure.
    """
    path, query, _ = cursors[name]
    sealed_for = {member: value for member, value in query.items() if member != "limit"}
    for position in FORGED:
        forged = encode_cursor(position, [path, bound(path, sealed_for)])
        answer = standing_world.get(path, query_string=query | {"cursor": forged})
        assert (200, name) == (answer.status_code, "outlets") or 400 == answer.status_code, (position, answer.text)


def bound(path, query):
    """The filters of a list as a cursor is bound to them."""
    return {"sort": "newest", **query} if path == "/v1/claims" else query
