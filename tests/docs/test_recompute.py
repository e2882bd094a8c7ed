"""Scores recomputed by a stranger: from an export alone, with nothing of ours and nothing installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.busy_world import all_scores, fill, load, polls
from tests.support.command import Command
from tests.support.world import report

SCRIPT = Path(__file__).parents[2] / "examples" / "recompute.py"


@pytest.fixture
def borneout(settings):
    return Command(settings)


@pytest.fixture
def recompute(borneout, tmp_path):
    """Export, and run the script on it; what it prints, by outlet."""

    def run(name, *outlet):
        assert 0 == borneout("export", tmp_path / name).exit_code
        # Isolated, and without what is installed.
        command = [sys.executable, "-I", "-S", str(SCRIPT), str(tmp_path / name), *outlet]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return {told["outlet"]: told for told in map(json.loads, done.stdout.splitlines())}

    return run


def served(world):
    """Of each score what the script recomputes; those without a number are left out."""
    members = ("outlet", "reliability", "adjusted", "record")
    scores = all_scores(world).values()
    return {
        score["outlet"]: {member: score[member] for member in members} | {"context": score["context"]["id"]}
        for score in scores
        if score["reliability"]
    }


def numbers(scores):
    return {
        (outlet, member, name): value
        for outlet, score in scores.items()
        for member in ("reliability", "adjusted", "record")
        for name, value in score[member].items()
    }


def check(expected, told):
    assert expected.keys() == told.keys()
    assert [score["context"] for score in expected.values()] == [told[outlet]["context"] for outlet in expected]
    assert pytest.approx(numbers(expected), rel=0, abs=1e-9) == numbers(told)


def test_every_score_recomputed(world, borneout, recompute, tmp_path):
    """
    R19: mean, interval, right, expected and reference of every outlet are those served, to 1e-9, under the starting
    context and under two that were fitted.
    """
    borneout("import", SCRIPT.parent / "alonso.ndjson")
    fill(world)
    check(served(world), recompute("at first"))

    load(borneout, tmp_path / "polls.ndjson", polls())
    assert "ctx_1" in borneout("refit").stdout
    expected = served(world)
    check(expected, recompute("fitted"))
    assert (True, True) == (len(expected) > 50, expected["echo"]["record"]["resolved"] > 5)

    claim = world.record()
    world.resolve(claim, "false")
    assert "ctx_2" in borneout("refit").stdout
    check(served(world), recompute("fitted again"))


def test_one_score_recomputed(world, recompute):
    """
    The script tells of the outlet that it is asked for alone, and of none that has no number.
    """
    world.outlet("Nobody", scorable=False)
    world.resolve(world.record(report("Echo"), report("Herald"), report("Nobody")), "true")

    assert {"echo"} == recompute("one", "echo").keys()
    assert {} == recompute("unscored", "nobody")
    assert {"echo", "herald"} == recompute("all").keys()


def test_script_is_short():
    """
    It can be read in a few minutes.
    """
    assert 60 >= len(SCRIPT.read_text().splitlines())
