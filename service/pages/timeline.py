"""The geometry of the timeline of a claim: a lane per outlet, a mark per report. Pure.

Horizontal positions are per cent of the width, so that the timeline fits any screen; vertical ones are pixels, so that
a lane fits its text. The height of a mark within its lane is the probability of the report, or else its commitment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from service.claims.story import Story
from service.claims.views import ReportView
from service.pages.charts import thin
from service.pages.phrases import day, minute, plural
from service.values.vocabulary import Stance

TOP = 46
"""The space above the lanes, for the labels of moments, in pixels."""
FOOT = 26
"""The space below the lanes, for dates, in pixels."""
MAX_LANES = 40
MAX_MARKS = 300
"""If a claim has more reports, a sample with even spacing is drawn."""

_NAME_HEIGHT = 24  # pixels
_BAND = 30  # pixels, the height of a band with marks
_LOW_BAND = 14  # pixels, if there are more than a few lanes
_FEW_LANES = 8
_MARGIN = 2.5  # per cent on either side
_STEEP = 1.0  # per cent; a relay line narrower than this is drawn as a curve
_SHORT_SPAN = dt.timedelta(days=2)  # labelled with times instead of days
_EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)
_LATEST = dt.datetime.max.replace(tzinfo=dt.UTC)
_UNNAMED = "a source that is not named"


Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class ReportMark:
    """The mark of a report."""

    id: UUID
    x: str
    y: str
    stance: Stance
    report: ReportView


@dataclass(slots=True)
class Lane:
    """The reports of one outlet; none if other outlets only cite it."""

    slug: str | None
    name: str
    top: int
    band: int
    """The height of the part that holds marks."""
    marks: list[ReportMark] = field(default_factory=list)

    @property
    def bottom(self) -> int:
        return self.top + _NAME_HEIGHT + self.band + 8

    def y(self, height: float) -> float:
        return self.top + _NAME_HEIGHT + self.band * (1 - height)


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
    """The vertical line at the due date or at the time the answer became known."""

    kind: Literal["due", "known"]
    x: str
    y: int
    anchor: Anchor
    words: str


@dataclass(frozen=True, slots=True)
class DateLabel:
    """A date below the lanes."""

    x: str
    anchor: Anchor
    words: str


@dataclass(slots=True)
class Timeline:
    """The timeline of a claim."""

    lanes: list[Lane]
    ties: list[RelayLine]
    moments: list[MomentMark]
    dates: list[DateLabel]
    left_out: int
    """The number of outlets without a lane, because there are too many."""

    @property
    def height(self) -> int:
        return FOOT + (self.lanes[-1].bottom if self.lanes else TOP)


def draw_timeline(story: Story) -> Timeline:
    """Return the timeline of a claim, which is empty without reports."""
    claim = story.claim
    if not claim.reports:
        return Timeline([], [], [], [], 0)
    known_at = None if claim.resolution is None else claim.resolution.known_at
    moments: Mapping[Literal["due", "known"], dt.datetime | None] = {"due": claim.resolves_by, "known": known_at}
    span = _Span.over([report.published_at for report in claim.reports] + [at for at in moments.values() if at])
    slugs = _slugs(claim.reports, story.roots)
    lanes = _lanes(slugs[:MAX_LANES], story.names)
    for report in thin([report for report in claim.reports if report.outlet in lanes], MAX_MARKS):
        lane = lanes[report.outlet]
        lane.marks.append(_mark(report, lane, span))
    ties = list(_ties(lanes, story.roots))
    marks = list(_moment_marks(moments, span))
    return Timeline(list(lanes.values()), ties, marks, span.dates(), len(slugs) - len(lanes))


def summarise(story: Story) -> str:
    """Return a summary of the timeline in one or two sentences."""
    counted = [report for report in story.claim.reports if report.withdrawn is None]
    if not counted:
        return "No report of it counts."
    sides: dict[str, Stance] = {}
    for report in counted:
        if report.stance.takes_side or report.outlet not in sides:
            sides[report.outlet] = report.stance
    first, last = day(counted[0].published_at), day(counted[-1].published_at)
    when = f"on {first}" if first == last else f"from {first} to {last}"
    summary = f"{plural(len(sides), 'outlet')} carried it in {plural(len(counted), 'report')} {when}: {_sides(sides)}."
    if not story.claim.independent_roots:
        return summary
    back = "It goes" if len(counted) == 1 else "They go"
    return f"{summary} {back} back to {plural(story.claim.independent_roots, 'independent source')}{_by_side(story)}."


def _by_side(story: Story) -> str:
    """Return the number of independent sources on each side, if there are any on both."""
    roots = story.claim.roots
    return f", {roots.support} in support and {roots.deny} against" if roots.support and roots.deny else ""


def _sides(sides: Mapping[str, Stance]) -> str:
    stances = list(sides.values())
    counts = [(stances.count(Stance.SUPPORT), "supported it"), (stances.count(Stance.DENY), "denied it")]
    counts.append((len(stances) - sum(count for count, _ in counts), "took no side"))
    return ", ".join(f"{count} {words}" for count, words in counts if count)


@dataclass(frozen=True, slots=True)
class _Span:
    """The time span that the timeline shows."""

    first: dt.datetime
    last: dt.datetime

    @classmethod
    def over(cls, moments: Iterable[dt.datetime]) -> _Span:
        in_order = sorted(moments)
        first, last = in_order[0], in_order[-1]
        if first == last:
            half = _SHORT_SPAN / 2
            return cls(first - min(half, first - _EARLIEST), last + min(half, _LATEST - last))
        return cls(first, last)

    def x(self, moment: dt.datetime) -> float:
        return _MARGIN + (100 - 2 * _MARGIN) * ((moment - self.first) / (self.last - self.first))

    def dates(self) -> list[DateLabel]:
        label = minute if self.last - self.first < _SHORT_SPAN else day
        middle = self.first + (self.last - self.first) / 2
        moments: dict[Anchor, dt.datetime] = {"start": self.first, "middle": middle, "end": self.last}
        return [DateLabel(f"{self.x(at):.1f}", anchor, label(at)) for anchor, at in moments.items()]


def _slugs(reports: Sequence[ReportView], roots: Mapping[UUID, str | None]) -> list[str | None]:
    """Return the outlets in the order of their first report, with a root right before its first relay."""
    found: dict[str | None, None] = {}
    for report in reports:
        if report.id in roots:
            found.setdefault(roots[report.id])
        found.setdefault(report.outlet)
    return list(found)


def _lanes(slugs: Sequence[str | None], names: Mapping[str, str]) -> dict[str | None, Lane]:
    """Return empty lanes, which have less height if there are many."""
    lanes: dict[str | None, Lane] = {}
    top, band = TOP, _BAND if len(slugs) <= _FEW_LANES else _LOW_BAND
    for slug in slugs:
        lanes[slug] = Lane(slug, _UNNAMED if slug is None else names[slug], top, band)
        top = lanes[slug].bottom
    return lanes


def _mark(report: ReportView, lane: Lane, span: _Span) -> ReportMark:
    x, y = f"{span.x(report.published_at):.2f}", f"{lane.y(_height(report)):.1f}"
    return ReportMark(report.id, x, y, report.stance, report)


def _height(report: ReportView) -> float:
    """Return the height of a mark in its lane, 0..1, which is 0.5 without a probability or commitment."""
    if report.probability is not None:
        return report.probability
    return 0.5 if report.commitment is None else report.commitment / 4


def _ties(lanes: Mapping[str | None, Lane], roots: Mapping[UUID, str | None]) -> Iterator[RelayLine]:
    """Yield the line from each relay to the last earlier report of its root, or else to the lane of the root."""
    for lane in lanes.values():
        for mark in lane.marks:
            root = lanes.get(roots[mark.id]) if mark.id in roots else None
            if root is not None:
                before = [earlier for earlier in root.marks if float(earlier.x) <= float(mark.x)]
                x2, y2 = (before[-1].x, before[-1].y) if before else (mark.x, f"{root.y(0.5):.1f}")
                is_steep = abs(float(mark.x) - float(x2)) < _STEEP
                drop = round(float(y2) - float(mark.y), 1) if is_steep else None
                yield RelayLine(mark.x, mark.y, x2, y2, "said" if before else "unsaid", drop)


def _moment_marks(moments: Mapping[Literal["due", "known"], dt.datetime | None], span: _Span) -> Iterator[MomentMark]:
    for row, (kind, moment) in enumerate(moments.items()):
        if moment is not None:
            x = span.x(moment)
            anchor: Anchor = "start" if x < 20 else "end" if x > 80 else "middle"
            yield MomentMark(kind, f"{x:.2f}", 14 + 16 * row, anchor, f"{kind} {day(moment)}")
