"""Tables with the data of the charts of outlets and claims. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from service.claims.forecast_views import ForecastView
from service.claims.story import Story
from service.pages import phrases
from service.scores.portrait import Portrait
from service.values.instants import format_instant

HISTORY = ("as_of", "right", "resolved", "expected", "reliability", "lower", "upper", "level")
CALIBRATION = ("lower", "upper", "n", "mean_probability", "share_true", "share_lower", "share_upper", "level")
TIMELINE = (
    *("id", "published_at", "published_precision", "outlet", "name", "stance", "probability", "commitment"),
    *("role", "relays", "root", "after_known", "withdrawn", "url"),
)
FORECAST = ("day", "probability")
REASONS = ("reason", "points", "probability")

Rows = Iterable[Iterable[object]]


def history_rows(found: Portrait) -> Iterator[Iterable[object]]:
    """Yield a row for each point of an outlet's history, without estimates below 20 results (R17a)."""
    for point in found.history:
        record, rated = point.record, phrases.rated(point)
        estimate = (None,) * 4 if rated is None else (rated.mean, rated.lower, rated.upper, rated.level)
        yield (format_instant(point.as_of), record.right, record.resolved, record.expected, *estimate)


def calibration_rows(found: Portrait) -> Iterator[Iterable[object]]:
    """Yield a row for each range of an outlet's stated probabilities."""
    for part in found.calibration.bins:
        interval = part.interval.lower, part.interval.upper, part.interval.level
        yield (part.lower, part.upper, part.n, part.mean_probability, part.share_true, *interval)


def timeline_rows(found: Story) -> Iterator[Iterable[object]]:
    """Yield a row for each report on a claim."""
    for report in found.claim.reports:
        cited = None if report.relays is None else report.relays.outlet or report.relays.cited_as
        yield (
            *(report.id, format_instant(report.published_at), report.published_precision),
            *(report.outlet, found.names[report.outlet], report.stance, report.probability, report.commitment),
            *(report.role, cited, found.roots.get(report.id)),
            *(report.after_known, report.withdrawn is not None, report.url),
        )


def reason_rows(forecast: ForecastView) -> Iterator[Iterable[object]]:
    """Yield a row for a typical claim, then one for each reason with the resulting probability."""
    if forecast.base_probability is not None:
        at = forecast.base_probability
        yield ("A typical claim", None, at)
        for part in forecast.contributions:
            at += part.points / 100
            yield (part.words, part.points, at)
