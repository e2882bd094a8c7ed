"""The picture of the reports on a claim: a lane per outlet, a mark per report. Pure.

Horizontal positions are per cent of the width, so that the picture fits any screen; vertical ones are pixels, so that
a lane fits its text. The height of a mark within its lane is the probability of the report, or else its commitment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from service.claims.describe import ReportView
from service.claims.story import Story
from service.pages.charts import thin
from service.pages.phrases import day, minute, plural
from service.values.vocabulary import Stance

TOP = 46
"""The space above the lanes, for the labels of moments."""
FOOT = 26
"""The space below the lanes, for dates."""
MOST = 40
"""The largest number of lanes."""
MOST_MARKS = 300
"""The largest number of marks, evenly chosen among more reports."""

_WORDS = 24
_BAND = 30
_LOW = 14
_FEW = 8
_EDGE = 2.5
_STEEP = 1.0
_NARROW = dt.timedelta(days=2)
_EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)
_LATEST = dt.datetime.max.replace(tzinfo=dt.UTC)
_NOBODY = "a source that is not named"


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
    """The reports of one outlet; none, where other outlets only cite it."""

    slug: str | None
    name: str
    top: int
    band: int
    """The height of the part that holds marks."""
    marks: list[ReportMark] = field(default_factory=list)

    @property
    def bottom(self) -> int:
        return self.top + _WORDS + self.band + 8

    def y(self, height: float) -> float:
        return self.top + _WORDS + self.band * (1 - height)


@dataclass(frozen=True, slots=True)
class RelayLine:
    """The line from a relay to its root."""

    x1: str
    y1: str
    x2: str
    y2: str
    kind: Literal["said", "unsaid"]
    """Whether the root had a report of its own by then."""
    drop: float | None
    """The height of a steep line, which is drawn as a curve."""


@dataclass(frozen=True, slots=True)
class MomentMark:
    """The vertical line at a moment that matters for the claim."""

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
class Picture:
    """The picture of the reports on a claim."""

    lanes: list[Lane]
    ties: list[RelayLine]
    moments: list[MomentMark]
    dates: list[DateLabel]
    left_out: int
    """The number of outlets without a lane."""

    @property
    def height(self) -> int:
        return FOOT + (self.lanes[-1].bottom if self.lanes else TOP)


def draw(story: Story) -> Picture:
    """Return the picture of a story, which is empty without reports."""
    claim = story.claim
    if not claim.reports:
        return Picture([], [], [], [], 0)
    known_at = None if claim.resolution is None else claim.resolution.known_at
    matter: Mapping[Literal["due", "known"], dt.datetime | None] = {"due": claim.resolves_by, "known": known_at}
    span = _Span.over([report.published_at for report in claim.reports] + [at for at in matter.values() if at])
    slugs = _slugs(claim.reports, story.roots)
    lanes = _lanes(slugs[:MOST], story.names)
    for report in thin([report for report in claim.reports if report.outlet in lanes], MOST_MARKS):
        lane = lanes[report.outlet]
        lane.marks.append(_mark(report, lane, span))
    ties = list(_ties(lanes, story.roots))
    return Picture(list(lanes.values()), ties, list(_moments(matter, span)), span.dates(), len(slugs) - len(lanes))


def summarise(story: Story) -> str:
    """Return a summary of the picture in a sentence or two."""
    filed = [report for report in story.claim.reports if report.withdrawn is None]
    if not filed:
        return "No report of it counts."
    sides: dict[str, Stance] = {}
    for report in filed:
        if report.stance.takes_side or report.outlet not in sides:
            sides[report.outlet] = report.stance
    first, last = day(filed[0].published_at), day(filed[-1].published_at)
    when = f"on {first}" if first == last else f"from {first} to {last}"
    said = f"{plural(len(sides), 'outlet')} carried it in {plural(len(filed), 'report')} {when}: {_sides(sides)}."
    back = "It goes" if len(filed) == 1 else "They go"
    return f"{said} {back} back to {plural(story.claim.independent_roots, 'independent source')}."


def _sides(sides: Mapping[str, Stance]) -> str:
    last = list(sides.values())
    counted = [(last.count(Stance.SUPPORT), "supported it"), (last.count(Stance.DENY), "denied it")]
    counted.append((len(last) - sum(count for count, _ in counted), "took no side"))
    return ", ".join(f"{count} {words}" for count, words in counted if count)


@dataclass(frozen=True, slots=True)
class _Span:
    """The time that the picture shows."""

    first: dt.datetime
    last: dt.datetime

    @classmethod
    def over(cls, moments: Iterable[dt.datetime]) -> _Span:
        found = sorted(moments)
        first, last = found[0], found[-1]
        if first == last:
            return cls(first - min(_NARROW / 2, first - _EARLIEST), last + min(_NARROW / 2, _LATEST - last))
        return cls(first, last)

    def x(self, moment: dt.datetime) -> float:
        return _EDGE + (100 - 2 * _EDGE) * ((moment - self.first) / (self.last - self.first))

    def dates(self) -> list[DateLabel]:
        say = minute if self.last - self.first < _NARROW else day
        middle = self.first + (self.last - self.first) / 2
        moments: dict[Anchor, dt.datetime] = {"start": self.first, "middle": middle, "end": self.last}
        return [DateLabel(f"{self.x(at):.1f}", anchor, say(at)) for anchor, at in moments.items()]


def _slugs(reports: Sequence[ReportView], roots: Mapping[UUID, str | None]) -> list[str | None]:
    """Return the outlets in the order of their first report, with a root right before its first relay."""
    found: dict[str | None, None] = {}
    for report in reports:
        if report.id in roots:
            found.setdefault(roots[report.id])
        found.setdefault(report.outlet)
    return list(found)


def _lanes(slugs: Sequence[str | None], names: Mapping[str, str]) -> dict[str | None, Lane]:
    """Return empty lanes, which are lower if there are many."""
    lanes: dict[str | None, Lane] = {}
    top = TOP
    for slug in slugs:
        lanes[slug] = Lane(slug, _NOBODY if slug is None else names[slug], top, _BAND if len(slugs) <= _FEW else _LOW)
        top = lanes[slug].bottom
    return lanes


def _mark(report: ReportView, lane: Lane, span: _Span) -> ReportMark:
    x, y = f"{span.x(report.published_at):.2f}", f"{lane.y(_height(report)):.1f}"
    return ReportMark(report.id, x, y, report.stance, report)


def _height(report: ReportView) -> float:
    """Return the height of a mark in its lane, 0..1; halfway without a probability or commitment."""
    if report.probability is not None:
        return report.probability
    return 0.5 if report.commitment is None else report.commitment / 4


def _ties(lanes: Mapping[str | None, Lane], roots: Mapping[UUID, str | None]) -> Iterator[RelayLine]:
    """Yield the line from each relay to the last report of its root by then, or else to the lane of the root."""
    for lane in lanes.values():
        for mark in lane.marks:
            root = lanes.get(roots[mark.id]) if mark.id in roots else None
            if root is not None:
                before = [one for one in root.marks if float(one.x) <= float(mark.x)]
                x2, y2 = (before[-1].x, before[-1].y) if before else (mark.x, f"{root.y(0.5):.1f}")
                is_steep = abs(float(mark.x) - float(x2)) < _STEEP
                drop = round(float(y2) - float(mark.y), 1) if is_steep else None
                yield RelayLine(mark.x, mark.y, x2, y2, "said" if before else "unsaid", drop)


def _moments(matter: Mapping[Literal["due", "known"], dt.datetime | None], span: _Span) -> Iterator[MomentMark]:
    for row, (kind, moment) in enumerate(matter.items()):
        if moment is not None:
            x = span.x(moment)
            anchor: Anchor = "start" if x < 20 else "end" if x > 80 else "middle"
            yield MomentMark(kind, f"{x:.2f}", 14 + 16 * row, anchor, f"{kind} {day(moment)}")
