"""GET /v1/topics"""

from __future__ import annotations

import datetime as dt
import random

import pytest

from tests.support.world import World, report

URL = "/v1/topics"
NOW = dt.datetime.now(dt.UTC)
PAST, AHEAD = ((NOW + dt.timedelta(days=days)).isoformat() for days in (-1, 1))
STATUSES = ("open", "due", "resolved")


def topics(world, **query):
    """Return the counts of every topic, from all pages."""
    return {item.pop("topic"): item for page in world.pages(URL, **query) for item in page}


@pytest.fixture
def filled(world):
    """Claims of every status on topics of several depths."""
    rng = random.Random(3)  # noqa: S311 - any numbers will do
    for number in range(40):
        topic = rng.choice(["a", "a/b", "a/b/c", "a/d", "a-b", "z/y/x/w", "100%/\u200d_", None])
        members = rng.choice([{}, {"kind": "opinion"}, *({"kind": "event", "resolves_by": by} for by in (PAST, AHEAD))])
        claim = world.record(report(rng.choice(["A", "B"])), topic=topic, text=f"{number}", **members)
        if members.get("kind") != "opinion" and rng.random() < 0.5:
            world.resolve(claim, rng.choice(["true", "false", "void", "unverifiable"]))
    return world


def test_it_works(world):
    """
    Topics are listed with the numbers of their claims by status (R21b).
    """
    world.record(topic="football/transfers")
    world.record(topic="football/transfers", kind="event", resolves_by=PAST)
    world.resolve(world.record(topic="football/injuries"), "void")
    world.record(topic="football", kind="opinion")
    counts = {"ranked_outlets": 0}

    expected = {
        "football": counts | {"claims": 4, "open": 1, "due": 1, "resolved": 1},
        "football/injuries": counts | {"claims": 1, "open": 0, "due": 0, "resolved": 1},
        "football/transfers": counts | {"claims": 2, "open": 1, "due": 1, "resolved": 0},
    }

    assert expected == topics(world)
    assert list(expected) == list(topics(world, limit=1))


def test_counts_equal_the_lists(filled):
    """
    Every count equals the length of the list of claims with the same filters (R21b).
    """
    found = topics(filled, limit=3)

    assert {"a", "a/b", "a/b/c", "a/d", "a-b", "z", "z/y", "z/y/x", "z/y/x/w", "100%"} <= found.keys()
    for topic, counts in found.items():
        listed = [len(page) for page in filled.pages("/v1/claims", topic=topic, limit=200)]
        assert [counts["claims"]] == listed
        for status in STATUSES:
            listed = [len(page) for page in filled.pages("/v1/claims", topic=topic, limit=200, status=status)]
            assert [counts[status]] == listed


def test_topics_below_one(filled):
    """
    The parameter `topic` limits the list to a topic and those below it, in any spelling, with the same counts (R21b).
    """
    everything = topics(filled)

    expected = {topic: counts for topic, counts in everything.items() if topic.split("/")[0] == "a"}

    assert expected == topics(filled, topic=" A ", limit=2)
    assert {} == topics(filled, topic="b")


def test_ranked_outlets(world):
    """
    The number of ranked outlets is that in the ranking, which leaves out claims before their due date (R16, R21b).
    """
    for number in range(20):
        due = {"kind": "event", "resolves_by": AHEAD} if number == 0 else {}
        topic = "roads/bridges" if number % 2 else "roads"
        both = (report("A"), report("B")) if due else (report("A"), report("B"), report("C"))
        world.resolve(world.record(*both, topic=topic, text=f"{number}", **due), "true")
    world.resolve(world.record(report("A"), report("D", relays={"outlet": "a"}), topic="roads", text="more"), "true")

    for topic, counts in topics(world).items():
        ranking = world.get("/v1/scores", query_string={"topic": topic}).json["items"]
        assert len(ranking) == counts["ranked_outlets"]
    assert 1 == topics(world)["roads"]["ranked_outlets"]


def test_counts_are_current(world):
    """
    A list read after a write includes it, although lists are cached, and an unchanged list is not sent again (R20).
    """
    claim = world.record(topic="roads", kind="event", resolves_by=PAST)
    first = world.get(URL)
    same = world.get(URL, headers={"If-None-Match": first.headers["ETag"]})
    hit = world.get(URL)
    world.resolve(claim, "true")

    assert (304, "borneout; hit") == (same.status_code, hit.headers["Cache-Status"])
    assert [(1, 0), (0, 1)] == [
        (items[0]["due"], items[0]["resolved"]) for items in (first.json["items"], world.get(URL).json["items"])
    ]


@pytest.mark.sqlite_alone
def test_bad_queries(shared_world: World):
    """
    A cursor of another list, or a bad topic, is rejected with its name.
    """
    for query in ("cursor=x", "topic=a//b", "limit=0", "q=a"):
        response = shared_world.get(f"{URL}?{query}")

        assert 400 == response.status_code
        assert [f"/{query.split('=')[0]}"] == [place["pointer"] for place in response.json["errors"]]
