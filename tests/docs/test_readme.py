"""The README's story, typed word for word."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from service.config import Settings
from service.methods.reliability import DEFAULT_LEVEL, CellRecord, Skill, rate
from service.methods.tally import STARTING_CONTEXT
from tests.support.awaiting import DEADLINE
from tests.support.command import Command
from tests.support.live_service import KEY, running

README = Path(__file__).parents[2] / "README.md"
STORY = README.parent / "examples" / "alonso.ndjson"


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """What the commands of the README's n-th block print, run as they stand there on what `make run` serves."""
    folder = tmp_path_factory.mktemp("readme")
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    with running(folder) as service:
        assert 0 == Command(Settings.from_env({}, data_dir=folder))("import", STORY).exit_code

        def run(block):
            commands = blocks[block].replace("KEY=bo_...", f"KEY={KEY}").replace(":8000", f":{service.port}")
            done = subprocess.run(
                ["bash", "-euc", commands], capture_output=True, text=True, check=True, timeout=DEADLINE
            )
            return _documents(done.stdout)

        yield run


@pytest.mark.parametrize(("right", "resolved"), [(1, 1), (445, 500)])
def test_first_numbers(right, resolved):
    """
    The estimates and ranges in the introduction are those of the method under the starting context.
    """
    skill = Skill((CellRecord(resolved, right, 0.5),), STARTING_CONTEXT.kappa)
    found = rate(skill, reference=0.5, drift=STARTING_CONTEXT.drift, level=DEFAULT_LEVEL).reliability

    assert f"{found.mean:.2f} [{found.lower:.2f}, {found.upper:.2f}]" in " ".join(README.read_text().split())


def test_curl_story(typed):
    """
    A claim is recorded, its outlet's score read, the claim resolved, and the score read again.
    """
    before, _, after = typed(1)

    assert ("insufficient", None) == (before["status"], before["reliability"])
    assert ("provisional", 1, 1) == (after["status"], after["counts"]["resolved"], after["counts"]["early"])
    assert [0.556, 0.273, 0.82] == [round(after["reliability"][name], 3) for name in ("mean", "lower", "upper")]


def test_the_example(typed):
    """
    The example answers what is said of it.
    """
    found, claims, score = typed(2)

    assert "joe-uk" == found["outlet"]["slug"]
    assert ["unverifiable"] == [claim["resolution"]["verdict"] for claim in claims["items"]]
    assert (2, 2, 1) == tuple(score["counts"][name] for name in ("resolved", "correct", "deny"))


def _documents(text):
    """The JSON documents in a text; scores are sent without a line break at their end."""
    decoder, documents = json.JSONDecoder(), []
    while text := text.lstrip():
        document, end = decoder.raw_decode(text)
        documents.append(document)
        text = text[end:]
    return documents
