"""/outlets/{outlet}: redirects to the page of an outlet"""

from __future__ import annotations

ORACLE = "/v1/outlets/the-oracle"


def test_by_id(site):
    """
    The id of an outlet redirects to its page by slug, with the query.
    """
    known = site.get(ORACLE).json
    response = site.client.get(f"/outlets/{known['id']}?topic=roads")

    assert (308, "/outlets/the-oracle?topic=roads") == (response.status_code, response.headers["Location"])


def test_merged(site):
    """
    R22: the page, the badge and the explanation of a merged outlet redirect to those of the other one.
    """
    site.outlet("Bridge Bulletin")
    site.outlet("Bridge Courier")
    assert 201 == site.post("/v1/outlets/bridge-bulletin/merge", {"into": "bridge-courier"}).status_code

    for path in ("", "/why", "/badge.svg"):
        response = site.client.get(f"/outlets/bridge-bulletin{path}?basis=matured")
        redirect = response.status_code, response.headers["Location"]
        assert (308, f"/outlets/bridge-courier{path}?basis=matured") == redirect
