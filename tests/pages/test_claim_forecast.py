"""The forecast on the page of a claim"""

from __future__ import annotations

import datetime as dt
import math
import re

import pytest

from service.claims.forecast import keep_forecasts, refit_learner
from service.schemas.lines import read_line
from service.transfer.lines import ReadLine
from service.transfer.load import load_lines
from service.values.vocabulary import OPERATOR
from tests.support.browser_site import claim_page, figures, section, words

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.fixture
def forecast(world):
    """A claim that is open, when enough others were resolved to say how likely it is, and that was kept for a day."""
    lines = [
        {
            "outlet": f"Paper {outlet}",
            "claim_id": f"c{number}",
            "claim": f"Claim {number}.",
            "stance": "asserts" if (number + outlet) % 3 else "denies",
            "commitment": 1 + (number + outlet) % 4,
            "published_at": f"2025-{1 + number % 9:02}-1{number % 9}",
            "outcome": bool(number % 3) if number < 60 else None,
            "resolved_at": "2025-12-01" if number < 60 else None,
        }
        for number in range(64)
        for outlet in range(1 + number % 3)
    ]
    read = [ReadLine(number, read_line(line, feed=None)) for number, line in enumerate(lines)]
    assert not [
        one for one in load_lines(world.runtime.db, world.runtime.cache, read, caller=OPERATOR, now=NOW) if one.error
    ]
    assert refit_learner(world.runtime.db, now=NOW)
    for days in range(3):
        keep_forecasts(world.runtime.db, after=None, now=NOW + dt.timedelta(days=days))
    return world.get("/v1/claims", query_string={"external_id": "c63"}).json["items"][0]


def test_forecast(world, forecast):
    """
    An open claim says how likely it is, and why, and how that moved, by the figures of the API; when it is resolved,
    what was expected stays.
    """
    told = world.get(f"/v1/claims/{forecast['id']}/forecast").json
    part = section(claim_page(world, forecast), "forecast")
    kept = [one["probability"] for one in told["kept"]]

    assert "rated" == told["status"]
    expected = [told["probability"], told["interval"]["lower"], told["interval"]["upper"]]
    expected += [one["log_odds"] for one in told["contributions"]] + kept
    assert expected == figures(part)
    assert 3 == len(kept)
    assert ["1 Nov 2026", "3 Nov 2026"] == re.findall(r'<text x="[^"]+" y="1em" class="(?:first|last)">([^<]+)<', part)
    for one in told["contributions"]:
        way = "more likely" if one["log_odds"] > 0 else "less likely"
        assert f"{one['words']} {way}, odds \N{MULTIPLICATION SIGN} {math.exp(one['log_odds']):.2g}" in words(part)

    world.resolve(forecast, "true")
    part = section(claim_page(world, forecast), "forecast")
    assert "What was expected" in part
    assert kept == figures(part)


def test_too_few_to_forecast(world):
    """
    Without enough resolved claims there is no number.
    """
    part = section(claim_page(world, world.record()), "forecast")

    assert "Too few claims are resolved to say." in part
    assert [] == figures(part)


def test_forecast_of_nothing(world, forecast):
    """
    Where no report counts, it is not for want of resolved claims that there is no number.
    """
    for filed in world.claim(forecast)["reports"]:
        assert 201 == world.post(f"/v1/reports/{filed['id']}/withdrawal", {"reason": "Mistaken."}).status_code
    part = section(claim_page(world, forecast), "forecast")

    assert "No report of it counts, so there is nothing to go by." in part
    assert "Too few claims" not in part
