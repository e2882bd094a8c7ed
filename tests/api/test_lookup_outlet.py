"""GET /v1/outlets/lookup"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.world import assert_problem

URL = "/v1/outlets/lookup"


def lookup(world, url):
    return world.get(URL, query_string={"url": url})


@pytest.fixture(scope="module")
def newsstand(shared_world):
    """Outlets with domains, shared by the tests of this file."""
    shared_world.outlet("Bild", domains=["bild.de"], aliases=["BILD-Zeitung"])
    shared_world.outlet("Sport Bild", domains=["sportbild.bild.de", "bild.de/sport"], parent="bild")
    shared_world.outlet("GitHub", domains=["github.com"])
    shared_world.outlet("Süddeutsche Zeitung", domains=["süddeutsche.de"])
    return shared_world


def test_it_works(newsstand):
    """
    R21: the outlet of a URL is returned whole, with the rule and the domain that matched.
    """
    response = lookup(newsstand, "https://www.bild.de/sport/fussball/a.html?x=1#y")

    outlet = newsstand.get("/v1/outlets/sport-bild").json
    assert {"outlet": outlet, "matched": {"rule": "path", "key": "bild.de/sport"}} == response.json


def test_lookup_is_no_outlet(newsstand):
    """
    The reserved slug cannot be changed as an outlet, and OPTIONS does not list that method.
    """
    refused = newsstand.patch(URL, {"name": "Lookup"})
    offered = newsstand.client.options(URL)

    assert_problem(refused, 405, "method-not-allowed")
    assert {"GET", "HEAD", "OPTIONS", "POST"} == set(offered.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    ("url", "slug", "rule", "key"),
    [
        ("https://bild.de/politik", "bild", "host", "bild.de"),
        ("www.bild.de", "bild", "host", "bild.de"),
        ("https://m.bild.de/politik", "bild", "parent", "bild.de"),
        ("https://amp.bild.de/politik", "bild", "parent", "bild.de"),
        ("https://www1.bild.de/politik", "bild", "parent", "bild.de"),
        ("https://m.bild.de/sport/a", "sport-bild", "path", "bild.de/sport"),
        ("https://sportbild.bild.de/sport/a", "sport-bild", "host", "sportbild.bild.de"),
        ("https://user:pw@M.SportBild.Bild.de.:443/", "sport-bild", "parent", "sportbild.bild.de"),
        ("https://xn--sddeutsche-9db.de/", "suddeutsche-zeitung", "host", "xn--sddeutsche-9db.de"),
        ("https://SÜDDEUTSCHE.de/", "suddeutsche-zeitung", "host", "xn--sddeutsche-9db.de"),
        ("https://bild.de/" + "a" * 100_000, "bild", "host", "bild.de"),
        ("https://bild.de/%00", "bild", "host", "bild.de"),
    ],
)
def test_matched(newsstand, url, slug, rule, key):
    """
    R21: the rule is `path`, `host` or `parent`.
    """
    found = lookup(newsstand, url).json

    assert (slug, {"rule": rule, "key": key}) == (found["outlet"]["slug"], found["matched"])


@pytest.mark.parametrize(
    "url",
    [
        "https://alice.github.io/",
        "https://github.io/",
        "https://other.co.uk/",
        "https://de/",
        "https://192.0.2.1/",
        "https://[2001:db8::1]:80/",
        "http://localhost/",
        "https://notbild.de/",
        "https://bild.de.example/",
        "bild",
    ],
)
def test_unknown_outlet(newsstand, url):
    """
    R21: a URL without an outlet on record is unknown; none is guessed.
    """
    assert_problem(lookup(newsstand, url), 404, "unknown-outlet")


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    "url",
    ["", " ", "https://", "https:///bild.de", "mailto:joe@bild.de", "javascript:alert(1)", "ftp://bild.de", "\x00",
     "https://bi\x00ld.de", "not a url", "https://[::1", "ü" * 100_000],
)  # fmt: skip
def test_unusable_url(newsstand, url):
    """
    A text that is neither the URL of a web page nor a host is a 400 that names the parameter.
    """
    assert_problem(lookup(newsstand, url), 400, "invalid-query", "/url")


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("query", ["", "?url=bild.de&url=bild.de", "?url=bild.de&uri=x"])
def test_bad_query(newsstand, query):
    """
    The URL must be given exactly once, without other parameters.
    """
    assert 400 == newsstand.get(URL + query).status_code


def test_alias_is_no_address(newsstand):
    """
    An outlet's name or alias is not an address.
    """
    assert_problem(lookup(newsstand, "BILD-Zeitung"), 404, "unknown-outlet")


@pytest.mark.sqlite_alone
def test_anybody_may_look(newsstand):
    """
    A lookup is a read and needs no key.
    """
    assert 200 == newsstand.client.get(f"{URL}?url=bild.de").status_code


@given(st.text() | st.text().map("https://bild.de{}".format) | st.text().map("https://{}bild.de/".format))
def test_any_text(newsstand, url):
    """
    Any text as URL is found, unknown or rejected, as documented, and never causes a 500.
    """
    url = url.encode(errors="replace").decode()

    assert lookup(newsstand, url).status_code in (200, 400, 404)


def test_public_suffix_is_not_recorded(newsstand):
    """
    R21: a public suffix cannot be a domain of an outlet, and is rejected at its place.
    """
    response = newsstand.post("/v1/outlets", {"name": "Pages", "domains": ["pages.example", "github.io"]})

    assert_problem(response, 422, "invalid-body", "/domains/1")


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://www.google.com/amp/s/www.bild.de/politik/a.amp.html", "bild"),
        ("https://www-bild-de.cdn.ampproject.org/c/s/www.bild.de/sport/a.html", "sport-bild"),
        ("https://cdn.ampproject.org/c/s/www.bild.de/politik/a.html", "bild"),
        ("https://web.archive.org/web/20240214100000/https://www.bild.de/politik/a.html", "bild"),
        ("https://www.google.com/url?q=https%3A%2F%2Fwww.bild.de%2Fa&sa=D", "bild"),
        ("https://web.archive.org/web/2024/https://unknown.example/", None),
        ("https://t.co/abc", None),
    ],
)
def test_wrapped_address(newsstand, url, slug):
    """
    R21: a wrapped address leads to the outlet inside, or to none, but never to the wrapper.
    """
    for host in ("google.com", "ampproject.org", "archive.org", "t.co"):
        newsstand.post("/v1/outlets", {"name": host, "domains": [host]})
    response = lookup(newsstand, url)

    assert slug == (response.json["outlet"]["slug"] if response.status_code == 200 else None)
