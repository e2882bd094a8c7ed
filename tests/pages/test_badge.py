"""/outlets/{outlet}/badge.svg"""

from __future__ import annotations

import html
import re

from tests.support.browser_site import estimate

ORACLE = "/v1/outlets/the-oracle"


def test_badge(site):
    """
    The badge shows the estimate, its interval and the number of claims, and may be cached.
    """
    response = site.client.get("/outlets/the-oracle/badge.svg")
    score = site.get(f"{ORACLE}/score").json
    mean, lower, upper = (round(100 * value) for value in estimate(score))
    again = site.client.get("/outlets/the-oracle/badge.svg", headers={"If-None-Match": response.headers["ETag"]})

    assert (200, "image/svg+xml") == (response.status_code, response.mimetype)
    assert f"reliability {mean} % ({lower}\N{EN DASH}{upper}), {score['record']['resolved']} claims" in response.text
    assert "public, max-age=300" == response.headers["Cache-Control"]
    assert 304 == again.status_code


def test_badge_of_few_claims(site):
    """
    R17: the badge shows no number without a resolved claim.
    """
    site.outlet("Newcomer")

    assert "too few claims to say" in site.client.get("/outlets/newcomer/badge.svg").text


def test_badge_of_a_part(site):
    """
    The page of a part of a record shows that part's badge.
    """
    [found] = re.findall(r'<img src="([^"]+badge[^"]+)"', site.html("/outlets/the-oracle?topic=roads&basis=matured"))
    score = site.get(f"{ORACLE}/score?topic=roads&basis=matured").json

    assert f"{score['record']['resolved']} claims" in site.client.get(html.unescape(found)).text
    assert "topic=roads" in found
