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
from tests.support.browser_site import claim_page, data_values, plain_text, section

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.fixture
def forecast(world):
    """An open claim with a forecast and stored daily forecasts."""
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
        result
        for result in load_lines(world.runtime.db, world.runtime.cache, read, caller=OPERATOR, now=NOW)
        if result.error
    ]
    assert refit_learner(world.runtime.db, now=NOW)
    for days in range(3):
        keep_forecasts(world.runtime.db, after=None, now=NOW + dt.timedelta(days=days))
    return world.get("/v1/claims", query_string={"external_id": "c63"}).json["items"][0]


def test_forecast(world, forecast):
    """
    An open claim shows its forecast, the contributions and the stored forecasts with the numbers of the API. A resolved
    claim shows only the stored forecasts.
    """
    body = world.get(f"/v1/claims/{forecast['id']}/forecast").json
    part = section(claim_page(world, forecast), "forecast")
    kept = [forecast["probability"] for forecast in body["kept"]]

    assert "rated" == body["status"]
    expected = [body["probability"], body["interval"]["lower"], body["interval"]["upper"]]
    expected += [contribution["log_odds"] for contribution in body["contributions"]] + kept
    assert expected == data_values(part)
    assert 3 == len(kept)
    assert ["1 Nov 2026", "3 Nov 2026"] == re.findall(r'<text x="[^"]+" y="1em" class="(?:first|last)">([^<]+)<', part)
    for contribution in body["contributions"]:
        way = "more likely" if contribution["log_odds"] > 0 else "less likely"
        assert (
            f"{contribution['words']} {way}, odds \N{MULTIPLICATION SIGN} {math.exp(contribution['log_odds']):.2g}"
            in plain_text(part)
        )

    world.resolve(forecast, "true")
    part = section(claim_page(world, forecast), "forecast")
    assert "What was expected" in part
    assert kept == data_values(part)


def test_too_few_to_forecast(world):
    """
    Without enough resolved claims, there is no number.
    """
    part = section(claim_page(world, world.record()), "forecast")

    assert "Too few claims are resolved to say." in part
    assert [] == data_values(part)


def test_forecast_of_nothing(world, forecast):
    """
    If all reports were withdrawn, the page says so instead of "too few claims".
    """
    for report in world.claim(forecast)["reports"]:
        assert 201 == world.post(f"/v1/reports/{report['id']}/withdrawal", {"reason": "Mistaken."}).status_code
    part = section(claim_page(world, forecast), "forecast")

    assert "No report of it counts, so there is nothing to go by." in part
    assert "Too few claims" not in part


def test_decided(world):
    """
    R3: a claim whose rival is true shows no forecast, and links to the true claim.
    """
    winner, rival = (world.record(text=text, group="cup") for text in ("Rovers win.", "City win."))
    world.resolve(winner, "true")
    part = section(claim_page(world, rival), "forecast")

    assert f'/claims/{winner["id"]}"' in part
    assert "There is no forecast for this one." in plain_text(part)
    assert [] == data_values(part)
    rivals = section(claim_page(world, winner), "rivals")
    assert "City win. decided, because another one is true" in plain_text(rivals)
