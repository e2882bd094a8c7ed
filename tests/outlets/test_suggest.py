"""Suggestions for unknown slugs."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.outlets.suggest import nearest_slugs, unknown_slug
from service.storage.models import Outlet
from service.values.ids import new_id
from service.values.names import name_key
from tests.support.world import assert_problem, report


@pytest.fixture(scope="module")
def papers(shared_world):
    """A session on a database with a thousand outlets, most of them dissimilar to the looked-up slugs."""
    world = shared_world
    world.outlet("Sport Bild", aliases=["SportBILD", "Die Sport"])
    world.outlet("The Guardian")
    world.outlet("New York Times")
    world.outlet("Süddeutsche Zeitung", aliases=["SZ"])
    now = dt.datetime.now(dt.UTC)
    with world.runtime.db.write() as session:
        for number in range(1000):
            name = f"{'abcdefghijklmnopqrstuvwxyz'[number % 26]}{number} daily"
            session.add(
                Outlet(id=new_id(), slug=name.replace(" ", "-"), name=name, name_key=name_key(name), kind="website",
                       scorable=True, recorded_at=now)
            )  # fmt: skip
    with world.runtime.db.read() as session:
        yield session


@pytest.mark.parametrize(
    ("reference", "slug"),
    [
        ("sport-bidl", "sport-bild"),
        ("sprot-bild", "sport-bild"),
        ("port-bild", "sport-bild"),
        ("xport-bild", "sport-bild"),
        ("sportbild", "sport-bild"),
        ("sport-bild-de", "sport-bild"),
        ("Sport Bild", "sport-bild"),
        ("Sport-Bild", "sport-bild"),
        ("sport_bild", "sport-bild"),
        ("die SPORT", "sport-bild"),
        ("SZ", "suddeutsche-zeitung"),
        ("süddeutsche-zeitung", "suddeutsche-zeitung"),
        ("sueddeutsche-zeitung", "suddeutsche-zeitung"),
        ("newyork-times", "new-york-times"),
    ],
)
def test_nearest(papers, reference, slug):
    """
    A typing error, another spelling, a name or an alias yields the intended slug first.
    """
    assert slug == nearest_slugs(papers, reference)[0]
    assert f"No outlet {reference!r} is on record; nearest: {slug}" in unknown_slug(papers, reference)


@pytest.mark.parametrize("reference", ["", "!!", "nobody-like-this-one", "0192aa00-0000-7000-8000-000000000000"])
def test_nothing_near(papers, reference):
    """
    If no slug is similar, none is suggested.
    """
    assert f"No outlet {reference!r} is on record." == unknown_slug(papers, reference)


@given(st.text(max_size=80))
def test_any_reference(papers, reference):
    """
    Any reference yields at most three slugs.
    """
    reference = reference.encode(errors="replace").decode()

    assert len(nearest_slugs(papers, reference)) <= 3


def test_every_slug_in_a_body(world):
    """
    Each unknown slug in a body is an error at its place with the nearest slugs, be it a report's outlet, a relay's or a
    parent.
    """
    world.outlet("Sport Bild")
    bad = report() | {"outlet": "sport-bidl", "relays": {"outlet": "sport-bil"}}

    claim = world.post("/v1/claims", {"text": "It rains.", "reports": [bad]})
    outlet = world.post("/v1/outlets", {"name": "Bild", "parent": "sportbild"})

    assert_problem(claim, 422, "invalid-body", "/reports/0/outlet", "/reports/0/relays/outlet")
    assert_problem(outlet, 422, "invalid-body", "/parent")
    details = [place["detail"] for answer in (claim, outlet) for place in answer.json["errors"]]
    assert [
        f"No outlet {slug!r} is on record; nearest: sport-bild." for slug in ("sport-bidl", "sport-bil", "sportbild")
    ] == details
