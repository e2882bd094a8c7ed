"""The parts of the timeline of a claim: its lanes, and the marks and lines on them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from service.claims.views import ReportView
from service.pages.timeline_axis import DateLabel, MomentMark

LANE = 22
"""The height of a lane in pixels; the names beside it have the same height in claim.css."""

_FOOT = 26  # pixels, the space below the lanes for dates


@dataclass(frozen=True, slots=True)
class ReportMark:
    """The mark of a report, or of equal reports of several outlets."""

    x: str
    y: str
    reports: list[ReportView]

    @property
    def report(self) -> ReportView:
        return self.reports[0]


@dataclass(slots=True)
class Lane:
    """The reports of one outlet, or of several outlets with equal reports."""

    slugs: list[str | None]
    """The outlets; None is an unnamed source."""
    top: int
    marks: list[ReportMark] = field(default_factory=list)
    """The marks of the reports; empty for a source that other outlets cite but that has no report."""

    @property
    def bottom(self) -> int:
        return self.top + LANE

    @property
    def middle(self) -> int:
        return self.top + LANE // 2


@dataclass(frozen=True, slots=True)
class RelayLine:
    """The line from a relay to its root."""

    x1: str
    y1: str
    x2: str
    y2: str
    kind: Literal["said", "unsaid"]
    """`said` if the root had a report of its own before the relay, else `unsaid`."""
    drop: float | None
    """The height of a steep line, which is drawn as a curve; None for other lines."""


@dataclass(slots=True)
class Timeline:
    """The layout of a claim's timeline."""

    top: int
    """The space above the lanes, for the labels of moments, in pixels."""
    lanes: list[Lane]
    ties: list[RelayLine]
    moments: list[MomentMark]
    dates: list[DateLabel]
    left_out: int
    """The number of outlets that have no lane because there are too many."""

    @property
    def height(self) -> int:
        return _FOOT + (self.lanes[-1].bottom if self.lanes else self.top)
