"""POST /v1/outlets/lookup"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.contract import NOTHING
from tests.support.statements import sent_statements
from tests.support.world import assert_problem, lasting, report

URL = "/v1/outlets/lookup"


@pytest.fixture
def statements(world):
    """The SQL statements that run during the test."""
    with sent_statements(world) as sent:
        yield sent


def item(url=None, outlet=None, matched=None, *, reference=None, reason=None):
    return {"url": url, "reference": reference, "outlet": outlet, "matched": matched, "reason": reason}


def test_it_works(world):
    """
    R21: each URL has its outlet in the given order, and null if unknown.
    """
    bild = world.outlet("Bild", domains=["bild.de"])
    sport = world.outlet("Sport Bild", domains=["bild.de/sport"], parent="bild", aliases=["SportBILD"])
    urls = ["https://m.bild.de/a", "https://alice.github.io/", "bild.de/sport/a", "https://m.bild.de/a"]

    response = world.post(URL, {"urls": urls})

    in_bild = item(urls[0], bild, {"rule": "parent", "key": "bild.de"})
    in_sport = item(urls[2], sport, {"rule": "path", "key": "bild.de/sport"})
    unknown = item(urls[1], reason="unknown")
    assert {"items": [in_bild, unknown, in_sport, in_bild]} == response.json


def test_with_scores(world):
    """
    With `score` each outlet has the score that its own call returns, and an unknown one has null.
    """
    world.outlet("Herald", domains=["herald.example"])
    world.outlet("Echo", domains=["echo.example"])
    world.resolve(world.record(report("Herald")), "true")
    scores = {"herald": world.score(), "echo": world.score("echo")}

    items = world.post(
        URL, {"urls": ["herald.example/a", "echo.example", "other.example", "www.herald.example"], "score": True}
    ).json["items"]

    assert [scores["herald"], scores["echo"], None, scores["herald"]] == [item["score"] for item in items]


def test_scores_that_are_not_asked_for(world):
    """
    Without `score` or with false, the member is missing.
    """
    for body in ({"urls": ["herald.example"]}, {"urls": ["herald.example"], "score": False}):
        [item] = world.post(URL, body).json["items"]

        assert {"url", "reference", "outlet", "matched", "reason"} == item.keys()


def test_scores_after_a_resolution(world):
    """
    R20: scores looked up after a resolution include it, even if they were cached before.
    """
    world.outlet("Herald", domains=["herald.example"])
    claim = world.record(report("Herald"))
    body = {"urls": ["herald.example"], "score": True}
    before = world.post(URL, body).json["items"][0]["score"]
    world.resolve(claim, "true")

    after = world.post(URL, body).json["items"][0]["score"]

    assert (0, 1) == (before["counts"]["resolved"], after["counts"]["resolved"])


def test_a_thousand_urls(world, statements):
    """
    A thousand URLs with scores need as many statements as a few; cached scores need none.
    """
    for number in range(20):
        world.outlet(f"Paper {number}", domains=[f"paper{number}.example", f"press.example/{number}"])
    urls = [f"https://m.paper{n % 20}.example/a/b/c/{n}/d/e/f" for n in range(500)]
    urls += [f"https://a.b.press.example/{n % 20}/{n}" for n in range(500)]
    world.post(URL, {"urls": urls[:1]})  # from here on it is known whose key this is
    asked = []

    for some in (urls[:5], urls):
        for body in ({"urls": some}, {"urls": some, "score": True}, {"urls": some, "score": True}):
            statements.clear()
            items = world.post(URL, body).json["items"]
            asked.append(len(statements))

    assert [f"paper-{n % 20}" for n in (*range(500), *range(500))] == [item["outlet"]["slug"] for item in items]
    # The key, the domains, their outlets, the outlets that these count as, their domains and aliases. Scores that are
    # not cached add the outlets, the context, the outlets again, replies or disputes, sums and the last seal.
    assert [6, 12, 6] * 2 == asked


def test_urls_that_are_none(world):
    """
    A text that is not an address has no outlet and does not affect the others.
    """
    world.outlet("Bild", domains=["bild.de"])
    urls = ["", " ", "javascript:alert(1)", "mailto:a@bild.de", "https://", "x" * 100_000, "https://[::1/", "bild.de"]

    items = world.post(URL, {"urls": urls, "score": True}).json["items"]

    assert urls == [item["url"] for item in items]
    assert [None] * 7 == [item["outlet"] for item in items[:7]]
    assert ["not-an-address"] * 7 == [item["reason"] for item in items[:7]]
    assert [None] * 7 == [item["score"] for item in items[:7]]
    assert "bild" == items[7]["outlet"]["slug"]


def test_slugs_and_ids(world):
    """
    R21, R22: slugs and ids follow the URLs, repeats have an item each, and a merged outlet is the one it was merged
    into.
    """
    herald, echo = world.outlet("Herald", domains=["herald.example"]), world.outlet("Echo")
    old = world.outlet("Old Echo")
    world.post("/v1/outlets/old-echo/merge", {"into": "echo"})
    asked = ["echo", old["id"], "old-echo", "nobody", NOTHING, "", " Echo", "x" * 10_000, "echo"]

    items = world.post(URL, {"urls": ["herald.example"], "outlets": asked}).json["items"]

    unknown = [item(reference=each, reason="unknown") for each in asked[3:8]]
    named = [item(reference=each, outlet=echo) for each in asked[:3]]
    in_herald = item("herald.example", herald, {"rule": "host", "key": "herald.example"})
    assert [in_herald, *named, *unknown, named[0]] == items


def test_scores_on_a_topic(world):
    """
    R16, R18: scores can be requested for a topic and on a basis, as for a single outlet.
    """
    world.resolve(world.record(topic="a", kind="event", resolves_by="2999-01-01T00:00:00Z"), "true")
    world.resolve(world.record(topic="b"), "false")
    for query in ({}, {"topic": "a"}, {"topic": "a", "basis": "matured"}, {"basis": "matured"}):
        [found] = world.post(URL, {"outlets": ["herald"], "score": True, **query}).json["items"]

        assert lasting(world.score(**query)) == lasting(found["score"])


def test_a_thousand_outlets(world, statements):
    """
    A thousand slugs and ids with scores need as many statements as a few, and scores come from the cache.
    """
    ids = [world.outlet(f"Paper {number}")["id"] for number in range(20)]
    references = [ids[n % 20] if n % 2 else f"paper-{n % 20}" for n in range(1000)]
    world.post(URL, {"outlets": []})  # from here on it is known whose key this is
    asked = []

    for some in (references[:30], references):
        for body in ({"outlets": some}, {"outlets": some, "score": True}, {"outlets": some, "score": True}):
            statements.clear()
            items = world.post(URL, body).json["items"]
            asked.append(len(statements))

    assert [f"paper-{n % 20}" for n in range(1000)] == [found["outlet"]["slug"] for found in items]
    assert asked[0] == asked[2] == asked[3] == asked[5]
    assert asked[4] <= asked[1]


def test_large_body(world):
    """
    A body may have 16 MiB, and a larger one causes a 413 that says so; other calls keep their limit.
    """
    urls = [f"https://herald.example/{'x' * 16_000}/{number}" for number in range(1000)]
    world.outlet("Herald", domains=["herald.example"])

    response = world.post(URL, {"urls": urls})

    assert {"herald"} == {found["outlet"]["slug"] for found in response.json["items"]}
    assert_problem(world.post(URL, {"urls": ["x" * (16 << 20)]}), 413, "too-large")
    assert_problem(world.post("/v1/outlets", {"name": "x" * (1 << 20)}), 413, "too-large")


def test_no_urls(world):
    """
    An empty list of URLs returns an empty list.
    """
    assert {"items": []} == world.post(URL, {"urls": [], "score": True}).json


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/urls"),
        ({"score": True}, "/urls"),
        ({"outlets": "bild"}, "/outlets"),
        ({"outlets": ["bild", 5]}, "/outlets/1"),
        ({"outlets": ["bild"] * 1001}, "/outlets"),
        ({"urls": [], "topic": " "}, "/topic"),
        ({"urls": [], "basis": "any"}, "/basis"),
        ({"urls": None}, "/urls"),
        ({"urls": "bild.de"}, "/urls"),
        ({"urls": ["bild.de"] * 1001}, "/urls"),
        ({"urls": ["bild.de", 5]}, "/urls/1"),
        ({"urls": ["bild.de", None]}, "/urls/1"),
        ({"urls": ["bild.de", "a\x00b"]}, "/urls/1"),
        ({"urls": ["bild.de", "a\ud800b"]}, "/urls/1"),
        ({"urls": [], "score": 1}, "/score"),
        ({"urls": [], "score": None}, "/score"),
        ({"urls": [], "scores": True}, "/scores"),
    ],
)
def test_bad_body(world, body, pointer):
    """
    Anything but a list of at most a thousand texts is rejected at its place.
    """
    assert_problem(world.post(URL, body), 422, "invalid-body", pointer)


@pytest.mark.sqlite_alone
def test_too_many_together(world):
    """
    More than a thousand URLs, slugs and ids together are rejected, and a thousand are not.
    """
    urls, outlets = ["bild.de"] * 500, ["bild"] * 500

    assert 1000 == len(world.post(URL, {"urls": urls, "outlets": outlets}).json["items"])
    assert_problem(
        world.post(URL, {"urls": urls, "outlets": [*outlets, "x"]}), 422, "invalid-body", "/urls", "/outlets"
    )


@pytest.mark.sqlite_alone
def test_anybody_may_look(world):
    """
    A lookup is a read and needs no key.
    """
    assert 200 == world.client.post(URL, json={"urls": ["bild.de"]}).status_code


@given(st.lists(st.text() | st.text().map("https://bild.de{}".format), max_size=5), st.lists(st.text(), max_size=3))
def test_any_texts(shared_world, urls, outlets):
    """
    Any texts are found, unknown or rejected, and never cause a 500.
    """
    response = shared_world.post(URL, {"urls": urls, "outlets": outlets, "score": True})

    assert 200 == response.status_code or {"invalid"} == {place["code"] for place in response.json["errors"]}
