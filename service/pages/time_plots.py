"""The geometry of charts that show estimates over time. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from service.methods.rating import Reliability
from service.pages.charts import Span, span, thin
from service.pages.formats import day, percent, with_range

_SPACE = "\N{NO-BREAK SPACE}"
_LABELS = 4
_FEW_MONTHS = dt.timedelta(days=90)


class TimePoint(Protocol):
    """An estimate at one moment."""

    @property
    def as_of(self) -> dt.datetime: ...

    @property
    def reliability(self) -> Reliability | None: ...


@dataclass(frozen=True, slots=True)
class AxisLabel:
    """A label on a time axis."""

    x: str
    words: str


@dataclass(frozen=True, slots=True)
class PlotPoint:
    """A point of a line, with the strip of the plot in which a pointer selects it."""

    x: str
    y: str
    left: str
    width: str
    words: str


@dataclass(frozen=True, slots=True)
class TimePlot:
    """A line through estimates, in a band of their intervals."""

    band: str
    """The band as an SVG path, like `line`."""
    line: str
    span: Span
    labels: list[AxisLabel]
    points: list[PlotPoint]


def through_time(points: Sequence[TimePoint]) -> TimePlot | None:
    """Return the plot of estimates over time; None if there are fewer than two."""
    known = [(point.as_of, point.reliability) for point in points if point.reliability is not None]
    if len(known) < 2:
        return None
    moments, estimates = zip(*thin(known), strict=True)
    first, last = moments[0], moments[-1]
    across = [100 * ((moment - first) / (last - first)) for moment in moments]
    within = span(estimates)

    def steps(shares: Iterable[float]) -> list[tuple[float, float]]:
        return _steps([(x, float(within.rise(share))) for x, share in zip(across, shares, strict=True)])

    uppers, lowers = steps(one.upper for one in estimates), steps(one.lower for one in estimates)
    return TimePlot(
        band=f"M{_path(uppers)}L{_path(lowers[::-1])}Z",
        line=f"M{_path(steps(one.mean for one in estimates))}",
        span=within,
        labels=_dates(first, last),
        points=list(_points(moments, estimates, across, within)),
    )


def _points(
    moments: Sequence[dt.datetime], estimates: Sequence[Reliability], across: Sequence[float], within: Span
) -> Iterator[PlotPoint]:
    """Yield the points of a line. The strip of a point ends halfway to its neighbours."""
    edges = [0.0, *((before + after) / 2 for before, after in pairwise(across)), 100.0]
    for n, (moment, estimate) in enumerate(zip(moments, estimates, strict=True)):
        width = edges[n + 1] - edges[n]
        words = f"{day(moment)}: {_in_words(estimate)}"
        yield PlotPoint(f"{across[n]:.1f}", within.rise(estimate.mean), f"{edges[n]:.2f}", f"{width:.2f}", words)


def _in_words(estimate: Reliability) -> str:
    if estimate.lower == estimate.upper:
        return f"{percent(estimate.mean)}{_SPACE}%"
    return with_range(estimate.mean, estimate.lower, estimate.upper)


def _steps(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points of a stepped line, which keeps each value until the next one."""
    line = [points[0]]
    for (_, before), (x, value) in pairwise(points):
        line += [(x, before), (x, value)] if value != before else []
    return [*line, points[-1]]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _dates(first: dt.datetime, last: dt.datetime) -> list[AxisLabel]:
    """Return the labels of a time axis: years or, for a shorter time, months or days."""
    years = [dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in range(first.year + 1, last.year + 1)]
    chosen = thin(years, _LABELS) if len(years) > 1 else [first, last]
    words = "{:%Y}" if len(years) > 1 else "{:%b %Y}" if last - first > _FEW_MONTHS else "{0.day} {0:%b %Y}"
    return [AxisLabel(f"{100 * ((moment - first) / (last - first)):.1f}", words.format(moment)) for moment in chosen]
