"""The charts of outlets and claims as SVG, and their data as CSV"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import replace
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from service.storage.models import ForecastRow
from tests.support.world import HOSTILE, report

pytestmark = pytest.mark.sqlite_alone  # pages

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def known(world):
    """A service with a public address, an outlet with 22 results in two years, and one with three."""
    world.runtime.settings = replace(world.runtime.settings, public_url="https://borneout.example")
    for number in range(22):
        moment = f"{2024 if number < 20 else 2025}-{1 + number % 12:02}-01T00:00:00Z"
        stated = report(HOSTILE, moment, probability=0.8, quote="=1+1")
        filed = [stated, *([report("Mirror", moment)] if number < 3 else [])]
        claim = world.record(*filed, text=f"{HOSTILE} {number}\ufffe", topic="viral")
        world.resolve(claim, "true" if number % 4 else "false", known_at=moment.replace("-01T", "-20T"))
        world.last = claim
    world.slug = next(one["slug"] for one in world.get("/v1/outlets").json["items"] if one["name"] == HOSTILE)
    return world


def table(world, path):
    """Return the rows of a CSV file."""
    response = world.client.get(path)
    assert (200, "text/csv; charset=utf-8") == (response.status_code, response.content_type), response.text
    return list(csv.DictReader(io.StringIO(response.data.decode("utf-8-sig"))))


def picture(world, path):
    """Return the root of an SVG file, after checking that it contains no script, style or link."""
    response = world.client.get(path)
    assert (200, "image/svg+xml") == (response.status_code, response.mimetype), response.text
    root = ET.fromstring(response.data)  # noqa: S314 - our own XML
    assert f"{SVG}svg" == root.tag
    for element in root.iter():
        assert element.tag not in {f"{SVG}script", f"{SVG}style", f"{SVG}image", f"{SVG}a", f"{SVG}foreignObject"}
        assert not [name for name in element.attrib if name in ("style", "class", "href") or name.startswith("on")]
    return root


def numbers(row, *names):
    """Return cells as numbers."""
    return [float(row[name]) for name in names]


def test_history(known):
    """
    R17a: the history of an outlet has the numbers of the API, and no estimate where it has fewer than 20 results.
    """
    rows = table(known, f"/outlets/{known.slug}/history.csv?topic=viral")
    items = known.get(f"/v1/outlets/{known.slug}/score/history?topic=viral").json["items"]
    words = "".join(picture(known, f"/outlets/{known.slug}/history.svg").itertext())

    assert [(one["record"]["right"], one["record"]["resolved"]) for one in items] == [
        tuple(numbers(row, "right", "resolved")) for row in rows
    ]
    for row, item in zip(rows, items, strict=True):
        if item["record"]["resolved"] < 20:
            assert {""} == {row[name] for name in ("reliability", "lower", "upper", "level")}
        else:
            found = item["reliability"]
            assert [found[name] for name in ("mean", "lower", "upper", "level")] == numbers(
                row, "reliability", "lower", "upper", "level"
            )
    assert {"20", "22"} <= {row["resolved"] for row in rows}
    assert f"{HOSTILE}: reliability through time" in words
    assert "Right on 16 of 22; an average outlet about " in words
    assert f"https://borneout.example/outlets/{known.slug}" in words


def test_calibration(known):
    """
    The calibration of an outlet has the numbers of the API.
    """
    [row] = table(known, f"/outlets/{known.slug}/calibration.csv")
    [part] = known.get(f"/v1/outlets/{known.slug}/calibration").json["bins"]
    root = picture(known, f"/outlets/{known.slug}/calibration.svg")

    assert [part[name] for name in ("lower", "upper", "n", "mean_probability", "share_true")] == numbers(
        row, "lower", "upper", "n", "mean_probability", "share_true"
    )
    assert list(part["interval"].values()) == numbers(row, "share_lower", "share_upper", "level")
    assert 1 == len(list(root.iter(f"{SVG}circle")))


def test_timeline(known):
    """
    The timeline of a claim has a row for each report. Cells that a spreadsheet would take for formulas are escaped.
    """
    relay = report("=HYPERLINK", "2024-01-03T00:00:00Z", relays={"outlet": known.slug})
    claim = known.record(report(HOSTILE, "2024-01-02T00:00:00Z"), relay, text=HOSTILE)
    rows = table(known, f"/claims/{claim['id']}/timeline.csv")
    root = picture(known, f"/claims/{claim['id']}/timeline.svg")

    assert [one["id"] for one in claim["reports"]] == [row["id"] for row in rows]
    assert [HOSTILE, "'=HYPERLINK"] == [row["name"] for row in rows]
    assert [("own", "", ""), ("relay", known.slug, known.slug)] == [
        (row["role"], row["relays"], row["root"]) for row in rows
    ]
    assert HOSTILE in "".join(root.itertext())
    assert root.find(f"{SVG}title").text == HOSTILE


def test_forecast(known):
    """
    The forecast of a claim has the stored probability of each day.
    """
    claim = known.record(report("Mirror"), text="Open.")
    path = f"/claims/{claim['id']}/forecast"
    assert [] == table(known, f"{path}.csv")
    assert 404 == known.client.get(f"{path}.svg").status_code
    with known.runtime.db.write() as session:
        for day, probability in ((1, 0.4), (2, 0.5)):
            kept = {"day": dt.date(2026, 1, day), "probability": probability, "recorded_at": dt.datetime.now(dt.UTC)}
            session.add(ForecastRow(claim_id=UUID(claim["id"]), method="forecast/2", **kept))

    assert [("2026-01-01", "0.4"), ("2026-01-02", "0.5")] == [
        (row["day"], row["probability"]) for row in table(known, f"{path}.csv")
    ]
    assert "Forecast, in %" in "".join(picture(known, f"{path}.svg").itertext())


def test_links_and_limits(known):
    """
    Pages link to the files of their charts. There are none of what is not on record or has too few results, and those
    of a merged outlet redirect (R22).
    """
    pages = [f"/outlets/{known.slug}?topic=viral", f"/claims/{known.last['id']}"]
    links = [
        link.replace("&amp;", "&")
        for page in pages
        for link in re.findall(
            r'href="([^"]+\.(?:svg|csv)[^"]*)"', known.client.get(page, headers={"Accept": "text/html"}).text
        )
    ]

    assert {f"/outlets/{known.slug}/history.csv?topic=viral", f"{pages[1]}/timeline.svg"} <= set(links)
    for link in links:
        with known.client.get(link) as response:
            assert 200 == response.status_code, link
    assert 404 == known.client.get("/outlets/mirror/history.svg").status_code
    assert {""} == {row["reliability"] for row in table(known, "/outlets/mirror/history.csv")}
    for path in ("/outlets/nobody/history.csv", "/claims/00000000-0000-7000-8000-000000000000/timeline.csv"):
        assert 404 == known.client.get(path).status_code, path
    assert 404 == known.client.get(f"/outlets/{known.slug}/history.png").status_code
    assert 201 == known.post("/v1/outlets/mirror/merge", {"into": known.slug}).status_code
    moved = known.client.get("/outlets/mirror/history.csv?topic=viral")
    assert (308, f"/outlets/{known.slug}/history.csv?topic=viral") == (moved.status_code, moved.headers["Location"])
    known.runtime.settings = replace(known.runtime.settings, public_read=False)
    assert 401 == known.client.get(f"/outlets/{known.slug}/history.svg").status_code
