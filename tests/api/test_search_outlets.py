"""GET /v1/outlets/search"""

from __future__ import annotations

from tests.support.world import assert_problem, report

URL = "/v1/outlets/search"


def found(world, q, **query):
    response = world.get(URL, query_string={"q": q, **query})
    assert 200 == response.status_code, response.text
    return response.json["items"]


def test_it_works(world):
    """
    The outlets whose names begin with the text are returned with their claims, the one with the most claims first; an
    outlet with exactly this name is the first of all.
    """
    world.outlet("Daily Post", domains=["post.example"], kind="newspaper")
    world.outlet("Post")
    for topic in ("bridges", "roads", "roads"):
        world.record(report("Post Herald"), topic=topic)
    world.record(report("Daily Post"))

    assert ["post", "post-herald", "daily-post"] == [outlet["slug"] for outlet in found(world, "post")]
    assert ["post-herald"] == [outlet["slug"] for outlet in found(world, "post h", limit=1)]
    expected = {"slug": "post-herald", "name": "Post Herald", "kind": "website", "domain": None, "claims": 3}
    shown = {"topic": "roads", "latest_report": "2026-01-01T12:00:00Z", "is_similar": False}
    assert expected | shown == found(world, "post h")[0]
    assert ("post.example", None) == tuple(found(world, "daily")[0][member] for member in ("domain", "topic"))


def test_similar(world):
    """
    If no name has the words, similar ones are returned and marked.
    """
    world.outlet("The Guardian")

    assert [("the-guardian", True)] == [(each["slug"], each["is_similar"]) for each in found(world, "gaurdian")]
    assert [] == found(world, "zzzz")
    assert [] == found(world, "!!")


def test_words_that_people_add(world):
    """
    If no name has all words, outlets are suggested whose names have all words but those such as "news".
    """
    for name in ("bbc.example", "Bbd", "Telegraph"):
        world.outlet(name)

    assert [("bbc.example", True)] == [
        (one["name"], one["is_similar"]) for one in world.get(f"{URL}?q=bbc+news").json["items"]
    ]
    assert ["Telegraph"] == [one["name"] for one in world.get(f"{URL}?q=daily+telegraph").json["items"]]


def test_merged(world):
    """
    R22: a merged outlet is found as the one that it was merged into.
    """
    for name in ("Herald", "Bugle"):
        world.outlet(name)
    world.post("/v1/outlets/bugle/merge", {"into": "herald"})

    assert ["herald"] == [outlet["slug"] for outlet in found(world, "bugl")]


def test_cached(world):
    """
    Browsers may use a response again for a minute.
    """
    response = world.get(URL, query_string={"q": "x"})

    assert "private, max-age=60" == response.headers["Cache-Control"]


def test_without_words(world):
    """
    A search without a text is rejected.
    """
    assert_problem(world.get(URL), 400, "invalid-query", "/q")
