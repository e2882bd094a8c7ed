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
    apart = ("reports", "independent_roots", "roots", "disputes", "replies", "similar", "reviews")
    assert [{key: value for key, value in old.items() if key not in apart} | {"words": None}] == items[1:]


def test_decided_last(world):
    """
    `sort=decided` lists only resolved claims, the one whose answer became public last first, whenever it was recorded.
    A withdrawn or superseded resolution does not count.
    """
    claims = {name: world.record(text=name) for name in ("late", "corrected", "early", "withdrawn", "open")}
    for name, day in (("late", 9), ("early", 2), ("corrected", 8), ("withdrawn", 7)):
        first = world.resolve(claims[name], "true", known_at=f"2026-02-0{day}T00:00:00Z")
        if name == "corrected":
            world.resolve(claims[name], "false", supersedes=first["id"], known_at="2026-02-05T00:00:00Z")
        if name == "withdrawn":
            world.resolve(claims[name], None, supersedes=first["id"])
    pages = list(world.pages(URL, sort="decided", limit=2))

    assert [["late", "corrected"], ["early"]] == [[claim["text"] for claim in page] for page in pages]


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


def test_resolves_before_takes_a_date(world):
    """
    R6a: a date in resolves_before is the start of its day, so a claim due on that day is not included.
    """
    world.record(kind="event", resolves_by="2026-05-01")

    assert [] == ids(world.get(f"{URL}?resolves_before=2026-05-01"))
    assert 1 == len(ids(world.get(f"{URL}?resolves_before=2026-05-02")))


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


def test_tag(world):
    """
    The tag filter compares whole tags, in any case and spacing, and follows changes.
    """
    one = world.record(tags=["Breaking News", "c++"])
    other = world.record(tags=["breaking", "News", "c"])

    assert [one["id"]] == ids(world.get(URL, query_string={"tag": "breaking  NEWS"}))
    assert [one["id"]] == ids(world.get(URL, query_string={"tag": "C++"}))
    assert [other["id"]] == ids(world.get(URL, query_string={"tag": "news"}))

    world.patch(f"{URL}/{one['id']}", {"tags": ["old"]}, headers={"If-Match": "*"})

    assert [] == ids(world.get(URL, query_string={"tag": "Breaking News"}))
    assert [one["id"]] == ids(world.get(URL, query_string={"tag": "old"}))
    assert [] == ids(world.get(URL, query_string={"q": "old"}))


def test_kind_and_group(world):
    """
    Claims are filtered by kind, and by the exact name of their group.
    """
    opinion, grouped = world.record(kind="opinion"), world.record(group="Cup 2026")

    assert [opinion["id"]] == ids(world.get(f"{URL}?kind=opinion"))
    assert [grouped["id"]] == ids(world.get(f"{URL}?kind=fact"))
    assert [grouped["id"]] == ids(world.get(f"{URL}?group=Cup+2026"))
    assert [] == ids(world.get(f"{URL}?group=Cup"))
    assert_problem(world.get(f"{URL}?kind=rumour"), 400, "invalid-query", "/kind")


PAGE = "https://www.example.org/Sport/a-page?id=7&utm_source=feed&x=%C3%A4"
SAME_PAGE = [
    PAGE,
    "http://example.org/Sport/a-page?id=7&x=%c3%a4",
    "example.org/Sport/a-page/?x=\u00e4&id=7#comments",
    "https://m.example.org/Sport/a-page?id=7&x=%C3%A4&fbclid=IwAR0",
    "https://amp.example.org:443/Sport/a-page/amp?x=%C3%A4&id=7&gclid=1&utm_medium=x&mc_cid=1",
    "HTTPS://WWW.EXAMPLE.ORG/Sport/./a%2Dpage?id=7&x=%C3%A4",
    "https://web.archive.org/web/20240101000000/https://www.example.org/Sport/a-page?id=7&x=%C3%A4",
    "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2FSport%2Fa-page%3Fid%3D7%26x%3D%25C3%25A4&h=AT0",
]
OTHER_PAGES = [
    "https://example.org/Sport/a-page?id=8&x=%C3%A4",
    "https://example.org/Sport/a-page",
    "https://example.org/sport/a-page?id=7&x=%C3%A4",
    "https://example.org/Sport/a-page/2?id=7&x=%C3%A4",
    "https://blog.example.org/Sport/a-page?id=7&x=%C3%A4",
    "https://example.com/Sport/a-page?id=7&x=%C3%A4",
]


def test_url(world):
    """
    The url filter finds the claims with a report on the page, whatever leads to the page.
    """
    claim = world.record(report(url=PAGE))
    world.record(report("Echo", url="https://example.org/"), report(url=None))

    def found(url):
        return ids(world.get(URL, query_string={"url": url}))

    assert {url: [claim["id"]] for url in SAME_PAGE} == {url: found(url) for url in SAME_PAGE}
    assert {url: [] for url in OTHER_PAGES} == {url: found(url) for url in OTHER_PAGES}

    world.post(f"/v1/reports/{claim['reports'][0]['id']}/withdrawal", {"reason": "By mistake."})

    assert [] == found(PAGE)


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("url", ["", " ", "a b", "http://", "http://[::1", "http://a:b/", "\x00", "https://"])
def test_url_that_is_none(world, url):
    """
    A text that is not an address is rejected.
    """
    assert_problem(world.get(URL, query_string={"url": url}), 400, "invalid-query", "/url")


def test_redacted_url(world):
    """
    A redacted url finds nothing.
    """
    claim = world.record(report(url=PAGE))
    body = {"subject": claim["reports"][0]["id"], "members": ["url"], "reason": "Court order."}
    assert 201 == world.post("/v1/redactions", body).status_code

    assert [] == ids(world.get(URL, query_string={"url": PAGE}))


def test_since(world):
    """
    Claims are filtered by when they were recorded, published or resolved; the moment itself is included.
    """
    early, late = (world.record(report(published_at=f"2026-01-0{day}T00:00:00Z")) for day in (1, 2))
    resolution = world.resolve(early, "true")
    withdrawn = world.record(report(published_at="2026-01-03T00:00:00Z"))
    world.post(f"/v1/reports/{withdrawn['reports'][0]['id']}/withdrawal", {"reason": "By mistake."})

    assert [late["id"]] == ids(world.get(f"{URL}?published_since=2026-01-02T00:00:00Z"))
    assert [] == ids(world.get(f"{URL}?published_since=2026-01-02T00:00:00.000001Z"))
    assert [late["id"]] == ids(world.get(f"{URL}?published_since=2026-01-02"))
    assert [withdrawn["id"], late["id"]] == ids(world.get(f"{URL}?recorded_since={late['recorded_at']}"))
    assert [early["id"]] == ids(world.get(f"{URL}?resolved_since={resolution['recorded_at']}"))

    later = world.resolve(early, None, supersedes=resolution["id"])

    assert [] == ids(world.get(f"{URL}?resolved_since={resolution['recorded_at']}"))
    assert [] == ids(world.get(f"{URL}?resolved_since={later['recorded_at']}"))


def test_every_filter_in_pages(world):
    """
    Pages of any filters together are the list, and a cursor is bound to each filter.
    """
    world.record(text="Another claim.")
    wanted = [
        world.record(
            report(url="https://example.org/a"), text=f"The striker signs {n}.", tags=["t"], group="g", topic="x/y"
        )["id"]
        for n in range(3)
    ]
    query = {"q": "striker signed", "tag": "t", "group": "g", "topic": "x", "kind": "fact", "url": "example.org/a"}
    query |= {"recorded_since": "2026-01-01T00:00:00Z", "published_since": "2026-01-01T00:00:00Z", "outlet": "herald"}

    pages = list(world.pages(URL, **query, limit=2))

    assert [wanted[:0:-1], wanted[:1]] == [[item["id"] for item in page] for page in pages]
    cursor = world.get(URL, query_string=query | {"limit": 2}).json["next_cursor"]
    for name in query:
        others = {key: value for key, value in query.items() if key != name}
        assert_problem(world.get(URL, query_string=others | {"cursor": cursor}), 400, "invalid-query", "/cursor")
