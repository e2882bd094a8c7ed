"""GET /v1/outlets"""

from __future__ import annotations

import pytest

from tests.support.world import assert_problem

URL = "/v1/outlets"


def slugs(response):
    return [item["slug"] for item in response.json["items"]]


def walk(world, url):
    """Return the slugs of each page of a list by following its Link headers."""
    pages = []
    while url:
        response = world.get(url)
        pages.append(slugs(response))
        link = response.headers.get("Link", "")
        url = link.removeprefix("<").removesuffix('>; rel="next"')
        assert bool(link) == (response.json["next_cursor"] is not None)
    return pages


def test_it_works(world):
    """
    Outlets are listed by slug with all their members.
    """
    herald, echo = world.outlet("Herald"), world.outlet("Echo", domains=["echo.example"], aliases=["Eco"])

    assert {"items": [echo, herald], "next_cursor": None} == world.get(URL).json


def test_empty(world):
    """
    A list without items is empty and not an error.
    """
    response = world.get(URL)

    assert {"items": [], "next_cursor": None} == response.json
    assert "Link" not in response.headers


def test_pages(world):
    """
    Following the links yields every outlet once, even if one is added meanwhile.
    """
    for name in ("b", "d", "f", "h", "j"):
        world.outlet(name)
    first = world.get(f"{URL}?limit=2")
    for name in ("a", "e"):
        world.outlet(name)

    rest = walk(world, f"{URL}?limit=2&cursor={first.json['next_cursor']}")

    assert ["b", "d"] == slugs(first)
    assert [["e", "f"], ["h", "j"]] == rest


def test_link_keeps_the_filters(world):
    """
    The link to the next page keeps the filters with any characters.
    """
    for number in range(3):
        world.outlet(f"Äther & Co {number}")

    assert [["ather-co-0", "ather-co-1"], ["ather-co-2"]] == walk(world, f"{URL}?q=%C3%A4ther+%26&kind=website&limit=2")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=BILD", ["bild", "sport-bild"]),
        ("q=spiegel", ["der-speigel"]),
        ("q=SUDDEUTSCHE", ["suddeutsche-zeitung"]),
        ("q=S%C3%BCd", ["suddeutsche-zeitung"]),
        ("q=n%C3%BCdel", []),
        ("q=%25", []),
        ("q=_", []),
        ("q=%5C", []),
        ("kind=agency", ["dpa"]),
        ("parent=bild", ["sport-bild"]),
        ("parent=dpa", []),
        ("q=bild&kind=agency", []),
    ],
)
def test_filters(world, query, expected):
    """
    `q` is a part of a name, alias or slug in any case and without accents; all filters must match.
    """
    world.outlet("Süddeutsche Zeitung")
    world.outlet("Bild")
    world.outlet("Sport Bild", parent="bild")
    world.outlet("Der Speigel", aliases=["DER SPIEGEL"])
    world.outlet("dpa", kind="agency")

    assert expected == slugs(world.get(f"{URL}?{query}"))


def test_unknown_parent(world):
    """
    A filter by an unknown outlet is an error and not an empty list.
    """
    assert_problem(world.get(f"{URL}?parent=nobody"), 400, "invalid-query", "/parent")
