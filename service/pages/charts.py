"""Where things stand in pictures: points, bands and axes in per cent of the room there is. Pure.

Pictures are SVG that the templates write out. Places are per cent of the width and height, so that a picture fits any
screen while its words and lines keep their size.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import ceil, floor
from typing import Any, NamedTuple, TypeVar

from service.values.instants import parse_instant

T = TypeVar("T")

_POINTS = 120
_LABELS = 4
_FEW_MONTHS = dt.timedelta(days=90)


class Span(NamedTuple):
    """The part of all shares that a picture shows."""

    low: float = 0.0
    high: float = 1.0

    def place(self, share: float) -> str:
        """How far along a share is, in per cent; what lies outside is at the end.

        >>> Span().place(0.71349), Span(0.5, 1.0).place(0.75)
        ('71.3', '50.0')
        """
        return f"{100 * min(max((share - self.low) / (self.high - self.low), 0), 1):.1f}"

    def rise(self, share: float) -> str:
        """The same for an axis that runs upwards.

        >>> Span().rise(0.71349)
        '28.7'
        """
        return f"{100 - float(self.place(share)):.1f}"

    @property
    def marks(self) -> list[float]:
        """What is written at its axis."""
        step = 0.25 if self.high - self.low > 0.5 else 0.1
        count = round((self.high - self.low) / step)
        return [self.low + n * step for n in range(count + 1)]


WHOLE = Span()


def span(found: Iterable[Mapping[str, Any] | None]) -> Span:
    """What holds some intervals, from one tenth to another, and at least half of all there is.

    >>> span([{"lower": 0.61, "upper": 0.93}, None])
    Span(low=0.5, high=1.0)
    """
    known = [one for one in found if one is not None]
    low = floor(10 * min((one["lower"] for one in known), default=0.0)) / 10
    high = ceil(10 * max((one["upper"] for one in known), default=1.0)) / 10
    if high - low > 0.5:
        return WHOLE
    low = min(low, 0.5)
    return Span(low, max(high, round(low + 0.5, 1)))


def thin(points: Sequence[T], most: int = _POINTS) -> list[T]:
    """Some of many points, evenly, with the first and the last.

    >>> thin(range(10), 4)
    [0, 3, 6, 9]
    """
    if len(points) <= most:
        return list(points)
    last = len(points) - 1
    return [points[round(n * last / (most - 1))] for n in range(most)]


def spark(trend: Sequence[Mapping[str, Any]]) -> str:
    """A small line through the estimates of a year, scaled to what it moves in, and to 20 points at least."""
    known = [(n, point["mean"]) for n, point in enumerate(trend) if point["mean"] is not None]
    if len(known) < 2:
        return ""
    low, high = min(mean for _, mean in known), max(mean for _, mean in known)
    middle, reach = (low + high) / 2, max(high - low, 0.2)
    last = len(trend) - 1
    return " ".join(f"{100 * n / last:.0f},{50 - 90 * (mean - middle) / reach:.0f}" for n, mean in known)


def through_time(points: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """A score through time with its band; None where there is no line to draw."""
    known = [point for point in points if point["reliability"] is not None]
    if len(known) < 2:
        return None
    shown = thin(known)
    moments = [parse_instant(point["as_of"]) for point in shown]
    first, last = moments[0], moments[-1]
    across = [100 * ((moment - first) / (last - first)) for moment in moments]
    within = span(point["reliability"] for point in shown)
    uppers, lowers, means = (
        [(x, float(within.rise(point["reliability"][name]))) for x, point in zip(across, shown, strict=True)]
        for name in ("upper", "lower", "mean")
    )
    return {
        "band": f"M{_path(_steps(uppers))}L{_path(_steps(lowers)[::-1])}Z",
        "line": f"M{_path(_steps(means))}",
        "span": within,
        "labels": list(_dates(first, last)),
    }


def _steps(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A value holds until the next one."""
    held = [points[0]]
    for (_, before), (x, value) in pairwise(points):
        held += [(x, before), (x, value)] if value != before else []
    return [*held, points[-1]]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _dates(first: dt.datetime, last: dt.datetime) -> Sequence[dict[str, str]]:
    """Years to write under an axis of time, or months where it has no two years, or days where it has few months."""
    years = [dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in range(first.year + 1, last.year + 1)]
    chosen = thin(years, _LABELS) if len(years) > 1 else [first, last]
    words = "{:%Y}" if len(years) > 1 else "{:%b %Y}" if last - first > _FEW_MONTHS else "{0.day} {0:%b %Y}"
    return [
        {"x": f"{100 * ((moment - first) / (last - first)):.1f}", "words": words.format(moment)} for moment in chosen
    ]


def calibration(bins: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Where the bins of a calibration stand, and how large their dots are: the area tells the number."""
    most = max((one["n"] for one in bins), default=1)
    return [
        {
            "x": WHOLE.place(one["mean_probability"]),
            "y": WHOLE.rise(one["share_true"]),
            "top": WHOLE.rise(one["interval"]["upper"]),
            "bottom": WHOLE.rise(one["interval"]["lower"]),
            "r": f"{3 + 6 * (one['n'] / most) ** 0.5:.1f}",
            "n": one["n"],
        }
        for one in bins
    ]
