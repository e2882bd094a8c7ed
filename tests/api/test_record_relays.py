"""POST /v1/claims with reports that relay others"""

from __future__ import annotations

import pytest

from tests.support.request_bodies import CLAIMS, claim_of
from tests.support.world import assert_problem, report


def test_relay_shows_whom_it_cites(world):
    """
    R7: a report that attributes the claim to another outlet is a relay, and shows its source and the source's wording.
    """
    world.outlet("Sport Bild")

    claim = world.record(
        report("Joe", relays={"outlet": "sport-bild", "cited_as": "Sport Bild"}),
        report("Mirror", "2026-01-02T00:00:00Z", relays={"cited_as": "reports in Spain"}),
    )

    expected = [
        {"outlet": "sport-bild", "cited_as": "Sport Bild"},
        {"outlet": None, "cited_as": "reports in Spain"},
    ]
    assert expected == [one["relays"] for one in claim["reports"]]
    assert ["relay", "relay"] == [one["role"] for one in claim["reports"]]


def test_self_relay(world):
    """
    R7: an outlet cannot relay itself under any of its names.
    """
    herald = world.outlet("Herald", aliases=["The Herald"])
    reports = [
        report("The Herald", relays={"outlet": "herald"}),
        {"outlet": "herald", "published_at": "2026-01-01T00:00:00Z", "relays": {"outlet": herald["id"]}},
    ]

    response = world.post(CLAIMS, claim_of(*reports))

    assert_problem(response, 422, "invalid-body", "/reports/0/relays/outlet", "/reports/1/relays/outlet")


def test_cycle_of_relays(world):
    """
    R7: a cycle of relays without an own report is rejected.
    """
    for name in "ABC":
        world.outlet(name)

    response = world.post(CLAIMS, claim_of(*(report(x, relays={"outlet": y}) for x, y in ("Ab", "Bc", "Ca"))))

    assert_problem(response, 422, "invalid-body", *(f"/reports/{index}/relays/outlet" for index in range(3)))
    assert [] == world.get(CLAIMS).json["items"]


def test_report_beside_a_cycle_is_not_named(world):
    """
    R7: the errors name only the relays of the cycle and not the other reports of the body.
    """
    for name in "ABCD":
        world.outlet(name)
    circle = [report("A", relays={"outlet": "b"}), report("B", relays={"outlet": "a"})]

    response = world.post(CLAIMS, claim_of(*circle, report("C", relays={"outlet": "d"}), report("D", relays={})))

    assert_problem(response, 422, "invalid-body", "/reports/0/relays/outlet", "/reports/1/relays/outlet")


def test_cycle_with_an_own_report(world):
    """
    R7: a cycle in which one outlet also has an own report has a root, and is recorded.
    """
    for name in "AB":
        world.outlet(name)

    claim = world.record(report("A", relays={"outlet": "b"}), report("B", relays={"outlet": "a"}), report("B"))

    assert 1 == claim["independent_roots"]


def test_unknown_relayed_outlet(world):
    """
    A cited outlet must be on record, like any outlet named by its slug.
    """
    response = world.post(CLAIMS, claim_of(report("Joe", relays={"outlet": "nobody"})))

    assert_problem(response, 422, "invalid-body", "/reports/0/relays/outlet")


@pytest.mark.parametrize(("outlet", "cited"), [("tribune", "herald"), ("herald", "tribune"), ("echo", "tribune")])
def test_relay_of_a_merged_outlet(world, outlet, cited):
    """
    R7, R22: outlets that were merged into one cannot relay each other, in either direction and under any slug.
    """
    for name in ("Herald", "Tribune", "Echo"):
        world.outlet(name)
    for merged in ("tribune", "echo"):
        world.post(f"/v1/outlets/{merged}/merge", {"into": "herald"})
    sent = {"outlet": outlet, "published_at": "2026-01-01T00:00:00Z", "relays": {"outlet": cited}}

    response = world.post(CLAIMS, claim_of(sent))

    assert_problem(response, 422, "invalid-body", "/reports/0/relays/outlet")
    assert "self-relay" == response.json["errors"][0]["code"]


def test_relay_on_record_before_the_merge(world):
    """
    R4, R22: a relay between outlets that were merged later is still the same report when a feed sends it again.
    """
    world.outlet("Tribune")
    claim = world.record(report("Herald", relays={"outlet": "tribune"}), external_id="feed:1")
    world.post("/v1/outlets/tribune/merge", {"into": "herald"})

    again = world.record(report("Herald", relays={"outlet": "tribune"}), external_id="feed:1")

    assert [one["id"] for one in claim["reports"]] == [one["id"] for one in again["reports"]]


def test_cycle_through_a_merged_outlet(world):
    """
    R7, R22: a cycle of relays without an own report is also rejected if a merge closes it.
    """
    for name in ("Herald", "Tribune", "Echo"):
        world.outlet(name)
    world.post("/v1/outlets/tribune/merge", {"into": "herald"})
    reports = [report("Echo", relays={"outlet": "tribune"}), report("Herald", relays={"outlet": "echo"})]

    response = world.post(CLAIMS, claim_of(*reports))

    assert_problem(response, 422, "invalid-body", *(f"/reports/{index}/relays/outlet" for index in range(2)))


def test_relay_of_an_outlet_by_name(world):
    """
    R7: a relayed outlet may be given like the reporting one; it is found by name or domain, or else created.
    """
    cited = {"name": "Sport Bild", "domain": "sportbild.bild.de", "kind": "newspaper"}
    claim = world.record(report("Joe", relays={"outlet": cited, "cited_as": "SPORT BILD"}))
    again = world.record(report("Mirror", relays={"outlet": {"name": "Sport-Bild"}}), text="Another.")

    relays = [one["reports"][0]["relays"] for one in (claim, again)]
    assert [{"outlet": "sport-bild", "cited_as": "SPORT BILD"}, {"outlet": "sport-bild", "cited_as": None}] == relays
    found = world.get("/v1/outlets/lookup?url=https://sportbild.bild.de/1").json["outlet"]
    assert ("sport-bild", "newspaper") == (found["slug"], found["kind"])


def test_self_relay_by_name(world):
    """
    R7: an outlet that is created by a report cannot relay itself, and a rejected report creates no outlet.
    """
    response = world.post(CLAIMS, claim_of(report("Joe", relays={"outlet": {"name": "joe"}})))

    assert_problem(response, 422, "invalid-body", "/reports/0/relays/outlet")
    assert [] == world.get("/v1/outlets").json["items"]
