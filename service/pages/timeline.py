"""The geometry of the timeline of a claim: a lane for each outlet, or for several with equal reports. Pure.

Horizontal positions are percentages of the width, so that the timeline fits any screen. Vertical ones are pixels.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from service.claims.story import Story
from service.claims.views import ReportView
from service.pages.charts import thin
from service.pages.timeline_axis import LABEL, DateLabel, MomentMark, Span, mark_moments, marked_moments
from service.values.vocabulary import Precision

LANE = 22
"""The height of a lane in pixels; the names beside it have the same height in claim.css."""
MAX_LANES = 40
MAX_MARKS = 300
"""The largest number of marks; of more reports, an evenly spaced sample is drawn."""

_FOOT = 26  # pixels, the space below the lanes for dates
_STEEP = 1.0  # percent; a relay line narrower than this is drawn as a curve


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
    """The marks; empty for a source that other outlets only cite."""

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
    """Whether the root had a report of its own before the relay."""
    drop: float | None
    """The height of a steep line, which is drawn as a curve; None for other lines."""


@dataclass(slots=True)
class Timeline:
    """The timeline of a claim."""

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


def draw_timeline(story: Story, *, now: dt.datetime) -> Timeline:
    """Return the timeline of a claim, which is empty without reports."""
    claim = story.claim
    if not claim.reports:
        return Timeline(0, [], [], [], [], 0)
    moments = marked_moments(story, now)
    span = Span.over([report.published_at for report in claim.reports], moments)
    top = LABEL * len(moments) + 6
    groups = _groups(claim.reports, story.roots, span)
    lanes = [Lane(slugs, top + LANE * place) for place, slugs in enumerate(groups[:MAX_LANES])]
    by_slug = {slug: lane for lane in lanes for slug in lane.slugs}
    _add_marks(by_slug, claim.reports, span)
    ties = list(_ties(lanes, by_slug, story.roots))
    left_out = sum(map(len, groups)) - len(by_slug)
    has_times = any(report.published_precision is Precision.INSTANT for report in claim.reports)
    return Timeline(top, lanes, ties, list(mark_moments(moments, span)), span.dates(has_times=has_times), left_out)


def _groups(reports: Sequence[ReportView], roots: Mapping[UUID, str | None], span: Span) -> list[list[str | None]]:
    """Return the outlets in the order of their first report, with a root right before its first relay.

    Outlets with equal lanes form a group, except for roots, because lines lead to them.
    """
    by_outlet: dict[str | None, list[ReportView]] = {}
    for report in reports:
        if report.id in roots:
            by_outlet.setdefault(roots[report.id], [])
        by_outlet.setdefault(report.outlet, []).append(report)
    groups: dict[object, list[str | None]] = {}
    for slug, own in by_outlet.items():
        is_root = not own or slug in roots.values()
        alike = slug if is_root else tuple(_likeness(report, roots, span) for report in own)
        groups.setdefault(alike, []).append(slug)
    return list(groups.values())


def _likeness(report: ReportView, roots: Mapping[UUID, str | None], span: Span) -> tuple[object, ...]:
    """Return the properties of a report that its mark shows. Times are equal if one mark would cover the other."""
    is_relay, root = report.id in roots, roots.get(report.id)
    return (
        round(span.x(report.published_at)),
        report.stance,
        is_relay,
        root,
        report.after_known,
        report.withdrawn is None,
    )


def _add_marks(lanes: Mapping[str | None, Lane], reports: Sequence[ReportView], span: Span) -> None:
    """Add a mark for each report to its lane; equal reports of the outlets in a lane share a mark."""
    together: dict[tuple[int, int], list[ReportView]] = {}
    places: dict[str, int] = {}
    for report in reports:
        if report.outlet in lanes:
            place = places[report.outlet] = places.get(report.outlet, -1) + 1
            together.setdefault((lanes[report.outlet].top, place), []).append(report)
    for alike in thin(sorted(together.values(), key=lambda found: found[0].published_at), MAX_MARKS):
        lane = lanes[alike[0].outlet]
        lane.marks.append(ReportMark(f"{span.x(alike[0].published_at):.2f}", f"{lane.middle}", alike))


def _ties(
    lanes: Sequence[Lane], by_slug: Mapping[str | None, Lane], roots: Mapping[UUID, str | None]
) -> Iterator[RelayLine]:
    """Yield the line from each relay to the last earlier report of its root, or else to its lane."""
    for lane in lanes:
        for mark in lane.marks:
            root = by_slug.get(roots[mark.report.id]) if mark.report.id in roots else None
            if root is not None:
                before = [earlier for earlier in root.marks if float(earlier.x) <= float(mark.x)]
                x2, y2 = (before[-1].x, before[-1].y) if before else (mark.x, f"{root.middle}")
                is_steep = abs(float(mark.x) - float(x2)) < _STEEP
                drop = round(float(y2) - float(mark.y), 1) if is_steep else None
                yield RelayLine(mark.x, mark.y, x2, y2, "said" if before else "unsaid", drop)
