"""PATCH /v1/outlets/{outlet}"""

from __future__ import annotations

import pytest

from tests.support.world import assert_problem, report


def change(world, slug, changes, tag=None):
    path = f"/v1/outlets/{slug}"
    return world.patch(path, changes, headers={"If-Match": tag or world.get(path).headers["ETag"]})


@pytest.fixture
def herald(world):
    return world.outlet("Herald", domains=["herald.example", "old.example"], aliases=["The Herald", "HRLD"])


def test_members_change_and_the_rest_stays(world, herald):
    """
    A merge patch changes the members it has and keeps all others, always including the slug.
    """
    changes = {"name": "Morning Herald", "kind": "newspaper", "domains": ["herald.example", "new.example"]}

    answer = change(world, "herald", changes)

    assert (200, herald | changes) == (answer.status_code, answer.json)
    assert answer.json == world.get("/v1/outlets/herald").json


def test_change_to_what_stands(world, herald):
    """
    A change without differences returns the outlet with the same tag.
    """
    tag = world.get("/v1/outlets/herald").headers["ETag"]

    answer = change(world, "herald", {"name": "Herald"})

    assert (200, herald, tag) == (answer.status_code, answer.json, answer.headers["ETag"])


@pytest.mark.usefixtures("herald")
def test_found_by_its_new_names(world):
    """
    A report finds the outlet by a new name or alias, and not by a removed alias.
    """
    change(world, "herald", {"name": "Morning Herald", "aliases": ["MH"]})

    claim = world.record(report("Morning Herald"), report("MH", "2026-01-02T00:00:00Z"), report("HRLD"))

    assert ["herald", "herald", "hrld"] == sorted(filed["outlet"] for filed in claim["reports"])


def test_not_scorable_moves_the_score_at_once(world):
    """
    R9: an outlet that is changed to a placeholder has no score in the next read.
    """
    world.resolve(world.record(), "true")
    before = world.score()["counts"]["resolved"]

    change(world, "herald", {"scorable": False})

    assert 1 == before
    assert (0, None) == (world.score()["counts"]["resolved"], world.score()["reliability"])


def test_parents_make_one_root(world):
    """
    R8: two outlets that get the same parent are one root from then on.
    """
    world.outlet("House")
    claim = world.record(report("Herald"), report("Tribune"))
    assert 2 == claim["independent_roots"]

    for slug in ("herald", "tribune"):
        change(world, slug, {"parent": "house"})

    assert 1 == world.claim(claim)["independent_roots"]


def test_no_outlet_stands_above_itself(world):
    """
    A parent that is the outlet itself or below it is rejected.
    """
    world.outlet("House")
    world.outlet("Herald", parent="house")

    assert_problem(change(world, "house", {"parent": "herald"}), 422, "invalid-body", "/parent")
    assert_problem(change(world, "house", {"parent": "house"}), 422, "invalid-body", "/parent")
    assert_problem(change(world, "house", {"parent": "nobody"}), 422, "invalid-body", "/parent")


def test_domain_of_another(world, herald):
    """
    A domain that belongs to another outlet is rejected.
    """
    world.outlet("Tribune", domains=["tribune.example"])

    assert_problem(change(world, "herald", {"domains": ["tribune.example"]}), 409, "domain-taken")
    assert herald == world.get("/v1/outlets/herald").json


@pytest.mark.usefixtures("herald")
def test_if_match(world):
    """
    A change needs If-Match, and is rejected if the tag is outdated.
    """
    tag = world.get("/v1/outlets/herald").headers["ETag"]
    change(world, "herald", {"name": "Theirs"}, tag)

    assert_problem(world.patch("/v1/outlets/herald", {"name": "Ours"}), 428, "precondition-required")
    assert_problem(change(world, "herald", {"name": "Ours"}, tag), 412, "precondition-failed")


def test_unknown_outlet(world):
    """
    An unknown outlet cannot be changed.
    """
    assert_problem(change(world, "nobody", {"name": "A"}, "*"), 404, "unknown-outlet")
