"""The geometry of charts, which templates draw as SVG. Pure.

Positions are percentages of the width and height, so a chart fits any screen while its text and lines keep their size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import NamedTuple, Protocol, TypeVar

from service.methods.rating import Reliability
from service.pages.formats import plural, with_range
from service.scores.calibration import CalibrationBin
from service.scores.trends import TrendPoint

T = TypeVar("T")

_POINTS = 120
_SPACE = "\N{NO-BREAK SPACE}"


class Span(NamedTuple):
    """The range of shares that an axis shows."""

    low: float = 0.0
    high: float = 1.0

    def place(self, share: float) -> str:
        """Return the position of a share on a horizontal axis, clamped to its ends.

        >>> Span().place(0.71349), Span(0.5, 1.0).place(0.75)
        ('71.3', '50.0')
        """
        return f"{100 * min(max((share - self.low) / (self.high - self.low), 0), 1):.1f}"

    def rise(self, share: float) -> str:
        """Return the position of a share on a vertical axis, measured from the top.

        >>> Span().rise(0.71349)
        '28.7'
        """
        return f"{100 - float(self.place(share)):.1f}"

    @property
    def marks(self) -> list[float]:
        """The shares that have a label on the axis."""
        step = 0.25 if self.high - self.low > 0.5 else 0.1
        count = round((self.high - self.low) / step)
        return [self.low + n * step for n in range(count + 1)]


WHOLE = Span()


@dataclass(frozen=True, slots=True)
class BinMark:
    """A range of stated probabilities in a calibration chart, as a dot with a bar for its interval."""

    x: str
    y: str
    top: str
    bottom: str
    r: str
    """The radius in pixels."""
    percent: int
    """The lower end of the range, in percent."""
    words: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a waterfall chart: a contribution, and the probability before and after it."""

    words: str
    points: float
    before: str
    after: str


class Contribution(Protocol):
    """A reason that raises or lowers a probability by some percentage points."""

    @property
    def words(self) -> str: ...

    @property
    def points(self) -> float: ...


def waterfall(start: float, contributions: Iterable[Contribution], *, least: float) -> list[Step]:
    """Return the steps of a waterfall chart, without those of less than `least` percentage points."""
    steps, at = [], start
    for part in contributions:
        before, at = at, at + part.points / 100
        steps.append(Step(part.words, part.points, WHOLE.place(before), WHOLE.place(at)))
    return [step for step in steps if abs(step.points) >= least]


def span(estimates: Iterable[Reliability | None]) -> Span:
    """Return the range of an axis, in whole tenths and at least 0.5 wide, that contains all intervals.

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
    """Return at most `most` evenly spaced points, including the first and the last.

    >>> thin(range(10), 4)
    [0, 3, 6, 9]
    """
    if len(points) <= most:
        return list(points)
    last = len(points) - 1
    return [points[round(n * last / (most - 1))] for n in range(most)]


def spark(trend: Sequence[TrendPoint]) -> str:
    """Return the points of a sparkline for an SVG polyline; empty for fewer than two estimates.

    The vertical scale covers the range of the estimates, but at least 0.2.
    """
    known = [(n, point.mean) for n, point in enumerate(trend) if point.mean is not None]
    if len(known) < 2:
        return ""
    low, high = min(mean for _, mean in known), max(mean for _, mean in known)
    middle, reach = (low + high) / 2, max(high - low, 0.2)
    last = len(trend) - 1
    return " ".join(f"{100 * n / last:.0f},{50 - 90 * (mean - middle) / reach:.0f}" for n, mean in known)


def _bin_in_words(part: CalibrationBin) -> str:
    stated = f"Stated {100 * part.lower:.0f}\N{EN DASH}{100 * part.upper:.0f}{_SPACE}%"
    true = with_range(part.share_true, part.interval.lower, part.interval.upper)
    return f"{stated}: {plural(part.n, 'claim')}, {true} proved true"


def calibration(bins: Sequence[CalibrationBin]) -> list[BinMark]:
    """Return the dots of a calibration chart; a range with more claims has a larger dot."""
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
