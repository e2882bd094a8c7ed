"""Who said what when, as a picture: a lane for every outlet, a mark for every report. Pure.

Marks stand across in per cent of the width, so that the picture fits any screen, and down in pixels, so that a lane is
as high as its words. Height within a lane is how far a report goes: its probability, or else its commitment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from service.pages.charts import thin
from service.pages.words import day, minute, plural

TOP = 46
"""Room above the lanes for the names of moments."""
FOOT = 26
"""Room below them for dates."""
MOST = 40
"""How many lanes are drawn."""
MOST_MARKS = 300
"""How many reports are drawn, evenly chosen among more."""

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


@dataclass(slots=True)
class Lane:
    """What one outlet said; nothing, where others only say that it did."""

    slug: str | None
    name: str
    top: int
    band: int
    """How high the part of it is that marks stand in."""
    marks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def bottom(self) -> int:
        return self.top + _WORDS + self.band + 8

    def y(self, height: float) -> float:
        return self.top + _WORDS + self.band * (1 - height)


@dataclass(slots=True)
class Picture:
    """The lanes, what ties relays to their roots, the moments that matter, and the dates at the foot."""

    lanes: list[Lane]
    ties: list[dict[str, Any]]
    moments: list[dict[str, Any]]
    dates: list[dict[str, str]]
    left_out: int

    @property
    def height(self) -> int:
        return FOOT + (self.lanes[-1].bottom if self.lanes else TOP)


def draw(story: Mapping[str, Any]) -> Picture:
    """The picture of a claim's story; an empty one where nobody said anything."""
    claim = story["claim"]
    reports: Sequence[Mapping[str, Any]] = claim["reports"]
    if not reports:
        return Picture([], [], [], [], 0)
    resolution = claim["resolution"]
    matter = {"due": claim["resolves_by"], "known": resolution and resolution["known_at"]}
    span = _Span.over([report["published_at"] for report in reports] + [at for at in matter.values() if at])
    slugs = _slugs(reports, story["roots"])
    lanes = _lanes(slugs[:MOST], story["names"])
    for report in thin([report for report in reports if report["outlet"] in lanes], MOST_MARKS):
        lane = lanes[report["outlet"]]
        lane.marks.append(_mark(report, lane, span))
    ties = list(_ties(lanes, story["roots"]))
    return Picture(list(lanes.values()), ties, list(_moments(matter, span)), span.dates(), len(slugs) - len(lanes))


def summarise(story: Mapping[str, Any]) -> str:
    """The picture in a sentence or two."""
    claim = story["claim"]
    filed = [report for report in claim["reports"] if report["withdrawn"] is None]
    if not filed:
        return "No report of it counts."
    sides: dict[str, str] = {}
    for report in filed:
        if report["stance"] in ("support", "deny") or report["outlet"] not in sides:
            sides[report["outlet"]] = report["stance"]
    first, last = day(filed[0]["published_at"]), day(filed[-1]["published_at"])
    when = f"on {first}" if first == last else f"from {first} to {last}"
    said = f"{plural(len(sides), 'outlet')} carried it in {plural(len(filed), 'report')} {when}: {_tell(sides)}."
    back = "It goes" if len(filed) == 1 else "They go"
    return f"{said} {back} back to {plural(claim['independent_roots'], 'independent source')}."


def _tell(sides: Mapping[str, str]) -> str:
    last = list(sides.values())
    counted = [(last.count("support"), "supported it"), (last.count("deny"), "denied it")]
    counted.append((len(last) - sum(count for count, _ in counted), "took no side"))
    return ", ".join(f"{count} {words}" for count, words in counted if count)


@dataclass(frozen=True, slots=True)
class _Span:
    """The time that the picture is of."""

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

    def dates(self) -> list[dict[str, str]]:
        say = minute if self.last - self.first < _NARROW else day
        moments = {"start": self.first, "middle": self.first + (self.last - self.first) / 2, "end": self.last}
        return [{"x": f"{self.x(at):.1f}", "anchor": anchor, "words": say(at)} for anchor, at in moments.items()]


def _slugs(reports: Sequence[Mapping[str, Any]], roots: Mapping[UUID, str | None]) -> list[str | None]:
    """The outlets in the order that they come in, a root right before the first that relays it."""
    found: dict[str | None, None] = {}
    for report in reports:
        if report["id"] in roots:
            found.setdefault(roots[report["id"]])
        found.setdefault(report["outlet"])
    return list(found)


def _lanes(slugs: Sequence[str | None], names: Mapping[str, str]) -> dict[str | None, Lane]:
    """Empty lanes, lower ones where there are many."""
    lanes: dict[str | None, Lane] = {}
    top = TOP
    for slug in slugs:
        lanes[slug] = Lane(slug, _NOBODY if slug is None else names[slug], top, _BAND if len(slugs) <= _FEW else _LOW)
        top = lanes[slug].bottom
    return lanes


def _mark(report: Mapping[str, Any], lane: Lane, span: _Span) -> dict[str, Any]:
    return {
        "id": report["id"],
        "x": f"{span.x(report['published_at']):.2f}",
        "y": f"{lane.y(_how_far(report)):.1f}",
        "stance": report["stance"],
        "report": report,
    }


def _how_far(report: Mapping[str, Any]) -> float:
    """How high a mark stands in its lane; halfway where nothing tells."""
    if report["probability"] is not None:
        return float(report["probability"])
    return 0.5 if report["commitment"] is None else report["commitment"] / 4


def _ties(lanes: Mapping[str | None, Lane], roots: Mapping[UUID, str | None]) -> Iterator[dict[str, Any]]:
    """From each relay to what its root had said last by then, or else to the root's lane; bent where it is steep."""
    for lane in lanes.values():
        for mark in lane.marks:
            root = lanes.get(roots[mark["id"]]) if mark["id"] in roots else None
            if root is not None:
                before = [one for one in root.marks if float(one["x"]) <= float(mark["x"])]
                end = before[-1] if before else {"x": mark["x"], "y": f"{root.y(0.5):.1f}"}
                is_steep = abs(float(mark["x"]) - float(end["x"])) < _STEEP
                yield {
                    "x1": mark["x"],
                    "y1": mark["y"],
                    "x2": end["x"],
                    "y2": end["y"],
                    "kind": "said" if before else "unsaid",
                    "drop": round(float(end["y"]) - float(mark["y"]), 1) if is_steep else None,
                }


def _moments(matter: Mapping[str, dt.datetime | None], span: _Span) -> Iterator[dict[str, Any]]:
    for row, (kind, moment) in enumerate(matter.items()):
        if moment is not None:
            x = span.x(moment)
            anchor = "start" if x < 20 else "end" if x > 80 else "middle"
            yield {
                "kind": kind,
                "x": f"{x:.2f}",
                "y": 14 + 16 * row,
                "anchor": anchor,
                "words": f"{kind} {day(moment)}",
            }
