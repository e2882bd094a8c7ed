"""The charts of outlets and claims as files: the picture as SVG, and the data as CSV"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from uuid import UUID

from flask import Response, render_template

from service.cache.redis_link import RANKING
from service.claims import forecast as forecasts
from service.claims import story
from service.errors import NotFound
from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.track_record import Lens
from service.pages import chart_tables, charts, time_plots, timeline
from service.pages.claim import forecast_points
from service.pages.layout import cached_page, legal_xml, page_blueprint
from service.pages.outlet import expiry_of, rated_points, read_lens, slug_in
from service.scores.portrait import Portrait, portray_outlet
from service.values.csv_text import csv_table
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("chart_files")

_TYPES = {"svg": "image/svg+xml", "csv": "text/csv; charset=utf-8"}

Made = tuple[str, dt.datetime | None]


@blp.get("/outlets/<outlet>/history.<any(svg, csv):form>")
@requires(Scope.READ)
def get_history(outlet: str, form: str) -> Response:
    """Return an outlet's estimated reliability over time, as an SVG chart or a CSV table."""

    def draw(found: Portrait) -> str:
        return _draw("history.svg", plot=time_plots.through_time(rated_points(found)), found=found)

    return _send_outlet(
        outlet, "history", form, draw=draw, columns=chart_tables.HISTORY, rows=chart_tables.history_rows
    )


@blp.get("/outlets/<outlet>/calibration.<any(svg, csv):form>")
@requires(Scope.READ)
def get_calibration(outlet: str, form: str) -> Response:
    """Return how often claims proved true by stated probability, as an SVG chart or a CSV table."""

    def draw(found: Portrait) -> str:
        return _draw("calibration.svg", plot=charts.calibration(found.calibration.bins), found=found)

    return _send_outlet(
        outlet, "calibration", form, draw=draw, columns=chart_tables.CALIBRATION, rows=chart_tables.calibration_rows
    )


@blp.get("/claims/<uuid:claim_id>/timeline.<any(svg, csv):form>")
@requires(Scope.READ)
def get_timeline(claim_id: UUID, form: str) -> Response:
    """Return the timeline of a claim, as an SVG chart or a CSV table of its reports."""

    def make() -> Made:
        now = utc_now()
        found = story.get_story(runtime().db, claim_id, now=now)
        if form == "csv":
            return "".join(csv_table(chart_tables.TIMELINE, chart_tables.timeline_rows(found))), now
        picture = timeline.draw_timeline(found, now=now)
        return _draw("timeline.svg", plot=picture if picture.lanes else None, story=found, as_of=now), now

    return _send(RANKING, f"{claim_id}-timeline", form, make=make, is_usual=False)


@blp.get("/claims/<uuid:claim_id>/forecast.<any(svg, csv):form>")
@requires(Scope.READ)
def get_forecast(claim_id: UUID, form: str) -> Response:
    """Return the daily forecasts for a claim, as an SVG chart or a CSV table."""

    def make() -> Made:
        now = utc_now()
        found = story.get_story(runtime().db, claim_id, now=now)
        kept = forecasts.forecast_claim(runtime().db, claim_id, level=DEFAULT_LEVEL, now=now).kept
        if form == "csv":
            return "".join(csv_table(chart_tables.FORECAST, ((one.day, one.probability) for one in kept))), now
        plot = time_plots.through_time(forecast_points(kept))
        return _draw("forecast.svg", plot=plot, story=found, as_of=now), now

    return _send(RANKING, f"{claim_id}-forecast", form, make=make, is_usual=False)


@blp.get("/claims/<uuid:claim_id>/reasons.<any(svg, csv):form>")
@requires(Scope.READ)
def get_reasons(claim_id: UUID, form: str) -> Response:
    """Return the reasons for the forecast of a claim, as an SVG chart or a CSV table."""

    def make() -> Made:
        now = utc_now()
        found = story.get_story(runtime().db, claim_id, now=now)
        forecast = forecasts.forecast_claim(runtime().db, claim_id, level=DEFAULT_LEVEL, now=now)
        if form == "csv":
            return "".join(csv_table(chart_tables.REASONS, chart_tables.reason_rows(forecast))), now
        steps = charts.waterfall(forecast.base_probability or 0, forecast.contributions, least=0)
        return _draw("reasons.svg", plot=steps, story=found, forecast=forecast, as_of=now), now

    return _send(RANKING, f"{claim_id}-reasons", form, make=make, is_usual=False)


def _send_outlet(
    outlet: str,
    name: str,
    form: str,
    *,
    draw: Callable[[Portrait], str],
    columns: Sequence[str],
    rows: Callable[[Portrait], chart_tables.Rows],
) -> Response:
    """Return a chart of an outlet as a file, cached like the outlet's page."""
    lens = read_lens()
    slug = slug_in(outlet)

    def make() -> Made:
        now = utc_now()
        found = portray_outlet(runtime().db, slug, lens=lens, now=now)
        made = "".join(csv_table(columns, rows(found))) if form == "csv" else draw(found)
        return made, expiry_of(found.score, found.score.changes_at, now)

    return _send(slug, f"{slug}-{name}", form, lens, make=make, is_usual=lens.is_current)


def _send(about: str, name: str, form: str, *key: Lens, make: Callable[[], Made], is_usual: bool) -> Response:
    response = cached_page(about, "chart", name, form, *key, make=make, is_usual=is_usual)
    response.content_type = _TYPES[form]
    if form == "csv":
        response.headers["Content-Disposition"] = f"attachment; filename={name}.csv"
    return response


def _draw(template: str, *, plot: object, **shown: object) -> str:
    """Render a chart as SVG.

    Raises:
        NotFound: There is too little to draw.
    """
    if not plot:
        raise NotFound("There are too few results to draw this chart. Get the existing ones as CSV.")
    return legal_xml(render_template(f"charts/{template}", plot=plot, **shown))
