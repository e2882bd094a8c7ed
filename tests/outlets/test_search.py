"""Outlets found by what people type, and suggestions for unknown slugs."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from service.claims.rebuild_search import rebuild_search
from service.ledger.verify import verify_ledger
from service.outlets.nearest import nearest_slugs, unknown_slug
from service.outlets.search import search_outlets
from service.storage.models import Outlet, OutletSpelling
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


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        *((typed, "sport-bild") for typed in ("sp", "Sport", "BILD", "sport b", "SportB", "bild sport", "spordbild")),
        *(
            (typed, "the-guardian")
            for typed in ("guardian", "the guardian", "theguardian", "gaurdian", "guarian", "gua")
        ),
        *((typed, "new-york-times") for typed in ("times", "newyork", "york ti", "nwe york times", "New-York-Times")),
        *(
            (typed, "suddeutsche-zeitung")
            for typed in ("sueddeut", "süddeutsche", "suddeutshe zeitung", "sz", "zeitung")
        ),
    ],
)
@pytest.mark.usefixtures("papers")
def test_what_people_type(shared_world, typed, slug):
    """
    A beginning, a missing space or article, another order of words, an umlaut as two letters, or a typing error finds
    the outlet first.
    """
    assert slug == search_outlets(shared_world.runtime.db, q=typed, limit=3)[0].slug


def test_a_name_that_changes(world):
    """
    An outlet is found by its current name, aliases and domains, and no longer by those that it lost.
    """
    world.outlet("Herald", aliases=["Old Trumpet"], domains=["brass.example"])

    def slugs(typed):
        return [found.slug for found in search_outlets(world.runtime.db, q=typed, limit=3) if not found.is_similar]

    assert [["herald"]] * 3 == [slugs(typed) for typed in ("heral", "trumpet", "brass.ex")]
    changes = {"name": "Evening Post", "aliases": ["Gazette"], "domains": []}
    assert 200 == world.patch("/v1/outlets/herald", changes, headers={"If-Match": "*"}).status_code
    assert [["herald"], ["herald"], ["herald"]] == [slugs(typed) for typed in ("evening", "gazette", "herald")]
    assert [[], []] == [slugs(typed) for typed in ("trumpet", "brass.ex")]


def test_index_changed_by_hand(world):
    """
    A verification reports an outlet that is indexed under another name, and a rebuild corrects it.
    """
    outlet = world.outlet("Herald")
    db = world.runtime.db
    with db.engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.update(OutletSpelling.__table__).values(spelling=OutletSpelling.spelling + "x"))

    assert {outlet["id"]} == {finding.key for finding in verify_ledger(db)}
    assert 1 == rebuild_search(db)
    assert [] == list(verify_ledger(db))
    assert "herald" == search_outlets(db, q="her", limit=1)[0].slug


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
