"""service.pages.timeline"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.claims.houses import House
from service.claims.story import Story
from service.claims.views import ClaimView, ReportView, ResolutionView, WithdrawalView
from service.methods.claim import Roots
from service.pages.claim_words import sum_up
from service.pages.timeline import MAX_LANES, MAX_MARKS, draw_timeline
from service.values.vocabulary import ClaimKind, ClaimStatus, Precision, Role, Stance, StanceSource, Verdict

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
OUTLETS = "abcdefgh"
CLAIM = UUID(int=0)
NOW = START + dt.timedelta(days=500)
WITHDRAWN = WithdrawalView("x", START)

moments = st.integers(0, 400).map(lambda days: START + dt.timedelta(days=days))


def report_of(number, outlet, published_at, *, stance=Stance.SUPPORT, **members):
    """Return a report with a number as its id."""
    return ReportView(
        id=UUID(int=number),
        claim=CLAIM,
        outlet=outlet,
        stance=stance,
        stance_source=StanceSource.STATED,
        commitment=members.get("commitment"),
        commitment_source=None,
        probability=members.get("probability"),
        published_at=published_at,
        published_precision=Precision.INSTANT,
        url=None,
        quote=None,
        relays=None,
        role=Role.OWN,
        after_known=False,
        backfilled=False,
        withdrawn=members.get("withdrawn"),
        recorded_at=published_at,
        corrected_at=None,
        redacted=[],
    )


def resolution_of(known_at):
    """Return a resolution whose answer became known at a moment."""
    return ResolutionView(
        id=UUID(int=1),
        claim=CLAIM,
        verdict=Verdict.TRUE,
        truth=None,
        known_at=known_at,
        known_precision=Precision.INSTANT,
        evidence=[],
        note="Seen.",
        supersedes=None,
        recorded_at=known_at,
        redacted=[],
    )


def story_of(reports, *, names, roots=None, **members):
    """Return the story of a claim with these reports."""
    claim = ClaimView(
        id=CLAIM,
        text="Any.",
        kind=ClaimKind.EVENT,
        topic=None,
        tags=[],
        resolves_by=members.get("resolves_by"),
        group=None,
        external_id=None,
        recorded_at=START,
        status=ClaimStatus.OPEN,
        resolution=members.get("resolution"),
        supersedes=None,
        disputed=False,
        redacted=[],
        reviews=[],
        not_due_because=None,
        independent_roots=members.get("independent_roots", 1),
        roots=Roots(members.get("independent_roots", 1), members.get("independent_roots", 1), 0),
        reports=reports,
        disputes=[],
        replies=[],
        similar=[],
    )
    return Story(
        claim=claim,
        resolutions=[],
        rivals=[],
        winner=None,
        merged=[],
        outlets=[],
        names=names,
        roots=roots or {},
        houses=members.get("houses", []),
    )


@st.composite
def stories(draw):
    """Draw the story of a claim."""
    outlets = st.sampled_from(OUTLETS)
    reports = [
        report_of(
            number,
            draw(outlets),
            moment,
            stance=draw(st.sampled_from(Stance)),
            commitment=draw(st.none() | st.integers(1, 4)),
            probability=draw(st.none() | st.floats(0, 1)),
            withdrawn=draw(st.none() | st.just(WITHDRAWN)),
        )
        for number, moment in enumerate(sorted(draw(st.lists(moments, min_size=1, max_size=8))))
    ]
    roots = {}
    for report in reports:
        if report.withdrawn is None and draw(st.booleans()):
            roots[report.id] = draw(st.none() | outlets.filter(lambda one, own=report.outlet: one != own))
    return story_of(
        reports,
        names={slug: slug.upper() for slug in OUTLETS},
        roots=roots,
        resolves_by=draw(st.none() | moments),
        resolution=draw(st.none() | st.builds(resolution_of, moments)),
        independent_roots=draw(st.integers(1, 3)),
    )


@given(stories())
def test_picture(story):
    """
    Every report has one mark in its outlet's lane, in the order of time; every relay has a line to the lane of its
    root; and all are within the timeline.
    """
    picture = draw_timeline(story, now=NOW)
    reports, roots = story.claim.reports, story.roots
    lanes = {slug: lane for lane in picture.lanes for slug in lane.slugs}

    assert len(lanes) == sum(len(lane.slugs) for lane in picture.lanes)
    drawn = [(report, lane, mark) for lane in picture.lanes for mark in lane.marks for report in mark.reports]
    assert [report.id for report in reports] == sorted(report.id for report, _, _ in drawn)
    for report, lane, mark in drawn:
        assert lanes[report.outlet] is lane
        assert 0 <= float(mark.x) <= 100
        assert lane.top < float(mark.y) < lane.bottom
        assert report.stance is mark.report.stance
    for lane in picture.lanes:
        across = [float(mark.x) for mark in lane.marks]
        assert sorted(across) == across
    for before, after in pairwise(picture.lanes):
        assert before.bottom == after.top
    ends = {(tie.y1, float(tie.y2)) for tie in picture.ties}
    for report, _, mark in drawn:
        if report.id in roots:
            root = lanes[roots[report.id]]
            assert any(mark.y == start and root.top < end < root.bottom for start, end in ends)
    assert picture.height > picture.lanes[-1].bottom


@given(stories())
def test_summary(story):
    """
    The summary counts each outlet once, by its last side, without withdrawn reports.
    """
    counted = [report for report in story.claim.reports if report.withdrawn is None]
    summary = sum_up(story)
    if not counted:
        assert "Every report was withdrawn." == summary
        return
    outlets = {report.outlet for report in counted}
    tail = summary.partition(": ")[2].partition(".")[0]
    if tail:  # the outlets took different sides
        assert len(outlets) == sum(int(part.split()[0]) for part in tail.split(", "))
    assert summary.startswith(f"{len(outlets)} outlet")
    sides = {report.outlet: report.stance for report in counted if report.stance.takes_side}
    denied = list(sides.values()).count("deny")
    assert any(f"{denied} {words}denied it" in summary for words in ("", "outlet ", "outlets ")) == (denied > 0)


def test_many_outlets():
    """
    If there are too many lanes, the first are drawn, and the number of other outlets is given.
    """
    names = {f"outlet-{number}": f"Outlet {number}" for number in range(MAX_LANES + 7)}
    reports = [report_of(number, slug, START + dt.timedelta(days=9 * number)) for number, slug in enumerate(names)]
    picture = draw_timeline(story_of(reports, names=names, roots={UUID(int=0): "outlet-46"}), now=NOW)

    assert (MAX_LANES, 7) == (len(picture.lanes), picture.left_out)
    assert ["outlet-46"] == picture.lanes[0].slugs


def test_lanes_that_look_the_same():
    """
    Outlets with the same stances at the same times share a lane. A root has its own lane, because lines lead to it.
    """
    days = [START + dt.timedelta(days=number) for number in range(3)]
    plan = [("a", 0), ("b", 0), ("c", 0), ("d", 0), ("e", 1), ("a", 2), ("b", 2), ("c", 2)]
    reports = [report_of(number, slug, days[when]) for number, (slug, when) in enumerate(plan)]
    reports.append(report_of(8, "f", days[2], stance=Stance.DENY))
    resolution = resolution_of(days[2])
    names = {slug: slug.upper() for slug in OUTLETS}
    picture = draw_timeline(story_of(reports, names=names, roots={UUID(int=4): "c"}, resolution=resolution), now=NOW)

    assert [["a", "b"], ["c"], ["d"], ["e"], ["f"]] == [lane.slugs for lane in picture.lanes]
    assert [[0, 1], [5, 6]] == [[report.id.int for report in mark.reports] for mark in picture.lanes[0].marks]


def test_zoom():
    """
    If all reports are in the first tenth of the time, the axis shows only them, and later moments are at its end.
    """
    reports = [report_of(0, "herald", START), report_of(1, "herald", START + dt.timedelta(days=9))]
    due = START + dt.timedelta(days=100)
    picture = draw_timeline(story_of(reports, names={"herald": "Herald"}, resolves_by=due), now=START)

    assert ["2.50", "88.86"] == [mark.x for mark in picture.lanes[0].marks]
    assert {"due": True, "today": False} == {one.kind: one.is_beyond for one in picture.moments}
    assert "due 10\N{NO-BREAK SPACE}Apr\N{NO-BREAK SPACE}2024\N{NO-BREAK SPACE}\N{RIGHTWARDS ARROW}" == (
        picture.moments[0].words
    )

    later = draw_timeline(
        story_of(reports, names={"herald": "Herald"}, resolves_by=START + dt.timedelta(days=80)), now=START
    )
    assert ["2.50", "13.19"] == [mark.x for mark in later.lanes[0].marks]
    assert [False, False] == [one.is_beyond for one in later.moments]


def test_today():
    """
    A line marks today until the answer is known; a due date after the answer is beyond the axis.
    """
    reports = [report_of(0, "herald", START), report_of(1, "herald", START + dt.timedelta(days=9))]
    due, names = START + dt.timedelta(days=40), {"herald": "Herald"}
    still_open = draw_timeline(story_of(reports, names=names, resolves_by=due), now=START + dt.timedelta(days=20))
    answered = resolution_of(START + dt.timedelta(days=30))
    closed = draw_timeline(story_of(reports, names=names, resolves_by=due, resolution=answered), now=NOW)

    assert [("due", False), ("today", False)] == [(one.kind, one.is_beyond) for one in still_open.moments]
    assert ["97.50", "50.00"] == [one.x for one in still_open.moments]
    assert [("due", True), ("known", False)] == [(one.kind, one.is_beyond) for one in closed.moments]


def test_houses():
    """
    R8: publishers whose outlets count as one source are named.
    """
    house = House("springer", "Axel Springer", ["bild", "sport-bild"])
    names = {"bild": "BILD", "sport-bild": "Sport Bild"}
    reports = [report_of(0, "bild", START), report_of(1, "sport-bild", START)]

    assert "BILD and Sport Bild belong to Axel Springer, so they count as one source." in (
        sum_up(story_of(reports, names=names, houses=[house]))
    )


def test_many_reports():
    """
    If there are too many reports, a sample with the first and the last is drawn.
    """
    reports = [report_of(number, "herald", START + dt.timedelta(hours=number)) for number in range(5000)]
    [lane] = draw_timeline(story_of(reports, names={"herald": "Herald"}), now=NOW).lanes

    assert (MAX_MARKS, 0, 4999) == (len(lane.marks), lane.marks[0].report.id.int, lane.marks[-1].report.id.int)


EDGES = [dt.datetime.min.replace(tzinfo=dt.UTC), START, dt.datetime.max.replace(tzinfo=dt.UTC)]


@pytest.mark.parametrize("moment", EDGES)
def test_edges_of_the_calendar(moment):
    """
    The timeline of a single moment has some time around it, within the limits of the calendar.
    """
    story = story_of([report_of(0, "herald", moment)], names={"herald": "Herald"}, resolution=resolution_of(moment))
    picture = draw_timeline(story, now=NOW)

    assert [0] == [mark.report.id.int for mark in picture.lanes[0].marks]
    assert 3 == len({date.x for date in picture.dates})


def test_no_reports():
    """
    The timeline of a claim without reports is empty.
    """
    picture = draw_timeline(story_of([], names={}, resolves_by=START, independent_roots=0), now=NOW)

    assert ([], [], []) == (picture.lanes, picture.moments, picture.dates)
