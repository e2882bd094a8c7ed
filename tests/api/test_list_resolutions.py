"""GET /v1/claims/{claim_id}/resolutions"""

from __future__ import annotations

from tests.support.world import assert_problem


def test_it_works(world):
    """
    R11: all resolutions of a claim are kept and listed, the oldest first, each with the one it superseded.
    """
    claim = world.record()
    first = world.resolve(claim, "true")
    second = world.resolve(claim, None, supersedes=first["id"])
    third = world.resolve(claim, "partial", truth=0.5, supersedes=second["id"])

    body = world.get(f"/v1/claims/{claim['id']}/resolutions").json

    assert {"items": [first, second, third], "next_cursor": None} == body
    assert [None, first["id"], second["id"]] == [one["supersedes"] for one in body["items"]]


def test_pages(world):
    """
    Many resolutions are listed in pages.
    """
    claim = world.record()
    told = [world.resolve(claim, "true")]
    for verdict in ("false", "true"):
        told.append(world.resolve(claim, verdict, supersedes=told[-1]["id"]))
    path = f"/v1/claims/{claim['id']}/resolutions"

    first = world.get(f"{path}?limit=2").json
    second = world.get(path, query_string={"limit": 2, "cursor": first["next_cursor"]}).json

    assert told == first["items"] + second["items"]
    assert (2, None) == (len(first["items"]), second["next_cursor"])


def test_none(world):
    """
    An open claim has an empty list.
    """
    assert [] == world.get(f"/v1/claims/{world.record()['id']}/resolutions").json["items"]


def test_unknown_claim(world):
    """
    An unknown claim is a 404 problem and not an empty list.
    """
    assert_problem(world.get("/v1/claims/0192aa00-0000-7000-8000-000000000000/resolutions"), 404, "not-found")
