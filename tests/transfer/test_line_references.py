"""Lines that refer to other lines."""

from __future__ import annotations

import pytest

from service.transfer.load import BATCH
from tests.support.bad_lines import NOTE
from tests.support.typed_lines import (
    CLAIM,
    ONE_OF_EACH,
    OUTLET,
    REPORT,
    RESOLUTION,
    Loader,
    claims,
    problems,
    report,
    statuses,
    typed,
)


@pytest.fixture
def load(settings, tmp_path):
    return Loader(settings, tmp_path)


@pytest.mark.parametrize("apart", [0, BATCH])
def test_references(world, load, apart):
    """
    A line can refer to any earlier line of the file.
    """
    lines = [
        OUTLET,
        typed("outlet", slug="sport-bild", name="Sport Bild", parent="bild"),
        CLAIM,
        report(outlet={"name": "Joe"}, relays={"outlet": "sport-bild"}),
        ONE_OF_EACH[3],
        report(outlet="joe"),
    ]
    told = load(*(one for line in lines for one in [line, *[typed("filler")] * apart]))
    claim = claims(world)["a"]

    assert ["created"] * 6 == [status for status in statuses(told) if status != "rejected"]
    assert {"bild", "joe"} == {one["outlet"] for one in claim["reports"]}
    assert (3, 1) == (len(claim["reports"]), sum(one["relays"] is not None for one in claim["reports"]))
    assert "bild" == world.get("/v1/outlets/sport-bild").json["parent"]


def test_what_comes_too_late(load):
    """
    A line cannot refer to a later line until the file is loaded again.
    """
    lines = [
        typed("outlet", name="Sport Bild", parent="bild"),
        report(),
        typed("resolution", claim="a", **RESOLUTION),
        OUTLET,
        CLAIM | {"reports": []},
    ]

    told = load(*lines)

    unknown = {1: ("invalid-body", "/parent"), 2: ("invalid-body", "/claim"), 3: ("invalid-body", "/claim")}
    assert unknown == problems(told)
    assert ["created"] * 3 + ["unchanged"] * 2 == statuses(load(*lines))


@pytest.mark.parametrize("apart", [0, BATCH])
def test_one_of_a_group_is_true(load, apart):
    """
    R3: a second true claim of a group is rejected within a file, too, naming both claims.
    """
    first, second = (CLAIM | {"external_id": name, "group": "job"} for name in "ab")
    true = {"resolution": RESOLUTION | {"verdict": "true"}}
    told = load(
        OUTLET,
        first,
        typed("resolution", claim="a", verdict="true", note=NOTE),
        *[OUTLET] * apart,
        second | true,
        second,
    )
    lines = {one["line"]: one for one in told}

    assert {4 + apart: ("group-resolved",)} == problems(told)
    assert lines[2]["id"] in lines[4 + apart]["problem"]["detail"]
    assert "created" == lines[5 + apart]["status"]


def test_relays_in_a_circle(load):
    """
    R7: a line that closes a cycle of relays is rejected, whichever types of lines the other relays had.
    """
    relays = [("a1", "a2"), ("a2", "a3"), ("a3", "a1")]
    lines = [report(outlet=one, relays={"outlet": other}) for one, other in relays]
    outlets = [typed("outlet", name=one) for one, _ in relays]

    assert {7: ("invalid-body", "/relays/outlet")} == problems(load(*outlets, CLAIM | {"reports": []}, *lines))
    assert ["created", "created"] == statuses(load(report(outlet="a1"), lines[-1]))


@pytest.mark.parametrize("apart", [0, BATCH])
def test_two_outlets_of_one_name(world, load, apart):
    """
    Two outlets with one name are told apart by slug, and from then on the name alone is ambiguous.
    """
    named = {"outlet": {"name": "Herald"}}
    told = load(
        typed("outlet", name="Herald", slug="north"),
        CLAIM | {"reports": [REPORT | named]},
        *[OUTLET] * apart,
        typed("outlet", name="Herald", slug="south"),
        report(**named, stance="deny"),
        report(outlet="south"),
    )

    assert {4 + apart: ("invalid-body", "/outlet/name")} == problems(told)
    assert ["north", "south"] == [one["outlet"] for one in claims(world)["a"]["reports"]]


def test_outlet_that_takes_a_domain(world, load):
    """
    R21a: an outlet without domains takes the domain that is given with its name, and no later line can give it away.
    """
    named = {"outlet": {"name": "Joe", "domain": "joe.co.uk"}}
    told = load(
        typed("outlet", name="Joe"),
        CLAIM | {"reports": [REPORT | named]},
        typed("outlet", name="JOE Media", domains=["joe.co.uk"]),
        report(**named, stance="deny"),
        report(outlet=None, url="https://www.joe.co.uk/sport/1"),
    )

    assert {3: ("domain-taken",)} == problems(told)
    assert ["joe", "joe", "joe"] == [one["outlet"] for one in claims(world)["a"]["reports"]]


def test_nearest_slugs_as_they_are_by_then(load):
    """
    The suggestions for an unknown slug include the outlets of earlier lines.
    """
    unknown = report(outlet="sport-bidl")
    makes = {"outlet": {"name": "Sport Bild"}}
    told = load(OUTLET, CLAIM, unknown, report(**makes), unknown, typed("outlet", name="Sport Bidi"), unknown)
    details = [one["problem"]["errors"][0]["detail"] for one in told if one["status"] == "rejected"]

    assert ["", "sport-bild", "sport-bidi, sport-bild"] == [
        detail.partition("nearest: ")[2].strip(".") for detail in details
    ]
