"""The forecast on the page of a claim"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest

from service.claims.daily_forecasts import keep_forecasts
from service.claims.learner import refit_learner
from service.schemas.lines import read_line
from service.transfer.lines import ReadLine
from service.transfer.load import load_lines
from service.values.vocabulary import OPERATOR
from tests.support.browser_site import claim_page, data_values, plain_text, section
from tests.support.world import report

MINUS = "\N{MINUS SIGN}"
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
    An open claim shows its forecast, the contributions of at least five percentage points, and the stored forecasts
    with the numbers of the API. A resolved claim shows only the stored forecasts.
    """
    body = world.get(f"/v1/claims/{forecast['id']}/forecast").json
    part = section(claim_page(world, forecast), "forecast")
    kept = [forecast["probability"] for forecast in body["kept"]]

    assert "rated" == body["status"]
    expected = [body["probability"], body["interval"]["lower"], body["interval"]["upper"]]
    large = [one for one in body["contributions"] if abs(one["points"]) >= 5]
    expected += [body["base_probability"], *(one["points"] for one in large), body["probability"], *kept]
    assert expected == data_values(part)
    assert 3 == len(kept)
    assert ["1 Nov 2026", "3 Nov 2026"] == re.findall(r'<text x="[^"]+" y="1em" class="(?:first|last)">([^<]+)<', part)
    assert 0 < len(large) < len(body["contributions"])
    for one in large:
        said = f"{abs(one['points']):.0f} points"
        assert f"{one['words'][1:]} {'+' if one['points'] > 0 else MINUS}{said}" in plain_text(part)
    small = round(sum(one["points"] for one in body["contributions"]) - sum(one["points"] for one in large))
    assert ("smaller reasons (under 5 points each)" in part) is (len(body["contributions"]) - len(large) > 1)
    assert f"{abs(small)} point" in plain_text(part)
    assert "How it moved" in part

    world.resolve(forecast, "true")
    part = section(claim_page(world, forecast), "forecast")
    assert "How likely it was" in part
    assert kept == data_values(part)


@pytest.mark.sqlite_alone
@pytest.mark.usefixtures("forecast")
def test_one_day(world):
    """
    On the first day, the page of an open claim does not show how its forecast moved.
    """
    claim = world.record(report("Paper 0"))
    keep_forecasts(world.runtime.db, after=None, now=NOW + dt.timedelta(days=3))
    part = section(claim_page(world, claim), "forecast")

    assert "About" in plain_text(part)
    assert 1 == len(world.get(f"/v1/claims/{claim['id']}/forecast").json["kept"])
    assert "How it moved" not in part
    assert " in a table" not in part


def test_too_few_to_forecast(world):
    """
    Without enough resolved claims, there is no number.
    """
    part = section(claim_page(world, world.record()), "forecast")

    assert "Too few comparable claims have been resolved to make a forecast." in part
    assert [] == data_values(part)


def test_forecast_of_nothing(world, forecast):
    """
    If all reports were withdrawn, the page says so instead of "too few claims".
    """
    for filed in world.claim(forecast)["reports"]:
        assert 201 == world.post(f"/v1/reports/{filed['id']}/withdrawal", {"reason": "Mistaken."}).status_code
    part = section(claim_page(world, forecast), "forecast")

    assert "There is no forecast, because no report counts." in part
    assert "Too few claims" not in part


def test_decided(world):
    """
    R3: a claim whose rival is true shows no forecast, and links to the true claim.
    """
    winner, rival = (world.record(text=text, group="cup") for text in ("Rovers win.", "City win."))
    world.resolve(winner, "true")
    part = section(claim_page(world, rival), "forecast")

    assert f'/claims/{winner["id"]}"' in part
    assert "There is no forecast, because another claim in its group is true." in plain_text(part)
    assert [] == data_values(part)
    rivals = section(claim_page(world, winner), "rivals")
    assert "City win. ruled out by a claim that is true" in plain_text(rivals)


def test_reasons_as_files(world, forecast):
    """
    The reasons of a forecast lead from a typical claim to this one, as CSV and as SVG.
    """
    body = world.get(f"/v1/claims/{forecast['id']}/forecast").json
    path = f"/claims/{forecast['id']}/reasons"
    rows = list(csv.DictReader(io.StringIO(world.client.get(f"{path}.csv").data.decode("utf-8-sig"))))
    words = plain_text(world.client.get(f"{path}.svg").text)

    assert body["base_probability"] == float(rows[0]["probability"])
    assert [(one["words"], one["points"]) for one in body["contributions"]] == [
        (row["reason"], float(row["points"])) for row in rows[1:]
    ]
    assert body["probability"] == pytest.approx(float(rows[-1]["probability"]))
    assert all(one["words"][1:40] in words for one in body["contributions"])
    assert f'href="{path}.svg"' in claim_page(world, forecast)
