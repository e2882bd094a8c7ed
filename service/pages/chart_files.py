"""The charts of outlets and claims as files: the picture as SVG, and the data as CSV"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from uuid import UUID

from flask import Response, render_template

from service.cache.redis_link import RANKING
from service.claims import forecast as forecasts
from service.claims import story
from service.claims.forecast_views import ForecastView
from service.claims.story import Story
from service.errors import NotFound
from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.track_record import Lens
from service.pages import charts, phrases, time_plots, timeline
from service.pages.claim import forecast_points
from service.pages.layout import cached_page, legal_xml, page_blueprint
from service.pages.outlet import expiry_of, rated_points, read_lens, slug_in
from service.scores.portrait import Portrait, portray_outlet
from service.values.csv_text import csv_table
from service.values.instants import format_instant, utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("chart_files")

_HISTORY = ("as_of", "right", "resolved", "expected", "reliability", "lower", "upper", "level")
_CALIBRATION = ("lower", "upper", "n", "mean_probability", "share_true", "share_lower", "share_upper", "level")
_TIMELINE = (
    *("id", "published_at", "published_precision", "outlet", "name", "stance", "probability", "commitment"),
    *("role", "relays", "root", "after_known", "withdrawn", "url"),
)
_FORECAST = ("day", "probability")
_REASONS = ("reason", "points", "probability")
_TYPES = {"svg": "image/svg+xml", "csv": "text/csv; charset=utf-8"}

Rows = Iterable[Iterable[object]]
Made = tuple[str, dt.datetime | None]


@blp.get("/outlets/<outlet>/history.<any(svg, csv):form>")
@requires(Scope.READ)
def get_history(outlet: str, form: str) -> Response:
    """Return the chart of an outlet's estimated reliability over time."""

    def draw(found: Portrait) -> str:
        return _draw("history.svg", plot=time_plots.through_time(rated_points(found)), found=found)

    return _send_outlet(outlet, "history", form, draw=draw, columns=_HISTORY, rows=_history_rows)


@blp.get("/outlets/<outlet>/calibration.<any(svg, csv):form>")
@requires(Scope.READ)
def get_calibration(outlet: str, form: str) -> Response:
    """Return the chart of how often claims proved true, by the probability that the outlet stated."""

    def draw(found: Portrait) -> str:
        return _draw("calibration.svg", plot=charts.calibration(found.calibration.bins), found=found)

    return _send_outlet(outlet, "calibration", form, draw=draw, columns=_CALIBRATION, rows=_calibration_rows)


@blp.get("/claims/<uuid:claim_id>/timeline.<any(svg, csv):form>")
@requires(Scope.READ)
def get_timeline(claim_id: UUID, form: str) -> Response:
    """Return the timeline of a claim."""

    def make() -> Made:
        now = utc_now()
        found = story.get_story(runtime().db, claim_id, now=now)
        if form == "csv":
            return "".join(csv_table(_TIMELINE, _timeline_rows(found))), now
        picture = timeline.draw_timeline(found, now=now)
        return _draw("timeline.svg", plot=picture if picture.lanes else None, story=found, as_of=now), now

    return _send(RANKING, f"{claim_id}-timeline", form, make=make, is_usual=False)


@blp.get("/claims/<uuid:claim_id>/forecast.<any(svg, csv):form>")
@requires(Scope.READ)
def get_forecast(claim_id: UUID, form: str) -> Response:
    """Return the chart of a claim's daily forecasts."""

    def make() -> Made:
        now = utc_now()
        found = story.get_story(runtime().db, claim_id, now=now)
        kept = forecasts.forecast_claim(runtime().db, claim_id, level=DEFAULT_LEVEL, now=now).kept
        if form == "csv":
            return "".join(csv_table(_FORECAST, ((one.day, one.probability) for one in kept))), now
        plot = time_plots.through_time(forecast_points(kept))
        return _draw("forecast.svg", plot=plot, story=found, as_of=now), now

    return _send(RANKING, f"{claim_id}-forecast", form, make=make, is_usual=False)


@blp.get("/claims/<uuid:claim_id>/reasons.<any(svg, csv):form>")
@requires(Scope.READ)
def get_reasons(claim_id: UUID, form: str) -> Response:
    """Return the chart of the reasons that make a claim more or less likely than a typical one."""

    def make() -> Made:
        now = utc_now()
        found = story.get_story(runtime().db, claim_id, now=now)
        forecast = forecasts.forecast_claim(runtime().db, claim_id, level=DEFAULT_LEVEL, now=now)
        if form == "csv":
            return "".join(csv_table(_REASONS, _reason_rows(forecast))), now
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
    rows: Callable[[Portrait], Rows],
) -> Response:
    """Return a chart of an outlet, cached like its page."""
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
    """Return a chart as SVG.

    Raises:
        NotFound: There is too little to draw.
    """
    if not plot:
        raise NotFound("There are too few results to draw this chart. Get the existing ones as CSV.")
    return legal_xml(render_template(f"charts/{template}", plot=plot, **shown))


def _history_rows(found: Portrait) -> Iterator[Iterable[object]]:
    """Yield the points, without an estimate for fewer than 20 results (R17a)."""
    for point in found.history:
        record, rated = point.record, phrases.rated(point)
        estimate = (None,) * 4 if rated is None else (rated.mean, rated.lower, rated.upper, rated.level)
        yield (format_instant(point.as_of), record.right, record.resolved, record.expected, *estimate)


def _calibration_rows(found: Portrait) -> Iterator[Iterable[object]]:
    for part in found.calibration.bins:
        interval = part.interval.lower, part.interval.upper, part.interval.level
        yield (part.lower, part.upper, part.n, part.mean_probability, part.share_true, *interval)


def _timeline_rows(found: Story) -> Iterator[Iterable[object]]:
    for report in found.claim.reports:
        cited = None if report.relays is None else report.relays.outlet or report.relays.cited_as
        yield (
            *(report.id, format_instant(report.published_at), report.published_precision),
            *(report.outlet, found.names[report.outlet], report.stance, report.probability, report.commitment),
            *(report.role, cited, found.roots.get(report.id)),
            *(report.after_known, report.withdrawn is not None, report.url),
        )


def _reason_rows(forecast: ForecastView) -> Iterator[Iterable[object]]:
    """Yield the probability of a typical claim, and then each reason with the probability after it."""
    if forecast.base_probability is not None:
        at = forecast.base_probability
        yield ("A typical claim", None, at)
        for part in forecast.contributions:
            at += part.points / 100
            yield (part.words, part.points, at)
