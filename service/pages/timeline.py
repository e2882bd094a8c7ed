"""The geometry of a claim's timeline: a lane for each outlet or group with equal reports. Pure.

Horizontal positions are percentages of the width, so that the timeline fits any screen. Vertical ones are pixels.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from service.claims.story import Story
from service.claims.views import ReportView
from service.pages.charts import thin
from service.pages.timeline_axis import LABEL, Span, mark_moments, marked_moments
from service.pages.timeline_marks import LANE, Lane, RelayLine, ReportMark, Timeline
from service.values.vocabulary import Precision

MAX_LANES = 40
MAX_MARKS = 300
"""The largest number of marks. If there are more, an evenly spaced sample is drawn."""

_STEEP = 1.0  # percent; a relay line narrower than this is drawn as a curve


def draw_timeline(story: Story, *, now: dt.datetime) -> Timeline:
    """Lay out the timeline of a claim; return an empty one if the claim has no reports."""
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
    """Return groups of outlets in the order of their first reports, with a root before its first relay.

    Outlets with equal reports form a group. A root has a group of its own, because relay lines end at it.
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
    """Return the properties of a report that its mark shows, to group outlets with equal reports.

    Times are rounded, so that they are equal if one mark would cover the other.
    """
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
    """Yield the line from each relay to the last earlier report of its root, or else to the root's lane."""
    for lane in lanes:
        for mark in lane.marks:
            root = by_slug.get(roots[mark.report.id]) if mark.report.id in roots else None
            if root is not None:
                before = [earlier for earlier in root.marks if float(earlier.x) <= float(mark.x)]
                x2, y2 = (before[-1].x, before[-1].y) if before else (mark.x, f"{root.middle}")
                is_steep = abs(float(mark.x) - float(x2)) < _STEEP
                drop = round(float(y2) - float(mark.y), 1) if is_steep else None
                yield RelayLine(mark.x, mark.y, x2, y2, "said" if before else "unsaid", drop)
