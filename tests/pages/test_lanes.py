"""service.pages.lanes: who said what when, as a picture"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.pages.lanes import MOST, MOST_MARKS, draw, summarise

BEGAN = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
OUTLETS = "abcdefgh"

moments = st.integers(0, 400).map(lambda days: BEGAN + dt.timedelta(days=days))


@st.composite
def stories(draw):
    """A claim's story, as the service tells it."""
    outlets = st.sampled_from(OUTLETS)
    reports = [
        {
            "id": number,
            "outlet": draw(outlets),
            "stance": draw(st.sampled_from(["support", "deny", "query", "comment"])),
            "commitment": draw(st.none() | st.integers(1, 4)),
            "probability": draw(st.none() | st.floats(0, 1)),
            "published_at": moment,
            "withdrawn": draw(st.none() | st.just({"reason": "x"})),
        }
        for number, moment in enumerate(sorted(draw(st.lists(moments, min_size=1, max_size=8))))
    ]
    roots = {}
    for report in reports:
        if report["withdrawn"] is None and draw(st.booleans()):
            roots[report["id"]] = draw(st.none() | outlets.filter(lambda one, own=report["outlet"]: one != own))
    return {
        "claim": {
            "reports": reports,
            "resolves_by": draw(st.none() | moments),
            "resolution": draw(st.none() | st.builds(dict, known_at=moments)),
            "independent_roots": draw(st.integers(1, 3)),
        },
        "names": {slug: slug.upper() for slug in OUTLETS},
        "roots": roots,
    }


@settings(max_examples=30)
@given(stories())
def test_picture(story):
    """
    Every report has a mark in the lane of its outlet, the earlier left of the later, the bolder above the meeker; every
    relay is tied to the lane of its root, and nothing lies outside.
    """
    picture = draw(story)
    reports, roots = story["claim"]["reports"], story["roots"]
    lanes = {lane.slug: lane for lane in picture.lanes}

    marks = {mark["id"]: (lane, mark) for lane in picture.lanes for mark in lane.marks}
    assert [report["id"] for report in reports] == sorted(marks)
    for report in reports:
        lane, mark = marks[report["id"]]
        assert report["outlet"] == lane.slug
        assert 0 <= float(mark["x"]) <= 100
        assert lane.top < float(mark["y"]) < lane.bottom
    across = [float(marks[report["id"]][1]["x"]) for report in reports]
    assert sorted(across) == across
    for before, after in pairwise(picture.lanes):
        assert before.bottom <= after.top
    ends = sorted((float(tie["y1"]), float(tie["y2"])) for tie in picture.ties)
    assert len(roots) == len(ends)
    for report_id, root in roots.items():
        y = float(marks[report_id][1]["y"])
        assert any(y == start and lanes[root].top < end < lanes[root].bottom for start, end in ends)
    assert picture.height > picture.lanes[-1].bottom


@settings(max_examples=30)
@given(stories())
def test_summary(story):
    """
    The sentence counts each outlet once, by the last side that it took, and leaves out what was withdrawn.
    """
    counted = [report for report in story["claim"]["reports"] if report["withdrawn"] is None]
    said = summarise(story)
    if not counted:
        assert "No report of it counts." == said
        return
    outlets = {report["outlet"] for report in counted}
    tail = said.partition(": ")[2].partition(".")[0]
    assert len(outlets) == sum(int(part.split()[0]) for part in tail.split(", "))
    assert said.startswith(f"{len(outlets)} outlet")
    sides = {report["outlet"]: report["stance"] for report in counted if report["stance"] in ("support", "deny")}
    denied = list(sides.values()).count("deny")
    assert (f"{denied} denied it" in said) == (denied > 0)


def test_crowd():
    """
    Of very many outlets the first are drawn, and the picture says how many more there are.
    """
    names = {f"outlet-{number}": f"Outlet {number}" for number in range(MOST + 7)}
    reports = [
        {
            "id": number,
            "outlet": slug,
            "stance": "support",
            "commitment": None,
            "probability": None,
            "published_at": BEGAN,
            "withdrawn": None,
        }
        for number, slug in enumerate(names)
    ]
    claim = {"reports": reports, "resolves_by": None, "resolution": None, "independent_roots": 1}
    picture = draw({"claim": claim, "names": names, "roots": {0: "outlet-46"}})

    assert (MOST, 7) == (len(picture.lanes), picture.left_out)
    assert "outlet-46" == picture.lanes[0].slug


def test_very_many_reports():
    """
    Of very many reports some are drawn, the first and the last among them.
    """
    reports = [
        {
            "id": number,
            "outlet": "herald",
            "stance": "support",
            "commitment": None,
            "probability": None,
            "published_at": BEGAN + dt.timedelta(hours=number),
            "withdrawn": None,
        }
        for number in range(5000)
    ]
    claim = {"reports": reports, "resolves_by": None, "resolution": None, "independent_roots": 1}
    [lane] = draw({"claim": claim, "names": {"herald": "Herald"}, "roots": {}}).lanes

    assert (MOST_MARKS, 0, 4999) == (len(lane.marks), lane.marks[0]["id"], lane.marks[-1]["id"])


EDGES = [dt.datetime.min.replace(tzinfo=dt.UTC), BEGAN, dt.datetime.max.replace(tzinfo=dt.UTC)]


@pytest.mark.parametrize("moment", EDGES)
def test_edges_of_the_calendar(moment):
    """
    A single moment has some time around it in the picture, as far as the calendar goes.
    """
    report = {
        "id": 0,
        "outlet": "herald",
        "stance": "support",
        "commitment": None,
        "probability": None,
        "published_at": moment,
        "withdrawn": None,
    }
    claim = {"reports": [report], "resolves_by": None, "resolution": None, "independent_roots": 1}
    picture = draw({"claim": claim, "names": {"herald": "Herald"}, "roots": {}})

    assert [0] == [mark["id"] for mark in picture.lanes[0].marks]
    assert 3 == len({date["x"] for date in picture.dates})


def test_nobody_said_anything():
    """
    Where nobody said anything there is nothing to draw, whatever moments matter.
    """
    claim = {"reports": [], "resolves_by": BEGAN, "resolution": None, "independent_roots": 0}
    picture = draw({"claim": claim, "names": {}, "roots": {}})

    assert ([], [], []) == (picture.lanes, picture.moments, picture.dates)
