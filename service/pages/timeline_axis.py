"""The time axis of the timeline of a claim: its span, its dates, and the moments marked on it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from service.claims.story import Story
from service.pages.formats import day

LABEL = 17
"""The height of a moment's label in pixels."""

_MARGIN = 2.5  # percent on either side
_SHORT_SPAN = dt.timedelta(days=2)  # labelled with times instead of days
_ZOOM = 10  # the axis shows only the reports if all of them are in the first tenth of the span
_SPACE = "\N{NO-BREAK SPACE}"
_EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)
_LATEST = dt.datetime.max.replace(tzinfo=dt.UTC)

Anchor: TypeAlias = Literal["start", "middle", "end"]
Moment: TypeAlias = Literal["known", "due", "today"]


@dataclass(frozen=True, slots=True)
class MomentMark:
    """A vertical line at today, at the due date, or at the time when the answer became public."""

    kind: Moment
    x: str
    y: int
    anchor: Anchor
    words: str
    is_beyond: bool
    """Whether the moment is later than the end of the axis."""


@dataclass(frozen=True, slots=True)
class DateLabel:
    """A date below the lanes."""

    x: str
    anchor: Anchor
    words: str


def marked_moments(story: Story, now: dt.datetime) -> dict[Moment, dt.datetime]:
    """Return the moments to mark: the due date, and the time of the answer or else today."""
    claim = story.claim
    known_at = None if claim.resolution is None else claim.resolution.known_at
    today = now if known_at is None else None
    moments: dict[Moment, dt.datetime | None] = {"known": known_at, "due": claim.resolves_by, "today": today}
    return {kind: moment for kind, moment in moments.items() if moment is not None}


@dataclass(frozen=True, slots=True)
class Span:
    """The time span of the axis."""

    first: dt.datetime
    last: dt.datetime

    @classmethod
    def over(cls, reports: Sequence[dt.datetime], moments: Mapping[Moment, dt.datetime]) -> Span:
        """Return the span of the reports and moments; of the reports alone if all are in its first tenth.

        Once the answer is known, a later due date does not extend the span.
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
        """Return labels for the ends and the middle of the axis: days or, for a short span, times.

        Times are shown only if reports have times.
        """
        label = _minute if has_times and self.last - self.first < _SHORT_SPAN else day
        middle = self.first + (self.last - self.first) / 2
        moments: dict[Anchor, dt.datetime] = {"start": self.first, "middle": middle, "end": self.last}
        labels = [DateLabel(f"{self.x(at):.1f}", anchor, label(at)) for anchor, at in moments.items()]
        ends = {labels[0].words, labels[-1].words}
        return [one for one in labels if one.anchor != "middle" or one.words not in ends]


def _minute(moment: dt.datetime) -> str:
    """Format an instant to the minute, without its year, so that two labels fit on a phone."""
    return f"{moment.day}{_SPACE}{moment:%b},{_SPACE}{moment:%H:%M}"


def mark_moments(moments: Mapping[Moment, dt.datetime], span: Span) -> Iterator[MomentMark]:
    """Yield the marks of moments, those beyond the axis first, so that lines do not cross their labels."""
    in_order = sorted(moments.items(), key=lambda item: item[1] <= span.last)
    for row, (kind, moment) in enumerate(in_order):
        x, is_beyond = span.x(moment), moment > span.last
        anchor: Anchor = "start" if x < 20 else "end" if x > 80 else "middle"
        words = "today" if kind == "today" else f"{kind} {day(moment)}"
        words += "\N{NO-BREAK SPACE}\N{RIGHTWARDS ARROW}" if is_beyond else ""
        yield MomentMark(kind, f"{x:.2f}", 12 + LABEL * row, anchor, words, is_beyond)
