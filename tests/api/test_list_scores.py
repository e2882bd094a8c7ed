"""GET /v1/scores"""

from __future__ import annotations

import datetime as dt
import sqlite3

import pytest
import sqlalchemy as sa

from tests.support.world import assert_problem, report

URL = "/v1/scores"


def outlets(response):
    return [item["outlet"] for item in response.json["items"]]


def rank(world):
    """Record outlets with these results: A 3 of 3, B 1 of 1, C 2 of 4, D 0 of 1, E only open, F only relays."""
    for outlet, verdicts in (("A", "ttt"), ("B", "t"), ("C", "ttff"), ("D", "f")):
        for verdict in verdicts:
            world.resolve(world.record(report(outlet)), {"t": "true", "f": "false"}[verdict])
    world.record(report("E"))
    world.resolve(world.record(report("F", relays={})), "true")
    return world


@pytest.fixture
def ranked(world):
    return rank(world)


@pytest.fixture(scope="module")
def standing(shared_world):
    """The same data for tests that only read."""
    return rank(shared_world)


def test_it_works(world):
    """
    The ranking lists rated outlets with whole scores, the highest lower bound first.
    """
    for _ in range(20):
        claim = world.record(report("Herald"), report("Echo", stance="deny"))
        world.resolve(claim, "true")
    world.resolve(world.record(report("Rookie")), "true")

    items = world.get(URL).json["items"]

    assert ["herald", "echo"] == [item["outlet"] for item in items]
    assert world.score("herald", basis="matured")["reliability"] == items[0]["reliability"]
    assert {"rated"} == {item["status"] for item in items}


def test_provisional_outlets_are_not_ranked(standing):
    """
    Outlets with fewer than 20 resolved claims are only ranked on request.
    """
    assert [] == outlets(standing.get(URL))
    assert ["a", "c"] == outlets(standing.get(f"{URL}?min_resolved=3"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "abcd"),
        ("&order=asc", "dcba"),
        ("&sort=mean", "abcd"),
        ("&sort=resolved", "cabd"),
        ("&sort=resolved&order=asc", "bdac"),
    ],
)
def test_sort(standing, query, expected):
    """
    Outlets are sorted as requested, and equal ones by slug in either direction.
    """
    assert list(expected) == outlets(standing.get(f"{URL}?min_resolved=1{query}"))


EMPTY_OUTLETS = """
INSERT INTO outlet (id, slug, name, name_key, kind, scorable, recorded_at)
WITH RECURSIVE counted (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < {count})
SELECT {id}, 'empty-' || i, 'Empty', 'empty', 'newspaper', true, CURRENT_TIMESTAMP FROM counted
"""


def test_more_outlets_than_a_statement_has_parameters(ranked, db):
    """
    The ranking works with more outlets than a statement can have parameters.
    """
    more = {"count": 2**16, "id": "gen_random_uuid()"}
    if db.engine.dialect.name == "sqlite":
        more = {"count": 2**15, "id": "lower(hex(randomblob(16)))"}
        limit = (sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 2**15 - 2)  # what it is where nobody has raised it
        db.engine.dispose()
        sa.event.listen(db.engine, "connect", lambda connection, _: connection.setlimit(*limit), once=True)
    with db.write() as session:
        session.execute(sa.text(EMPTY_OUTLETS.format(**more)))

    assert list("abcd") == outlets(ranked.get(f"{URL}?min_resolved=1"))
    assert ["empty-7", "a"] == outlets(ranked.get(f"{URL}?outlet=empty-7&outlet=a"))


def test_pages(standing):
    """
    Pages are linked and together form the ranking, including equal outlets.
    """
    pages, url = [], f"{URL}?min_resolved=1&sort=resolved&order=asc&limit=1"
    while url:
        response = standing.get(url)
        pages.append(outlets(response))
        url = response.headers.get("Link", "").removeprefix("<").removesuffix('>; rel="next"')

    assert [["b"], ["d"], ["a"], ["c"]] == pages
    assert None is response.json["next_cursor"]


def test_cursor_is_bound_to_the_ranking(standing):
    """
    A cursor is rejected by another ranking; only the limit may change.
    """
    cursor = standing.get(f"{URL}?min_resolved=1&limit=1").json["next_cursor"]

    for query in ("min_resolved=2", "min_resolved=1&sort=mean", "min_resolved=1&order=asc", "min_resolved=1&topic=a"):
        assert_problem(standing.get(f"{URL}?{query}&cursor={cursor}"), 400, "invalid-query", "/cursor")
    assert ["b", "c", "d"] == outlets(standing.get(f"{URL}?min_resolved=1&limit=9&cursor={cursor}"))


def test_ranking_is_matured(world):
    """
    R16: the default basis is matured for the ranking and resolved for a batch.
    """
    world.resolve(world.record(resolves_by="2999-01-01T00:00:00Z"), "true")

    assert [] == outlets(world.get(f"{URL}?min_resolved=1"))
    assert ["herald"] == outlets(world.get(f"{URL}?min_resolved=1&basis=resolved"))
    for query, basis, resolved in (("", "resolved", 1), ("&basis=matured", "matured", 0)):
        [item] = world.get(f"{URL}?outlet=herald{query}").json["items"]
        assert (basis, resolved) == (item["basis"], item["counts"]["resolved"])


def test_ranking_of_a_past_moment(world):
    """
    R18: the ranking can be requested as of a past moment, and for a topic.
    """
    world.resolve(world.record(topic="a"), "true", known_at="2026-03-01T00:00:00Z")

    assert [] == outlets(world.get(f"{URL}?min_resolved=1&as_of=2026-02-28T00:00:00Z"))
    assert ["herald"] == outlets(world.get(f"{URL}?min_resolved=1&as_of=2026-03-01T00:00:00Z&topic=a"))
    assert [] == outlets(world.get(f"{URL}?min_resolved=1&topic=b"))


def test_resolution_moves_the_ranking(world):
    """
    R20: a cached ranking is not returned after a resolution or after the first claim of a new outlet.
    """
    claim = world.record()
    before = world.get(f"{URL}?min_resolved=1")
    first = world.resolve(claim, "true")
    resolved = world.get(f"{URL}?min_resolved=1")
    world.resolve(claim, None, supersedes=first["id"])

    after = world.get(f"{URL}?min_resolved=1")

    assert [[], ["herald"], []] == [outlets(response) for response in (before, resolved, after)]


def test_batch(standing):
    """
    A batch has the scores in the requested order, by slug or id, with repetitions, rated or not.
    """
    by_id = standing.get("/v1/outlets/d").json["id"]

    response = standing.get(f"{URL}?outlet=e&outlet=a&outlet={by_id}&outlet=a&level=0.5")

    assert ["e", "a", "d", "a"] == outlets(response)
    assert [standing.score(slug, level=0.5) for slug in "eada"] == response.json["items"]
    assert None is response.json["next_cursor"]


def test_batch_with_unknown_outlets(standing):
    """
    A batch with unknown outlets is rejected, and the problem names all of them.
    """
    response = standing.get(f"{URL}?outlet=nobody&outlet=a&outlet=No+One&outlet=0192aa00-0000-7000-8000-000000000000")

    assert_problem(response, 400, "invalid-query", "/outlet")
    assert "'nobody', 'No One', '0192aa00-0000-7000-8000-000000000000'." in response.json["detail"]


def test_batch_of_two_hundred(world):
    """
    A batch may name at most two hundred outlets.
    """
    world.record()

    assert 200 == len(outlets(world.get(f"{URL}?{'&'.join(['outlet=herald'] * 200)}")))
    assert_problem(world.get(f"{URL}?{'&'.join(['outlet=herald'] * 201)}"), 400, "invalid-query", "/outlet")


def test_batch_is_not_ranked(world):
    """
    Parameters of the ranking are rejected together with named outlets, all at once.
    """
    world.record()

    response = world.get(f"{URL}?outlet=herald&sort=mean&order=asc&min_resolved=2&limit=1&cursor=x")

    assert_problem(response, 400, "invalid-query", "/sort", "/order", "/min_resolved", "/limit", "/cursor")


def test_cache_status(ranked):
    """
    `Cache-Status` describes a ranking and a batch; a batch is a hit if all its scores were cached.
    """
    queries = ["min_resolved=1", "min_resolved=1", "min_resolved=2", "outlet=a", "outlet=a", "outlet=a&outlet=b"]
    queries += ["outlet=b&outlet=a", "outlet=a&as_of=2026-01-01T00:00:00Z", "as_of=2026-01-01T00:00:00Z"]

    statuses = [ranked.get(f"{URL}?{query}").headers["Cache-Status"] for query in queries]

    expected = ["fwd=miss", "hit", "fwd=miss", "fwd=miss", "hit", "fwd=miss", "hit", "fwd=bypass", "fwd=bypass"]
    assert [f"borneout; {status}" for status in expected] == statuses


@pytest.mark.parametrize("query", ["min_resolved=1", "outlet=a&outlet=b"])
def test_not_modified(ranked, query):
    """
    A list of scores has a tag; a conditional request gets 304 until a score changes.
    """
    tag = ranked.get(f"{URL}?{query}").headers["ETag"]
    same = ranked.get(f"{URL}?{query}", headers={"If-None-Match": tag})
    ranked.resolve(ranked.record(report("B")), "true")
    changed = ranked.get(f"{URL}?{query}", headers={"If-None-Match": tag})

    assert (304, b"", 200) == (same.status_code, same.data, changed.status_code)


def test_future_moment(standing):
    """
    A moment in the future is rejected for the ranking and for a batch.
    """
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    for query in (f"as_of={soon}", f"outlet=a&as_of={soon}"):
        assert_problem(standing.get(f"{URL}?{query}"), 400, "invalid-query", "/as_of")
