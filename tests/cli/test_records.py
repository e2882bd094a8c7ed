"""`borneout score` and `borneout resolve`"""

from __future__ import annotations

import json

import pytest

from service.values.ids import new_id
from tests.support.command import Command, fails, succeeds
from tests.support.world import report


@pytest.fixture
def borneout(settings):
    """The command, on an empty database."""
    return Command(settings)


def test_redis_that_is_away(borneout, world):
    """
    Scores are shown and claims resolved without Redis, too.
    """
    claim = world.record()

    assert json.loads(succeeds(borneout("resolve", claim["id"], "true", "--note", "Seen.", **NO_REDIS)))
    assert 1 == json.loads(succeeds(borneout("score", "herald", **NO_REDIS)))["counts"]["correct"]


NO_REDIS = {"BORNEOUT_REDIS_URL": "redis://127.0.0.1:1"}


def test_score_is_what_the_api_answers(borneout, world):
    """
    `score` prints the same JSON as the API.
    """
    world.resolve(world.record(topic="bridges"), "true")
    options = ["--topic", "bridges", "--basis", "matured", "--level", "0.5"]
    shown = json.loads(succeeds(borneout("score", "herald", *options)))
    answered = world.score(topic="bridges", basis="matured", level=0.5)

    assert answered | {"as_of": 0, "computed_at": 0} == shown | {"as_of": 0, "computed_at": 0}


def test_score_of_the_past(borneout, world):
    """
    R18: `--as-of` shows the score as of a past moment.
    """
    world.resolve(world.record(), "true", known_at="2026-02-01T00:00:00Z")
    before, after = ("2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z")

    assert [0, 1] == [
        json.loads(succeeds(borneout("score", "herald", "--as-of", moment)))["counts"]["resolved"]
        for moment in (before, after)
    ]


def test_score_refused(borneout, world):
    """
    An unknown outlet, or an invalid level or moment, is reported.
    """
    world.record()

    fails(borneout("score", "nobody"), "nobody")
    fails(borneout("score", "herald", "--level", "0.7"), "level")
    fails(borneout("score", "herald", "--as-of", "yesterday"), "as_of", "RFC 3339")
    fails(borneout("score", "herald", "--as-of", "2999-01-01T00:00:00Z"), "future")


def test_resolve_correct_and_withdraw(borneout, world):
    """
    R11: `resolve` resolves a claim, corrects its resolution and withdraws it; the API's scores follow.
    """
    claim = world.record()
    first = json.loads(succeeds(borneout("resolve", claim["id"], "true", "--evidence", "https://club.example/news")))
    known_at = ["--known-at", "2026-02-01T00:00:00Z"]
    partial = ["partial", "--truth", "0.25", "--note", "Half of it.", "--supersedes", first["id"], *known_at]
    second = json.loads(succeeds(borneout("resolve", claim["id"], *partial)))
    right = world.score()["record"]["right"]
    third = json.loads(succeeds(borneout("resolve", claim["id"], "withdraw", "--supersedes", second["id"])))

    assert ("true", ["https://club.example/news"]) == (first["verdict"], first["evidence"])
    assert ("partial", 0.25, "2026-02-01T00:00:00Z") == (second["verdict"], second["truth"], second["known_at"])
    assert (0.25, None, second["id"]) == (right, third["verdict"], third["supersedes"])
    assert (1, 0) == (world.score()["counts"]["open"], world.score()["counts"]["resolved"])


def test_resolve_refused(borneout, world):
    """
    R11, R12: a rejected resolution is reported with the pointer of the field.
    """
    claim = world.record()["id"]
    succeeds(borneout("resolve", claim, "false", "--note", "Seen."))

    fails(borneout("resolve", claim, "true", "--note", "Seen."), "supersedes")
    fails(borneout("resolve", claim, "true"), "/evidence")
    fails(borneout("resolve", claim, "partial", "--note", "Seen."), "/truth")
    fails(borneout("resolve", claim, "true", "--note", "Seen.", "--known-at", "now"), "/known_at")
    fails(borneout("resolve", claim, "true", "--evidence", "seen it"), "/evidence/0")
    fails(borneout("resolve", claim, "true", "--note", "Seen.", "--supersedes", "7"), "/supersedes")
    fails(borneout("resolve", new_id(), "true", "--note", "Seen."), "No claim")
    assert 2 == borneout("resolve", claim, "maybe").exit_code


def test_opinion_is_not_resolved(borneout, world):
    """
    R1: an opinion is never resolved.
    """
    claim = world.record(report(), kind="opinion")

    fails(borneout("resolve", claim["id"], "true", "--note", "Seen."), "opinion")
