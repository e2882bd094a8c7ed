"""/outlets/{outlet}/badge.svg"""

from __future__ import annotations

import html
import re

from tests.support.browser_site import estimate
from tests.support.world import report

ORACLE = "/v1/outlets/the-oracle"


def test_badge(site):
    """
    R17a: the badge shows the record, then the estimate with its interval, and may be cached.
    """
    response = site.client.get("/outlets/the-oracle/badge.svg")
    score = site.get(f"{ORACLE}/score").json
    mean, lower, upper = (round(100 * value) for value in estimate(score))
    again = site.client.get("/outlets/the-oracle/badge.svg", headers={"If-None-Match": response.headers["ETag"]})

    assert (200, "image/svg+xml") == (response.status_code, response.mimetype)
    record = f"right on {score['record']['right']:.0f} of {score['record']['resolved']}"
    assert f"{record}; reliability {mean}\N{NO-BREAK SPACE}% ({lower}\N{EN DASH}{upper})" in response.text
    assert "public, max-age=300" == response.headers["Cache-Control"]
    assert 304 == again.status_code


def test_badge_of_few_claims(site):
    """
    R17, R17a: under 20 resolved claims the badge shows the record without an estimate, and without one no number.
    """
    site.outlet("Newcomer")
    claim = site.record(report("Novice"), text="It is new.")
    site.resolve(claim, "true")

    assert "Borneout: no results yet<" in site.client.get("/outlets/newcomer/badge.svg").text
    assert "Borneout: right on 1 of 1, not ranked yet<" in site.client.get("/outlets/novice/badge.svg").text


def test_badge_of_a_part(site):
    """
    The page of a part of a record shows that part's badge.
    """
    [found] = re.findall(r'<img src="([^"]+badge[^"]+)"', site.html("/outlets/the-oracle?topic=roads&basis=matured"))
    score = site.get(f"{ORACLE}/score?topic=roads&basis=matured").json

    assert f" of {score['record']['resolved']}; reliability" in site.client.get(html.unescape(found)).text
    assert "topic=roads" in found
