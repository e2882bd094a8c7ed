from __future__ import annotations

import pytest

from service.rebuild import rebuild_sums
from tests.test_sums import NOW
from tests.world import assert_problem, report


@pytest.fixture
def merged(world):
    """The Bild, merged into Sport Bild, each with a claim of its own and one that both have reported."""
    world.resolve(world.record(report("Bild")), "true")
    world.resolve(world.record(report("Sport Bild")), "false")
    world.resolve(world.record(report("Bild"), report("Sport Bild", stance="deny")), "true")
    world.merge = world.post("/v1/outlets/bild/merge", {"into": "sport-bild"})
    return world


def test_merge_two_outlets(merged):
    """
    R22: the reports of both count in one record, and a claim that both have reported counts once.
    """
    assert 201 == merged.merge.status_code
    assert ("bild", "sport-bild") == (merged.merge.json["outlet"], merged.merge.json["into"])
    assert merged.merge.json == merged.get(merged.merge.headers["Location"]).json
    assert 3 == merged.score("sport-bild")["counts"]["resolved"]
    assert 0 == rebuild_sums(merged.runtime.db, now=NOW)


@pytest.mark.parametrize("path", ["", "/score", "/score?level=0.5&topic=a%20b", "/reports?limit=1", "/score/explanation", "/score/history", "/calibration"])
def test_old_slug_leads_on(merged, path):
    """
    R22: what is read under the old slug is answered with a redirect to the same of the other outlet, for any page.
    """
    response = merged.get(f"/v1/outlets/bild{path}")

    assert (308, f"/v1/outlets/sport-bild{path}", b"") == (response.status_code, response.headers["Location"], response.data)
    assert "*" == response.headers["Access-Control-Allow-Origin"]
    assert 200 == merged.get(response.headers["Location"]).status_code
