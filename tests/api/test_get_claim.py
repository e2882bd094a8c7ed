"""GET /v1/claims/{claim_id}"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.world import assert_problem, report


def roots(world, *reports):
    return world.record(*reports)["independent_roots"]


def relay(outlet, cited, **members):
    return report(outlet, relays={} if cited is None else {"outlet": cited}, **members)


def test_it_works(world):
    """
    A claim is shown with its reports, its resolution in effect and the number of its roots.
    """
    claim = world.record(topic="bridges")
    resolution = world.resolve(claim, "true")

    shown = world.claim(claim)

    resolved = {"status": "resolved", "resolution": resolution, "supersedes": resolution["id"]}
    assert claim | resolved == shown | {"reports": claim["reports"]}
    assert claim["reports"] == shown["reports"]


@pytest.mark.parametrize("path", ["0192aa00-0000-7000-8000-000000000000", "herald", "1", "9" * 400, "%00", "%ff"])
def test_unknown_claim(shared_world, path):
    """
    An unknown id in any spelling is a 404 problem.
    """
    assert_problem(shared_world.get(f"/v1/claims/{path}"), 404, "not-found")


def test_status(world):
    """
    R15: an event past its date is due until it is resolved, and again once its resolution is withdrawn.
    """
    past, ahead = ((dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).isoformat() for days in (-1, 1))
    due = world.record(kind="event", resolves_by=past)
    not_yet = world.record(kind="event", resolves_by=ahead)
    fact = world.record(kind="fact", resolves_by=past)

    statuses = [due["status"], not_yet["status"], fact["status"]]
    first = world.resolve(due, "false")
    resolved = world.claim(due)
    world.resolve(due, None, supersedes=first["id"])

    assert ["due", "open", "open"] == statuses
    assert ("resolved", "false") == (resolved["status"], resolved["resolution"]["verdict"])
    assert ("due", None) == (world.claim(due)["status"], world.claim(due)["resolution"])


def test_five_relays_are_one_root(world):
    """
    R8: five papers that relay one outlet are one root, whether or not that outlet has a report.
    """
    world.outlet("Agency", kind="agency")
    relays = [relay(f"Paper {number}", "agency") for number in range(5)]

    assert 1 == roots(world, *relays)
    assert 1 == roots(world, *relays, report("Agency"))


def test_chain_of_relays(world):
    """
    R8: relays are followed to their end.
    """
    for name in "ABC":
        world.outlet(name)

    assert 1 == roots(world, relay("A", "b"), relay("B", "c"))
    assert 2 == roots(world, relay("A", "b"), relay("B", "c"), report("A"))


def test_siblings_are_one_root(world):
    """
    R8: roots under one topmost parent are one, at any depth below it.
    """
    world.outlet("Group")
    world.outlet("Bild", parent="group")
    world.outlet("Sport Bild", parent="bild")
    world.outlet("Other")

    assert 1 == roots(world, report("Group"), report("Bild"), report("Sport Bild"))
    assert 1 == roots(world, report("Bild"), relay("Joe", "sport-bild"))
    assert 2 == roots(world, report("Sport Bild"), report("Other"))


def test_unknown_sources_share_one_root(world):
    """
    R7: all relays of unknown sources on one claim share one root, in addition to the named roots.
    """
    anonymous = [
        relay("A", None),
        report("B", relays={"cited_as": "reports in Spain"}),
        report("C", relays={"cited_as": "Marca?"}),
    ]

    assert 1 == roots(world, *anonymous)
    assert 2 == roots(world, *anonymous, report("Herald"))
    assert 1 == roots(world, *anonymous, relay("D", "a"))


def test_outlet_without_a_report_is_scored_for_nothing(world):
    """
    R7: a cited outlet without a report of its own is a root and has no record of the claim.
    """
    world.outlet("Sport Bild")
    claim = world.record(relay("Joe", "sport-bild"))
    world.resolve(claim, "true")

    score = world.score("sport-bild")

    assert 1 == claim["independent_roots"]
    assert (0, 0) == (score["counts"]["claims"], score["relay"]["resolved"])
