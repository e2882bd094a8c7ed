"""Invalid cursors: those of other lists, damaged and forged ones"""

from __future__ import annotations

import base64
import json

import pytest

from service.scores.places import RankingCriteria
from service.storage.cursors import encode_cursor
from tests.support.contract import NOTHING
from tests.support.list_stage import LISTS, Stage
from tests.support.world import assert_problem, report

SCORES = "/v1/scores"
EVERY_LIST = [*LISTS, "scores"]
DEEP = json.loads("[" * 200 + "]" * 200)

INVALID_POSITIONS = [[], ["x"], ["x", "x"], ["x", "x", "x"], ["9" * 400] * 3, ["", ""], ["0", "0"], ["-1", "-1", "-1"]]
INVALID_POSITIONS += [["a", "b", "c", "d"], ["\x00"], ["\ud800"], 5, None, True, "ab", [None], [{}], {"a": 1}, [DEEP]]
INVALID_POSITIONS += [[1e400], ["9" * 400], ["nan", "a"], ["inf", "\x00"], ["2026-01-01T00:00:00Z", "x"]]
INVALID_POSITIONS += [["0001-01-01T00:00:00+03:00"] * 2]
"""Positions that are invalid in every list except that of outlets, where most texts are possible slugs."""
UNLIKELY_POSITIONS = [["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0", NOTHING]]
UNLIKELY_POSITIONS += [
    [*["2026-01-01T00:00:00Z"] * 2, count, NOTHING] for count in ("9" * 30, "-" + "9" * 400, "-2", "9" * 10)
]
"""Positions of the right form, with numbers that no database can store."""


@pytest.fixture(scope="module")
def cursors(shared_world):
    """Return the path, the query and the cursor of the second page of each list."""
    stage = Stage(shared_world)
    for add in ("add_claim", "add_report", "add_outlet"):
        for day in range(2):
            getattr(stage, add)(day)
    for name in ("Aaa", "Bbb"):
        shared_world.resolve(shared_world.record(report(name)), "true")
    requests = {
        name: (
            rule.format(outlet=stage.outlet, claim=stage.claim),
            {"limit": 1, **sort, **{member: getattr(stage, of) for member, of in filters.items()}},
        )
        for name, (rule, filters, sort, *_) in LISTS.items()
    }
    requests["scores"] = (SCORES, {"limit": 1, "min_resolved": 1})
    return {
        name: (path, query, shared_world.get(path, query_string=query).json["next_cursor"])
        for name, (path, query) in requests.items()
    }


def read(world, path, query, cursor):
    return world.get(path, query_string=query | {"cursor": cursor})


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("name", EVERY_LIST)
def test_cursor_of_another_list(shared_world, cursors, name):
    """
    A cursor of another list, or of other filters, causes a 400.
    """
    path, query, own = cursors[name]
    assert 200 == read(shared_world, path, query, own).status_code

    for cursor in [cursor for other, (*_, cursor) in cursors.items() if other != name]:
        assert_problem(read(shared_world, path, query, cursor), 400, "invalid-query", "/cursor")
    if query.keys() - {"limit"}:
        assert_problem(read(shared_world, path, {"limit": 1}, own), 400, "invalid-query", "/cursor")


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("name", ["reports of an outlet", "reports of a claim"])
def test_cursor_of_another_part_of_the_record(shared_world, cursors, name):
    """
    A cursor for the reports of one outlet or claim causes a 400 for those of another.
    """
    path, query, own = cursors[name]
    _, _, part, _ = path.removeprefix("/").split("/")
    other = Stage(shared_world)
    another = path.replace(part, other.outlet if "outlets" in path else other.claim)

    assert_problem(read(shared_world, another, query, own), 400, "invalid-query", "/cursor")


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("name", EVERY_LIST)
def test_damaged_cursor(shared_world, cursors, name):
    """
    A truncated, extended or changed cursor causes a 400, and so does any other text.
    """
    path, query, own = cursors[name]
    changed = own[:20] + ("A" if own[20] != "A" else "B") + own[21:]

    for cursor in (own[:-2], changed, own + "AAAA", "", " ", "\x00", "\u00e4", "null", "a" * 2001):
        assert_problem(read(shared_world, path, query, cursor), 400, "invalid-query", "/cursor")


@pytest.mark.parametrize("name", EVERY_LIST)
def test_forged_cursor(shared_world, cursors, name):
    """
    A forged position with a valid checksum causes a 400 or an empty page, never a 500.
    """
    path, query, _ = cursors[name]
    for position in [*INVALID_POSITIONS, *UNLIKELY_POSITIONS]:
        answer = read(shared_world, path, query, encode_cursor(position, bound(path, query)))
        may_be = {400} if position in INVALID_POSITIONS and name != "outlets" else {200, 400}
        assert answer.status_code in may_be, (position, answer.text)


def bound(path, query):
    """Return the list and the filters that a cursor is bound to."""
    if path == SCORES:
        return ["ranking", RankingCriteria(min_resolved=1), None, "matured", None, 0.9]
    filters = {member: value for member, value in query.items() if member != "limit"}
    return [path, {"sort": "newest", **filters} if path == "/v1/claims" else filters]


@pytest.mark.sqlite_alone
def test_deeply_nested_cursor(shared_world):
    """
    A cursor of deeply nested JSON causes a 400.
    """
    cursor = encode_cursor(("x",), ["/v1/outlets", {}])
    assert 200 == shared_world.get(f"/v1/outlets?cursor={cursor}").status_code

    brackets = base64.urlsafe_b64encode(b"[" * 1490).decode().rstrip("=")

    assert_problem(shared_world.get(f"/v1/outlets?cursor={brackets}"), 400, "invalid-query", "/cursor")
