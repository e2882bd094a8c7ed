"""Where things stand in pictures: points, bands and axes in per cent of the room there is. Pure.

Pictures are SVG that the templates write out. Places are per cent of the width and height, so that a picture fits any
screen while its words and lines keep their size.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from service.instants import parse_instant

T = TypeVar("T")

SHARES = (0, 25, 50, 75, 100)
"""What is written at the axis of shares, in per cent."""
_POINTS = 120
_LABELS = 4


def place(share: float) -> str:
    """How far a share is along its axis, in per cent.

    >>> place(0.71349)
    '71.3'
    """
    return f"{100 * share:.1f}"


def rise(share: float) -> str:
    """The same for an axis that runs upwards.

    >>> rise(0.71349)
    '28.7'
    """
    return f"{100 - 100 * share:.1f}"


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
    uppers = [(x, point["reliability"]["upper"]) for x, point in zip(across, shown, strict=True)]
    lowers = [(x, point["reliability"]["lower"]) for x, point in zip(across, shown, strict=True)]
    means = [(x, point["reliability"]["mean"]) for x, point in zip(across, shown, strict=True)]
    return {
        "band": f"M{_path(_steps(uppers))}L{_path(_steps(lowers)[::-1])}Z",
        "line": f"M{_path(_steps(means))}",
        "labels": list(_dates(first, last)),
    }


def _steps(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A value holds until the next one."""
    held = [points[0]]
    for (_, before), (x, value) in pairwise(points):
        held += [(x, before), (x, value)] if value != before else []
    return [*held, points[-1]]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f} {100 - 100 * share:.1f}" for x, share in points)


def _dates(first: dt.datetime, last: dt.datetime) -> Sequence[dict[str, str]]:
    """Years to write under an axis of time, or months where it has no two years."""
    years = [dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in range(first.year + 1, last.year + 1)]
    chosen = thin(years, _LABELS) if len(years) > 1 else [first, last]
    words = "%Y" if len(years) > 1 else "%b %Y"
    return [
        {"x": f"{100 * ((moment - first) / (last - first)):.1f}", "words": f"{moment:{words}}"} for moment in chosen
    ]


def calibration(bins: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Where the bins of a calibration stand, and how large their dots are: the area tells the number."""
    most = max((one["n"] for one in bins), default=1)
    return [
        {
            "x": place(one["mean_probability"]),
            "y": rise(one["share_true"]),
            "top": rise(one["interval"]["upper"]),
            "bottom": rise(one["interval"]["lower"]),
            "r": f"{3 + 6 * (one['n'] / most) ** 0.5:.1f}",
            "n": one["n"],
        }
        for one in bins
    ]
