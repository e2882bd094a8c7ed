"""Reports that name no outlet, in POST /v1/claims and POST /v1/claims/{id}/reports"""

from __future__ import annotations

import pytest

from tests.support.world import assert_problem, report

AT = "2026-01-01T12:00:00Z"


def by_url(url, **members):
    return {"url": url, "published_at": AT, **members}


def test_it_works(world):
    """
    R21: a report without an outlet belongs to the outlet that publishes at its url.
    """
    world.outlet("Bild", domains=["bild.de"])
    world.outlet("Sport Bild", domains=["bild.de/sport"])

    claim = world.record(by_url("https://m.bild.de/a"), by_url("https://www.bild.de/sport/b", outlet=None))

    assert {"bild", "sport-bild"} == {filed["outlet"] for filed in claim["reports"]}


def test_same_as_with_its_outlet(world):
    """
    R4: it is the same report as one with the outlet, which exists already.
    """
    world.outlet("Bild", domains=["bild.de"])
    claim = world.record(by_url("https://bild.de/a", outlet="bild"))

    response = world.post(f"/v1/claims/{claim['id']}/reports", by_url("https://bild.de/a"))

    assert (200, claim["reports"][0]["id"]) == (response.status_code, response.json["id"])


def test_outlet_goes_before_url(world):
    """
    A named outlet takes precedence over the publisher of the url.
    """
    world.outlet("Bild", domains=["bild.de"])
    world.outlet("Herald")

    assert "herald" == world.record(by_url("https://bild.de/a", outlet="herald"))["reports"][0]["outlet"]


def test_outlet_made_by_the_same_claim(world):
    """
    An outlet that an earlier report of the body creates has its domain for the reports after it.
    """
    claim = world.record(
        {"outlet": {"name": "Bild", "domain": "bild.de"}, "published_at": AT}, by_url("https://www.bild.de/a")
    )

    assert ["bild", "bild"] == [filed["outlet"] for filed in claim["reports"]]
    assert 1 == len(world.get("/v1/outlets").json["items"])


@pytest.mark.parametrize(
    "url",
    ["https://other.example/a", "https://192.0.2.1/a", "https://[2001:db8::1]/a", "http://localhost/a", "https://a_b/",
     "https://alice.github.io/", "https://bild..de/"],
)  # fmt: skip
def test_url_of_no_outlet(world, url):
    """
    R21: if no recorded outlet publishes at the url, the report is rejected; no outlet is created or guessed.
    """
    world.outlet("GitHub", domains=["github.com"])
    claim = world.record()

    first = world.post("/v1/claims", {"text": "It rains.", "reports": [report(), by_url(url)]})
    second = world.post(f"/v1/claims/{claim['id']}/reports", by_url(url))

    assert_problem(first, 422, "invalid-body", "/reports/1/outlet")
    assert_problem(second, 422, "invalid-body", "/outlet")
    assert "unknown-outlet" == first.json["errors"][0]["code"] == second.json["errors"][0]["code"]


def test_neither_outlet_nor_url(world):
    """
    A report with neither is an error, returned with all other errors of the body.
    """
    claim = world.record()
    bad = {"published_at": "2999-01-01T00:00:00Z"}

    first = world.post("/v1/claims", {"text": "It rains.", "reports": [bad, by_url("https://other.example/")]})
    second = world.post(f"/v1/claims/{claim['id']}/reports", {"outlet": None, "published_at": AT})

    assert_problem(first, 422, "invalid-body", "/reports/0/outlet", "/reports/0/published_at", "/reports/1/outlet")
    assert_problem(second, 422, "invalid-body", "/outlet")
    assert "required" == first.json["errors"][0]["code"] == second.json["errors"][0]["code"]


def test_relays_are_not_found_by_url(world):
    """
    R7: a relay of an unknown source stays one; the url determines only the reporting outlet.
    """
    world.outlet("Bild", domains=["bild.de"])

    filed = world.record(by_url("https://bild.de/a", relays={"outlet": None}))["reports"][0]

    assert ("bild", {"outlet": None, "cited_as": None}) == (filed["outlet"], filed["relays"])
