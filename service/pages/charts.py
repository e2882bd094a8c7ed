"""The geometry of pictures, which templates draw as SVG. Pure.

Positions are per cent of the width and height, so that a picture fits any screen while its text and lines keep their
size.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor
from typing import NamedTuple, Protocol, TypeVar

from service.methods.reliability import Reliability
from service.pages.phrases import day, percent, plural
from service.scores.calibration import CalibrationBin
from service.scores.trends import TrendPoint

T = TypeVar("T")

_POINTS = 120
_SPACE = "\N{NO-BREAK SPACE}"
_LABELS = 4
_FEW_MONTHS = dt.timedelta(days=90)


class Span(NamedTuple):
    """The range of shares that an axis shows."""

    low: float = 0.0
    high: float = 1.0

    def place(self, share: float) -> str:
        """Return the position of a share on a horizontal axis; a share outside the range is placed at the end.

        >>> Span().place(0.71349), Span(0.5, 1.0).place(0.75)
        ('71.3', '50.0')
        """
        return f"{100 * min(max((share - self.low) / (self.high - self.low), 0), 1):.1f}"

    def rise(self, share: float) -> str:
        """Return the position of a share on a vertical axis.

        >>> Span().rise(0.71349)
        '28.7'
        """
        return f"{100 - float(self.place(share)):.1f}"

    @property
    def marks(self) -> list[float]:
        """The shares that are labelled on the axis."""
        step = 0.25 if self.high - self.low > 0.5 else 0.1
        count = round((self.high - self.low) / step)
        return [self.low + n * step for n in range(count + 1)]


WHOLE = Span()


class TimePoint(Protocol):
    """An estimate at one moment."""

    @property
    def as_of(self) -> dt.datetime: ...

    @property
    def reliability(self) -> Reliability | None: ...


@dataclass(frozen=True, slots=True)
class AxisLabel:
    """A label of an axis of time."""

    x: str
    words: str


@dataclass(frozen=True, slots=True)
class PlotPoint:
    """A point of a line, with the strip of the plot that is closest to it."""

    x: str
    y: str
    left: str
    width: str
    words: str


@dataclass(frozen=True, slots=True)
class TimePlot:
    """A line through estimates, in a band of their intervals."""

    band: str
    """An SVG path, as `line`."""
    line: str
    span: Span
    labels: list[AxisLabel]
    points: list[PlotPoint]


@dataclass(frozen=True, slots=True)
class BinMark:
    """The dot of a calibration bin, with its interval."""

    x: str
    y: str
    top: str
    bottom: str
    r: str
    """The radius in pixels."""
    percent: int
    """The lower end of the bin, in per cent."""
    words: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a waterfall: a contribution that changes a probability."""

    words: str
    points: float
    before: str
    after: str


class Contribution(Protocol):
    """A contribution to a probability."""

    @property
    def words(self) -> str: ...

    @property
    def points(self) -> float: ...


def waterfall(start: float, contributions: Iterable[Contribution], *, least: float) -> list[Step]:
    """Return the steps from a probability to another one, without those of fewer points than `least`."""
    steps, at = [], start
    for part in contributions:
        before, at = at, at + part.points / 100
        steps.append(Step(part.words, part.points, WHOLE.place(before), WHOLE.place(at)))
    return [step for step in steps if abs(step.points) >= least]


def span(estimates: Iterable[Reliability | None]) -> Span:
    """Return the range in whole tenths that contains some intervals, at least half of the whole range.

    >>> span([Reliability(mean=0.8, lower=0.61, upper=0.93, level=0.9), None])
    Span(low=0.5, high=1.0)
    """
    known = [estimate for estimate in estimates if estimate is not None]
    low = floor(10 * min((estimate.lower for estimate in known), default=0.0)) / 10
    high = ceil(10 * max((estimate.upper for estimate in known), default=1.0)) / 10
    if high - low > 0.5:
        return WHOLE
    low = min(low, 0.5)
    return Span(low, max(high, round(low + 0.5, 1)))


def thin(points: Sequence[T], most: int = _POINTS) -> list[T]:
    """Return at most `most` points, evenly chosen, including the first and the last.

    >>> thin(range(10), 4)
    [0, 3, 6, 9]
    """
    if len(points) <= most:
        return list(points)
    last = len(points) - 1
    return [points[round(n * last / (most - 1))] for n in range(most)]


def spark(trend: Sequence[TrendPoint]) -> str:
    """Return the points of a small line, scaled to the range of the estimates, which is at least 0.2."""
    known = [(n, point.mean) for n, point in enumerate(trend) if point.mean is not None]
    if len(known) < 2:
        return ""
    low, high = min(mean for _, mean in known), max(mean for _, mean in known)
    middle, reach = (low + high) / 2, max(high - low, 0.2)
    last = len(trend) - 1
    return " ".join(f"{100 * n / last:.0f},{50 - 90 * (mean - middle) / reach:.0f}" for n, mean in known)


def through_time(points: Sequence[TimePoint]) -> TimePlot | None:
    """Return the plot of estimates over time, or None for fewer than two."""
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
    """Yield the points of a line; each has the strip up to the middle between it and its neighbours."""
    edges = [0.0, *((before + after) / 2 for before, after in pairwise(across)), 100.0]
    for n, (moment, estimate) in enumerate(zip(moments, estimates, strict=True)):
        width = edges[n + 1] - edges[n]
        words = f"{day(moment)}: {_in_words(estimate)}"
        yield PlotPoint(f"{across[n]:.1f}", within.rise(estimate.mean), f"{edges[n]:.2f}", f"{width:.2f}", words)


def _in_words(estimate: Reliability) -> str:
    if estimate.lower == estimate.upper:
        return f"{percent(estimate.mean)}{_SPACE}%"
    return _range(estimate.mean, estimate.lower, estimate.upper)


def _range(share: float, lower: float, upper: float) -> str:
    return f"{percent(share)}{_SPACE}% ({percent(lower)}\N{EN DASH}{percent(upper)})"


def _steps(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points of a line that keeps each value until the next one."""
    line = [points[0]]
    for (_, before), (x, value) in pairwise(points):
        line += [(x, before), (x, value)] if value != before else []
    return [*line, points[-1]]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _dates(first: dt.datetime, last: dt.datetime) -> list[AxisLabel]:
    """Return years as labels, or for a shorter time months or days."""
    years = [dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in range(first.year + 1, last.year + 1)]
    chosen = thin(years, _LABELS) if len(years) > 1 else [first, last]
    words = "{:%Y}" if len(years) > 1 else "{:%b %Y}" if last - first > _FEW_MONTHS else "{0.day} {0:%b %Y}"
    return [AxisLabel(f"{100 * ((moment - first) / (last - first)):.1f}", words.format(moment)) for moment in chosen]


def _bin_in_words(part: CalibrationBin) -> str:
    stated = f"Stated {100 * part.lower:.0f}\N{EN DASH}{100 * part.upper:.0f}{_SPACE}%"
    true = _range(part.share_true, part.interval.lower, part.interval.upper)
    return f"{stated}: {plural(part.n, 'claim')}, {true} proved true"


def calibration(bins: Sequence[CalibrationBin]) -> list[BinMark]:
    """Return the dots of the bins; the area of a dot is proportional to the number of its claims."""
    most = max((part.n for part in bins), default=1)
    return [
        BinMark(
            x=WHOLE.place(part.mean_probability),
            y=WHOLE.rise(part.share_true),
            top=WHOLE.rise(part.interval.upper),
            bottom=WHOLE.rise(part.interval.lower),
            r=f"{3 + 6 * (part.n / most) ** 0.5:.1f}",
            percent=round(100 * part.lower),
            words=_bin_in_words(part),
        )
        for part in bins
    ]
