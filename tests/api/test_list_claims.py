"""GET /v1/claims"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.world import assert_problem, report

URL = "/v1/claims"


def ids(response):
    return [item["id"] for item in response.json["items"]]


def test_it_works(world):
    """
    Claims are listed without their reports, the last recorded first.
    """
    old, new = world.record(text="Old."), world.record(text="New.")

    items = world.get(URL).json["items"]

    assert [new["id"], old["id"]] == [item["id"] for item in items]
    apart = ("reports", "independent_roots", "roots", "disputes", "replies")
    assert [{key: value for key, value in old.items() if key not in apart} | {"words": None}] == items[1:]


@pytest.fixture
def some(world):
    """Five claims, by their status or verdict."""
    now = dt.datetime.now(dt.UTC)
    past, ahead = ((now + dt.timedelta(days=days)).isoformat() for days in (-1, 1))
    claims = {
        "due": world.record(kind="event", resolves_by=past, topic="a"),
        "open": world.record(report("Echo"), kind="event", resolves_by=ahead),
        "true": world.record(topic="b"),
        "void": world.record(report("Echo", relays={}), topic="a"),
        "withdrawn": world.record(kind="event", resolves_by=past),
    }
    world.resolve(claims["true"], "true")
    first = world.resolve(claims["void"], "true")
    world.resolve(claims["void"], "void", supersedes=first["id"])
    first = world.resolve(claims["withdrawn"], "true")
    world.resolve(claims["withdrawn"], None, supersedes=first["id"])
    return claims


def test_filters(world, some):
    """
    Filters apply to the current state, and all of them must match.
    """
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    expected = {
        "status=open": {"open"},
        "status=due": {"due", "withdrawn"},
        "status=resolved": {"true", "void"},
        "verdict=true": {"true"},
        "verdict=void": {"void"},
        "verdict=false": set(),
        "outlet=echo": {"open", "void"},
        "topic=a": {"due", "void"},
        "topic=A": {"due", "void"},
        "topic=c": set(),
        f"resolves_before={soon}": {"due", "withdrawn"},
        "topic=a&status=due&outlet=herald": {"due"},
    }

    found = {
        query: {name for name, claim in some.items() if claim["id"] in ids(world.get(f"{URL}?{query}"))}
        for query in expected
    }

    assert expected == found


def test_resolves_before_is_exclusive(world):
    """
    The filter resolves_before excludes a claim due at this very moment.
    """
    world.record(kind="event", resolves_by="2026-05-01T00:00:00Z")

    assert [] == ids(world.get(f"{URL}?resolves_before=2026-05-01T00:00:00Z"))
    assert 1 == len(ids(world.get(f"{URL}?resolves_before=2026-05-01T02:00:00.000001%2B02:00")))


def test_pages(world):
    """
    A page starts after the previous one, even if claims were recorded in between.
    """
    recorded = [world.record()["id"] for _ in range(5)]
    first = world.get(f"{URL}?limit=2&status=open")
    world.record()
    second = world.get(first.headers["Link"].removeprefix("<").removesuffix('>; rel="next"'))
    third = world.get(f"{URL}?limit=200&status=open&cursor={second.json['next_cursor']}")

    assert recorded[::-1] == ids(first) + ids(second) + ids(third)
    assert None is third.json["next_cursor"]


def test_cursor_is_bound_to_its_filters(world):
    """
    A cursor is rejected by another list, and by the same list with other filters.
    """
    for _ in range(2):
        world.record(topic="a")
    cursor = world.get(f"{URL}?limit=1&topic=a").json["next_cursor"]

    for url in (f"{URL}?topic=b&cursor=", f"{URL}?cursor=", "/v1/outlets?cursor=", "/v1/scores?cursor="):
        assert_problem(world.get(url + cursor), 400, "invalid-query", "/cursor")
    assert 1 == len(ids(world.get(f"{URL}?topic=a&limit=100&cursor={cursor}")))


@pytest.mark.usefixtures("some")
def test_outlet_by_id(world):
    """
    The outlet filter accepts an id.
    """
    outlet = world.get("/v1/outlets/echo").json

    assert ids(world.get(f"{URL}?outlet=echo")) == ids(world.get(f"{URL}?outlet={outlet['id']}"))


def test_unknown_outlet(world):
    """
    A filter by an unknown outlet is an error and not an empty list.
    """
    assert_problem(world.get(f"{URL}?outlet=nobody"), 400, "invalid-query", "/outlet")
