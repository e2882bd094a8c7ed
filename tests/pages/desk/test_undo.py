"""The button of the desk that undoes the newest resolution of a claim"""

from __future__ import annotations

import pytest

from tests.support.editor import due, resolutions
from tests.support.world import HOSTILE

pytestmark = pytest.mark.sqlite_alone  # tests of the use cases run on both databases


def test_undo(world, editor):
    """
    One button withdraws a resolution: the claim is due again, and both resolutions remain listed.
    """
    claim = due(world)
    editor.resolve(claim)

    assert 303 == editor.undo(claim).status_code
    assert "due" == world.claim(claim)["status"]
    assert ["true", None] == [verdict for verdict, *_ in resolutions(world, claim)]
    assert '<form class="undo"' not in editor.page(f"/desk/claims/{claim['id']}")


def test_resolve_again(world, editor):
    """
    A reopened claim is resolved from the queue like any other.
    """
    claim = due(world)
    editor.resolve(claim)
    editor.undo(claim)
    [queued] = world.get("/v1/queue").json["items"]
    assert f'name="supersedes" value="{queued["supersedes"]}"' in editor.page()

    assert 303 == editor.resolve(claim, "false", supersedes=queued["supersedes"]).status_code
    assert "false" == world.claim(claim)["resolution"]["verdict"]


def test_undo_correction(world, editor):
    """
    The same button undoes a correction by repeating the previous resolution exactly.
    """
    claim = due(world)
    first = world.resolve(
        claim,
        "partial",
        truth=0.37,
        evidence=["https://example.org/a", "https://example.org/b?c=d&e=%20"],
        note=HOSTILE,
        known_at="2026-01-31T10:20:30.123456Z",
    )
    editor.resolve(claim, "false", supersedes=first["id"])
    before, middle, *_ = resolutions(world, claim)

    assert 303 == editor.undo(claim).status_code
    assert [before, middle, before] == resolutions(world, claim)


def test_undo_too_late(world, editor):
    """
    Undoing is rejected if the resolution was corrected since.
    """
    claim = due(world)
    editor.resolve(claim)
    first = world.claim(claim)["resolution"]["id"]
    world.resolve(claim, "false", supersedes=first)

    assert 409 == editor.resolve(claim, "withdraw", supersedes=first).status_code
    assert "false" == world.claim(claim)["resolution"]["verdict"]


def test_undo_keeps_the_date(world, editor):
    """
    R6a, R11: undoing a correction restores a known_at with its precision.
    """
    claim = due(world, "A.")
    editor.resolve(claim, known_at="2026-02-01")
    first = world.claim(claim)["resolution"]
    editor.resolve(claim, "false", known_at="2026-02-02T10:00", supersedes=first["id"])
    editor.undo(claim)

    restored = world.claim(claim)["resolution"]
    names = ("verdict", "known_at", "known_precision")
    assert [first[name] for name in names] == [restored[name] for name in names]
