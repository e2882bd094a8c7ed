"""/outlets and /outlets.csv"""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest

from tests.support.world import report


def listed(world, query=""):
    """Return the slugs that the page lists, in order."""
    response = world.client.get(f"/outlets?{query}", headers={"Accept": "text/html"})
    assert 200 == response.status_code, response.text
    return re.findall(r'<li><a href="/outlets/([^"?]+)', response.text)


def table(world, query=""):
    """Return the rows of the CSV."""
    return list(csv.DictReader(io.StringIO(world.client.get(f"/outlets.csv?{query}").data.decode("utf-8-sig"))))


def test_outlets_by_letter_kind_and_topic(world):
    """
    Outlets are listed from A to Z, and can be filtered by their first letter, their kind, and the topics of their
    claims, with the topics below. Merged outlets are left out. The CSV has the same outlets.
    """
    for name, kind in (("Zeta", "agency"), ("Alpha", "newspaper"), ("1st News", "website"), ("Beta", "newspaper")):
        world.outlet(name, kind=kind)
    world.outlet("Bad spelling of Beta")
    world.record(report("Beta"), report("Zeta"), topic="roads/bridges")
    world.record(report("Alpha"), topic="weather")
    world.post("/v1/outlets/bad-spelling-of-beta/merge", {"into": "beta"})
    expected = {
        "": ["1st-news", "alpha", "beta", "zeta"],
        "initial=b": ["beta"],
        "initial=0-9": ["1st-news"],
        "initial=z": ["zeta"],
        "kind=newspaper": ["alpha", "beta"],
        "topic=roads": ["beta", "zeta"],
        "topic=roads&kind=agency": ["zeta"],
        "topic=nothing": [],
    }

    assert expected == {query: listed(world, query) for query in expected}
    assert expected == {query: [row["slug"] for row in table(world, query)] for query in expected}
    initials = re.search(r'<nav class="initials".*?</nav>', world.client.get("/outlets").text, re.DOTALL)[0]
    assert ["0\N{EN DASH}9", "A", "B", "Z"] == re.findall(r">([^<\n]+)</a>", initials)


@pytest.mark.sqlite_alone
def test_outlet_with_claims(world):
    """
    An outlet is listed with the counts of its score, and in the CSV with its domains.
    """
    world.outlet("Herald", domains=["herald.example", "x.com/herald"], aliases=["=1+1"])
    world.resolve(world.record(topic="roads"), "true")
    world.record(topic="roads", text="Another.")
    world.record(topic="weather", text="A third.")
    counts = world.score()["counts"]
    [row] = table(world)

    assert (counts["claims"], counts["resolved"]) == (int(row["claims"]), int(row["resolved"])) == (3, 1)
    assert ("herald.example x.com/herald", '["=1+1"]') == (row["domains"], row["aliases"])
    assert "3 claims, 1 resolved" in world.client.get("/outlets").text
    assert "2 claims, 1 resolved" in world.client.get("/outlets?topic=roads").text


@pytest.mark.sqlite_alone
def test_pages_and_chips_of_outlets(site):
    """
    Next pages follow without gaps, and each filter is a chip that can be cleared.
    """
    everything, path = [], "/outlets?limit=7"
    while path:
        html = site.html(path)
        everything += re.findall(r'<li><a href="/outlets/([^"?]+)', html)
        found = re.search(r'<a rel="next" href="([^"]+)"', html)
        path = found and unescape(found[1])
    filtered = site.html("/outlets?kind=newspaper&topic=roads")

    assert [outlet["slug"] for page in site.pages("/v1/outlets", limit=200) for outlet in page] == everything
    assert "<title>Newspapers with claims on roads · Borneout</title>" in filtered
    assert re.search(r'<a href="/outlets\?topic=roads">Newspapers ', filtered)
    assert re.search(r'<a href="/outlets\?kind=newspaper">Topic: roads ', filtered)


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("query", ["initial=ab", "kind=x", "cursor=x", "topic=%00"])
def test_invalid_filter(world, query):
    """
    An invalid filter is a 400 page that names it.
    """
    response = world.client.get(f"/outlets?{query}", headers={"Accept": "text/html"})

    assert (400, "text/html; charset=utf-8") == (response.status_code, response.content_type)
    assert query.split("=", maxsplit=1)[0] in response.text
