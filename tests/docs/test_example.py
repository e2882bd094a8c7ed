"""The Alonso story, as `make run` loads it"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from service.transfer.lines import LineStatus
from tests.support.load_lines import load
from tests.support.world import assert_problem, lasting

STORY = Path(__file__).parents[2] / "examples" / "alonso.ndjson"
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.fixture
def tell(world):
    """Load the story, without the resolutions of some claims if asked; what became of each line."""

    def tell_all(*, unresolved=()):
        lines = [json.loads(line) for line in STORY.read_text().splitlines()]
        for line in lines:
            if line.get("external_id") in unresolved:
                del line["resolution"]
        return {result.status for result in load(world.runtime.db, world.runtime.cache, lines, now=NOW)}

    return tell_all


@pytest.fixture
def story(world, tell):
    """The claims of the story by their external ids."""
    assert {LineStatus.CREATED} == tell()
    items = world.get("/v1/claims", query_string={"limit": 200}).json["items"]
    return {item["external_id"].removeprefix("alonso:"): item for item in items}


def test_five_reports_have_one_root(world, story):
    """
    R8: BILD, and four that relay it or its sister title, are one source.
    """
    approach = world.claim(story["2024:approach"])

    assert (5, 1) == (len(approach["reports"]), approach["independent_roots"])


def test_his_staying_is_scored_for_the_club_alone(world, tell):
    """
    R7: "he will continue" was the club's; the article that passed it on is never scored (R9).
    """
    tell(unresolved=["alonso:2024:leverkusen"])
    [claim] = [
        item for item in world.get("/v1/claims").json["items"] if item["external_id"] == "alonso:2024:leverkusen"
    ]
    slugs = [outlet["slug"] for outlet in world.get("/v1/outlets", query_string={"limit": 200}).json["items"]]
    before = {slug: world.score(slug)["counts"]["resolved"] for slug in slugs}

    world.resolve(claim, "true", known_at="2024-03-29T00:00:00Z")

    after = {slug: world.score(slug)["counts"]["resolved"] for slug in slugs}
    assert {"bayer-leverkusen": 1} == {
        slug: after[slug] - before[slug] for slug in slugs if after[slug] != before[slug]
    }
    assert ("insufficient", None) == tuple(world.score("unattributed-seed")[name] for name in ("status", "reliability"))


def test_what_cannot_be_verified_is_no_hit_and_no_miss(world, story):
    """
    R13: BILD's report of the approach stands among its claims, and scores for nothing.
    """
    counts = world.score("bild")["counts"]

    assert "unverifiable" == story["2024:approach"]["resolution"]["verdict"]
    assert (1, 1, 0) == (counts["claims"], counts["unscored"], counts["resolved"])


def test_he_has_one_job(world, story):
    """
    R3: a second true claim of the group is refused, and both are named.
    """
    liverpool, leverkusen = story["2024:liverpool"], story["2024:leverkusen"]
    body = {"verdict": "true", "note": "No.", "supersedes": liverpool["resolution"]["id"]}

    answer = world.post(f"/v1/claims/{liverpool['id']}/resolutions", body)

    assert_problem(answer, 409, "group-resolved")
    assert liverpool["id"] in answer.json["detail"]
    assert leverkusen["id"] in answer.json["detail"]


def test_said_when_it_was_known(world, story):
    """
    R6: who says in April that he stays, known since March, is on record and not scored.
    """
    report = {"outlet": {"name": "Latecomer"}, "published_at": "2024-04-10T00:00:00Z"}

    filed = world.post(f"/v1/claims/{story['2024:leverkusen']['id']}/reports", report).json

    assert filed["after_known"] is True
    assert (1, 0) == tuple(world.score("latecomer")["counts"][name] for name in ("claims", "resolved"))


def test_corrected_and_put_right_again(world, story):
    """
    R11: a verdict that is corrected and corrected back leaves every score as it was.
    """
    claim, slugs = story["2024:leverkusen"], ["bayer-leverkusen", "bild", "rmc-sport"]
    before = [lasting(world.score(slug)) for slug in slugs]
    wrong = world.resolve(claim, "false", supersedes=claim["resolution"]["id"])
    assert before != [lasting(world.score(slug)) for slug in slugs]

    world.resolve(claim, "true", supersedes=wrong["id"])

    assert before == [lasting(world.score(slug)) for slug in slugs]


@pytest.mark.usefixtures("story")
def test_told_twice(tell):
    """
    R4: the same file again changes nothing.
    """
    assert {LineStatus.UNCHANGED} == tell()


def test_told_again_after_changes(world, story, tell):
    """
    What was corrected by hand since, of a claim, a verdict or an outlet, stays corrected, and is no error.
    """
    claim = story["2026:verbal"]
    world.patch(f"/v1/claims/{claim['id']}", {"topic": "rumours"}, headers={"If-Match": "*"})
    world.resolve(claim, "void", supersedes=claim["resolution"]["id"])
    world.patch("/v1/outlets/metro", {"name": "Metro UK"}, headers={"If-Match": "*"})

    assert {LineStatus.UNCHANGED} == tell()
    assert ("rumours", "void") == (world.claim(claim)["topic"], world.claim(claim)["resolution"]["verdict"])
    assert "Metro UK" == world.get("/v1/outlets/metro").json["name"]
