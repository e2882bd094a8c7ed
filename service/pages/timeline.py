"""The geometry of the timeline of a claim: a lane per outlet, or per group of outlets that reported alike. Pure.

Horizontal positions are percentages of the width, so that the timeline fits any screen. Vertical ones are pixels.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from uuid import UUID

from service.claims.story import Story
from service.claims.views import ReportView
from service.pages.charts import thin
from service.pages.phrases import day
from service.values.vocabulary import Precision

LANE = 22
"""The height of a lane in pixels, which claim.css repeats for the names beside it."""
MAX_LANES = 40
MAX_MARKS = 300
"""If a claim has more reports, a sample with even spacing is drawn."""

_LABEL = 17  # pixels, the height of the label of a moment
_FOOT = 26  # pixels, the space below the lanes for dates
_MARGIN = 2.5  # percent on either side
_STEEP = 1.0  # percent; a relay line narrower than this is drawn as a curve
_SHORT_SPAN = dt.timedelta(days=2)  # labelled with times instead of days
_ZOOM = 10  # the axis shows only the reports if all of them are in the first tenth of the time
_SPACE = "\N{NO-BREAK SPACE}"
_EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)
_LATEST = dt.datetime.max.replace(tzinfo=dt.UTC)

Anchor: TypeAlias = Literal["start", "middle", "end"]
Moment: TypeAlias = Literal["known", "due", "today"]


@dataclass(frozen=True, slots=True)
class ReportMark:
    """The mark of a report, or of the reports of several outlets that are alike."""

    x: str
    y: str
    reports: list[ReportView]

    @property
    def report(self) -> ReportView:
        return self.reports[0]


@dataclass(slots=True)
class Lane:
    """The reports of one outlet, or of several that reported the same at the same times."""

    slugs: list[str | None]
    """None is a source that is not named."""
    top: int
    marks: list[ReportMark] = field(default_factory=list)
    """Empty if other outlets only cite it."""

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
    """The height of a steep line; None for other lines."""


@dataclass(frozen=True, slots=True)
class MomentMark:
    """The vertical line at the due date, at the time the answer became known, or today."""

    kind: Moment
    x: str
    y: int
    anchor: Anchor
    words: str
    is_beyond: bool
    """Whether it is later than the axis shows."""


@dataclass(frozen=True, slots=True)
class DateLabel:
    """A date below the lanes."""

    x: str
    anchor: Anchor
    words: str


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
    """The number of outlets without a lane, because there are too many."""

    @property
    def height(self) -> int:
        return _FOOT + (self.lanes[-1].bottom if self.lanes else self.top)


def draw_timeline(story: Story, *, now: dt.datetime) -> Timeline:
    """Return the timeline of a claim, which is empty without reports."""
    claim = story.claim
    if not claim.reports:
        return Timeline(0, [], [], [], [], 0)
    moments = _moments(story, now)
    span = _Span.over([report.published_at for report in claim.reports], moments)
    top = _LABEL * len(moments) + 6
    groups = _groups(claim.reports, story.roots, span)
    lanes = [Lane(slugs, top + LANE * place) for place, slugs in enumerate(groups[:MAX_LANES])]
    by_slug = {slug: lane for lane in lanes for slug in lane.slugs}
    _add_marks(by_slug, claim.reports, span)
    ties = list(_ties(lanes, by_slug, story.roots))
    left_out = sum(map(len, groups)) - len(by_slug)
    has_times = any(report.published_precision is Precision.INSTANT for report in claim.reports)
    return Timeline(top, lanes, ties, list(_moment_marks(moments, span)), span.dates(has_times=has_times), left_out)


def _moments(story: Story, now: dt.datetime) -> dict[Moment, dt.datetime]:
    """Return the moments to mark; today is one until the answer is known."""
    claim = story.claim
    known_at = None if claim.resolution is None else claim.resolution.known_at
    today = now if known_at is None else None
    moments: dict[Moment, dt.datetime | None] = {"known": known_at, "due": claim.resolves_by, "today": today}
    return {kind: moment for kind, moment in moments.items() if moment is not None}


@dataclass(frozen=True, slots=True)
class _Span:
    """The time span that the axis shows."""

    first: dt.datetime
    last: dt.datetime

    @classmethod
    def over(cls, reports: Sequence[dt.datetime], moments: Mapping[Moment, dt.datetime]) -> _Span:
        """Return the span of the reports and moments, or only of the reports if they are in its first tenth.

        Once the answer is known, a later due date is beyond the span.
        """
        shown = [at for kind, at in moments.items() if kind == "known" or at <= moments.get("known", at)]
        first, last = min([*reports, *shown]), max([*reports, *shown])
        if first == last:
            half = _SHORT_SPAN / 2
            return cls(first - min(half, first - _EARLIEST), last + min(half, _LATEST - last))
        active = max(reports) - first
        if min(reports) < max(reports) and active * _ZOOM < last - first:
            return cls(first, first + active * 1.1)
        return cls(first, last)

    def x(self, moment: dt.datetime) -> float:
        return _MARGIN + (100 - 2 * _MARGIN) * min((moment - self.first) / (self.last - self.first), 1)

    def dates(self, *, has_times: bool) -> list[DateLabel]:
        """Return labels for both ends and the middle: times on a short span that has any, else days, each day once."""
        label = _minute if has_times and self.last - self.first < _SHORT_SPAN else day
        middle = self.first + (self.last - self.first) / 2
        moments: dict[Anchor, dt.datetime] = {"start": self.first, "middle": middle, "end": self.last}
        labels = [DateLabel(f"{self.x(at):.1f}", anchor, label(at)) for anchor, at in moments.items()]
        ends = {labels[0].words, labels[-1].words}
        return [one for one in labels if one.anchor != "middle" or one.words not in ends]


def _minute(moment: dt.datetime) -> str:
    """Format an instant to the minute without its year, so that two fit on a phone."""
    return f"{moment.day}{_SPACE}{moment:%b},{_SPACE}{moment:%H:%M}"


def _groups(reports: Sequence[ReportView], roots: Mapping[UUID, str | None], span: _Span) -> list[list[str | None]]:
    """Return the outlets in the order of their first report, with a root right before its first relay.

    Outlets whose lanes would look the same are together, except for roots, to which lines lead.
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


def _likeness(report: ReportView, roots: Mapping[UUID, str | None], span: _Span) -> tuple[object, ...]:
    """Return the members that a mark shows. Times are the same if a mark would cover the other one."""
    is_relay, root = report.id in roots, roots.get(report.id)
    return (
        round(span.x(report.published_at)),
        report.stance,
        is_relay,
        root,
        report.after_known,
        report.withdrawn is None,
    )


def _add_marks(lanes: Mapping[str | None, Lane], reports: Sequence[ReportView], span: _Span) -> None:
    """Add a mark for each report to its lane; the reports of the outlets in one lane share their marks."""
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
    """Yield the line from each relay to the last earlier report of its root, or else to the lane of the root."""
    for lane in lanes:
        for mark in lane.marks:
            root = by_slug.get(roots[mark.report.id]) if mark.report.id in roots else None
            if root is not None:
                before = [earlier for earlier in root.marks if float(earlier.x) <= float(mark.x)]
                x2, y2 = (before[-1].x, before[-1].y) if before else (mark.x, f"{root.middle}")
                is_steep = abs(float(mark.x) - float(x2)) < _STEEP
                drop = round(float(y2) - float(mark.y), 1) if is_steep else None
                yield RelayLine(mark.x, mark.y, x2, y2, "said" if before else "unsaid", drop)


def _moment_marks(moments: Mapping[Moment, dt.datetime], span: _Span) -> Iterator[MomentMark]:
    """Yield the marks of moments, first those without a line, so that no line crosses their labels."""
    in_order = sorted(moments.items(), key=lambda item: item[1] <= span.last)
    for row, (kind, moment) in enumerate(in_order):
        x, is_beyond = span.x(moment), moment > span.last
        anchor: Anchor = "start" if x < 20 else "end" if x > 80 else "middle"
        words = "today" if kind == "today" else f"{kind} {day(moment)}"
        words += "\N{NO-BREAK SPACE}\N{RIGHTWARDS ARROW}" if is_beyond else ""
        yield MomentMark(kind, f"{x:.2f}", 12 + _LABEL * row, anchor, words, is_beyond)
