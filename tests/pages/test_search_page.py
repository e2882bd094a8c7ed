"""/search"""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.sqlite_alone  # tests of the API run on both databases


@pytest.mark.parametrize("q", ["https://www.hostile.example/2026/x?y=1#z", "hostile.example", "M.HOSTILE.EXAMPLE/a"])
def test_address(site, q):
    """
    R21: the URL of a page redirects to the outlet that publishes there.
    """
    response = site.client.get("/search", query_string={"q": q})

    assert (302, "/outlets/script-alert-x-script") == (response.status_code, response.headers["Location"])


def test_unknown_address(site):
    """
    R21: an unknown URL is reported as unknown, and no outlet is guessed from its words.
    """
    assert "Unknown. No outlet on record publishes at this address" in site.html("/search?q=herald.example.com")


def test_words(site):
    """
    Words find outlets by their names and claims by their texts.
    """
    few, html = (site.html(f"/search?q={q}") for q in ("%22Bridge+20%22", "bridge"))

    assert "Bridge 20 opens in May." in few
    assert "The 20 recorded last." not in few
    assert 20 == html.count('<a href="/claims/')
    assert "The 20 recorded last." in html


def test_headline(site):
    """
    If no claim has all words, the claims with the most words in common are listed, and the page says so.
    """
    html = site.html("/search?q=Mayor+promises+that+bridge+20+will+open")

    assert "No claim has all of these words." in html
    assert 5 == html.count('<a href="/claims/')
    assert "Bridge 20 opens in May." in html


@pytest.mark.parametrize(("q", "text"), [("zzzz qqqq", "Nothing on record has these words."), ("", "Type the name of")])
def test_nothing(site, q, text):
    """
    A search without results says so.
    """
    assert text in site.html(f"/search?q={q}")


@pytest.mark.parametrize("q", [".", "...", "a.", "%", '"', "http://", "'; --", "x" * 2000])
def test_odd_words(site, q):
    """
    A search for unusual characters does not fail.
    """
    assert site.client.get("/search", query_string={"q": q}).status_code in (200, 302)


def test_more_outlets(world):
    """
    The page says if more outlets match than are shown.
    """
    for number in range(21):
        assert "The first 20." not in world.client.get("/search?q=post").text
        world.outlet(f"Post {number}")

    assert "The first 20." in world.client.get("/search?q=post").text


def test_opinion(world):
    """
    R15: an opinion is listed as an opinion, in search and on the page of its topic, and never as open or due.
    """
    members = {"kind": "opinion", "topic": "bridges", "resolves_by": "2026-02-01"}
    world.record(text="The bridge is a beauty.", **members)

    for path in ("/search?q=beauty", "/topics/bridges"):
        page = world.get(path).text
        assert "<small>an opinion</small>" in page
