"""GET /v1/claims/{claim_id}/reports"""

from __future__ import annotations

from tests.support.world import assert_problem, report


def test_it_works(world):
    """
    A claim's reports are listed in the order of publication, as the claim shows them.
    """
    claim = world.record(report("B", "2026-01-02T00:00:00Z"), report("A", "2026-01-01T00:00:00Z"))

    assert {"items": claim["reports"], "next_cursor": None} == world.get(f"/v1/claims/{claim['id']}/reports").json


def test_pages(world):
    """
    Pages can end between reports of one time without loss, and a new report appears at its place.
    """
    claim = world.record(*(report(name) for name in "ABC"), report("Z", "2026-01-05T00:00:00.000001Z"))
    url = f"/v1/claims/{claim['id']}/reports"
    first = world.get(f"{url}?limit=2").json
    world.post(url, report("D"))
    second = world.get(f"{url}?limit=2&cursor={first['next_cursor']}").json
    third = world.get(f"{url}?limit=2&cursor={second['next_cursor']}").json

    pages = [[item["outlet"] for item in page["items"]] for page in (first, second, third)]
    assert [["a", "b"], ["c", "d"], ["z"]] == pages


def test_unknown_claim(world):
    """
    An unknown claim is a 404 problem and not an empty list.
    """
    assert_problem(world.get("/v1/claims/0192aa00-0000-7000-8000-000000000000/reports"), 404, "not-found")
