"""POST /v1/outlets"""

from __future__ import annotations

import pytest

from tests.support.world import assert_problem, report

URL = "/v1/outlets"


def test_it_works(world):
    """
    An outlet is recorded with all sent members, and found at its Location.
    """
    world.outlet("Axel Springer")
    body = {
        "name": "Sport Bild",
        "kind": "newspaper",
        "domains": ["WWW.SportBild.Bild.de./", "bild.de/Sport/"],
        "aliases": ["SportBILD"],
        "parent": "axel-springer",
        "scorable": True,
    }

    response = world.post(URL, body)

    expected = body | {"slug": "sport-bild", "domains": ["sportbild.bild.de", "bild.de/Sport"]}
    recorded = {name: value for name, value in response.json.items() if name not in ("id", "recorded_at")}
    assert (201, "/v1/outlets/sport-bild") == (response.status_code, response.headers["Location"])
    assert expected == recorded
    assert response.json == world.get(response.headers["Location"]).json


def test_only_a_name(world):
    """
    A name is enough: the outlet is a website that is scored, with a slug made from the name.
    """
    outlet = world.outlet("Süddeutsche Zeitung")

    assert ("suddeutsche-zeitung", "website") == (outlet["slug"], outlet["kind"])
    assert ([], [], None, True) == (outlet["domains"], outlet["aliases"], outlet["parent"], outlet["scorable"])


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("The   Guardian!", "the-guardian"),
        ("Правда", "pravda"),
        ("Lookup", "lookup-2"),
        ("n" * 200, "n" * 80),
        ("C'est à dire", "c-est-a-dire"),
    ],
)
def test_slug_is_made_from_the_name(world, name, slug):
    """
    A slug is the name in ASCII words; the reserved `lookup` is never used.
    """
    assert slug == world.outlet(name)["slug"]


def test_name_without_letters(world):
    """
    A name that cannot be transliterated, or that looks like an id, gets a slug with the end of the outlet's id.
    """
    for name in ("!!!", "0192aa00-0000-7000-8000-000000000000"):
        outlet = world.outlet(name)

        assert f"outlet-{outlet['id'][-12:]}" == outlet["slug"]


def test_second_outlet_of_a_name(world):
    """
    A slug that is taken gets a number, and stays within the maximum length.
    """
    slugs = [world.outlet(name)["slug"] for name in ("Herald", "herald!", "HERALD", "n" * 80, "n" * 80)]

    assert ["herald", "herald-2", "herald-3", "n" * 80, "n" * 78 + "-2"] == slugs


def test_slug_taken(world):
    """
    A sent slug that another outlet has is rejected.
    """
    world.outlet("Herald")

    assert_problem(world.post(URL, {"name": "Another", "slug": "herald"}), 409, "slug-taken")


def test_domain_taken(world):
    """
    A domain that another outlet has is rejected in any spelling, and nothing is recorded.
    """
    world.outlet("Bild", domains=["bild.de"])

    response = world.post(URL, {"name": "Another", "domains": ["another.example", "www.BILD.de"]})

    assert_problem(response, 409, "domain-taken")
    assert "bild.de" in response.json["detail"]
    assert_problem(world.get("/v1/outlets/another"), 404, "unknown-outlet")


def test_domain_given_twice(world):
    """
    Two spellings of one domain in one body are one domain.
    """
    assert ["bild.de"] == world.outlet("Bild", domains=["bild.de", "www.bild.de", "BILD.DE."])["domains"]


def test_international_domain(world):
    """
    A host outside ASCII is stored as DNS spells it.
    """
    assert ["xn--mnchen-3ya.de"] == world.outlet("München", domains=["MÜNCHEN.de"])["domains"]


NO_DOMAINS = ["localhost", "https://bild.de", "bild..de", "-bild.de", "192.168.0.1", "bild.de:80", "[::1]", "a b.de"]
NO_DOMAINS += ["。", "ü" * 70 + ".de", "a." * 130 + "de", ".", "/sport", "bild.de?x=1", "xn--a.ü", "\u202ebild.de"]


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("domain", NO_DOMAINS)
def test_not_a_domain(shared_world, domain):
    """
    A text that is not a host with an optional path is rejected at its place.
    """
    response = shared_world.post(URL, {"name": "Bild", "domains": ["bild.de", domain]})

    assert_problem(response, 422, "invalid-body", "/domains/1")


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    "slug",
    ["Herald", "-herald", "herald-", "a--b", "a_b", "a/b", "lookup", "hérald", "0192aa00-0000-7000-8000-000000000000"],
)
def test_not_a_slug(shared_world, slug):
    """
    A slug is lower-case words joined by hyphens, is not an id and is not reserved.
    """
    assert_problem(shared_world.post(URL, {"name": "Herald", "slug": slug}), 422, "invalid-body", "/slug")


def test_parent_by_id(world):
    """
    The parent can be given by its id, and is shown by its slug.
    """
    parent = world.outlet("Axel Springer")

    assert "axel-springer" == world.outlet("Bild", parent=parent["id"])["parent"]


def test_unknown_parent(world):
    """
    A parent must be on record.
    """
    assert_problem(world.post(URL, {"name": "Bild", "parent": "nobody"}), 422, "invalid-body", "/parent")


@pytest.mark.sqlite_alone
def test_all_at_once(world):
    """
    All errors of the body are returned at once.
    """
    body = {"slug": "A B", "domains": ["x", "bild.de", "y"], "name": "Bild"}

    assert_problem(world.post(URL, body), 422, "invalid-body", "/slug", "/domains/0", "/domains/2")


def test_placeholder_is_never_scored(world):
    """
    R9: an outlet that is not scorable is stored, listed and linked, and its claims count as unscored.
    """
    world.outlet("Unknown publisher", scorable=False)
    for verdict in ("true", "false"):
        world.resolve(
            world.record(report("Unknown publisher"), report("Joe", relays={"outlet": "unknown-publisher"})), verdict
        )
    world.record(report("Unknown publisher"))

    score = world.score("unknown-publisher")
    ranked = world.get("/v1/scores?min_resolved=1").json["items"]

    assert (None, "insufficient") == (score["reliability"], score["status"])
    assert (3, 1, 0, 2) == tuple(score["counts"][name] for name in ("claims", "open", "resolved", "unscored"))
    assert [] == ranked
    assert 2 == world.score("joe")["relay"]["resolved"]


def test_placeholder_relay_is_never_scored(world):
    """
    R9: the relay record of an outlet that is not scorable is not scored.
    """
    world.outlet("Unknown publisher", scorable=False)
    world.resolve(world.record(report("Unknown publisher", relays={})), "true")

    relay = world.score("unknown-publisher")["relay"]

    assert (None, 0, 0) == (relay["reliability"], relay["resolved"], relay["correct"])
