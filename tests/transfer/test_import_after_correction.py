"""Imports of a file again after one of its claims was corrected by hand."""

from __future__ import annotations

import datetime as dt

from tests.support import load_lines


def load(world, *lines):
    """Load lines, and return their results."""
    results = load_lines.load(world.runtime.db, world.runtime.cache, lines, now=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
    return [result.status.value for result in results]


def test_a_flat_line_speaks_of_text_and_topic_alone(world):
    """
    R4: after a correction of the text, the same line is unchanged with or without its topic.
    """
    flat = {"claim_id": "c1", "claim": "The bridge opens in May.", "published_at": "2026-01-01"}
    lines = [flat | {"outlet": "Herald", "topic": "roads"}, flat | {"outlet": "Tribune"}]
    assert ["created", "created"] == load(world, *lines)
    [claim] = world.get("/v1/claims").json["items"]
    changes = {"text": "The bridge opens in June.", "tags": ["north"]}
    world.patch(f"/v1/claims/{claim['id']}", changes, headers={"If-Match": "*"})

    assert ["unchanged", "unchanged"] == load(world, *lines)
    assert ["rejected"] == load(world, lines[0] | {"claim": "The bridge never opens."})


def test_a_claim_filed_over_http(world):
    """
    R4: a flat line on a claim with more members than a line can have adds its report.
    """
    world.record(external_id="c1", kind="event", resolves_by="2026-06-01T00:00:00Z", tags=["north"], topic="roads")
    line = {"outlet": "Tribune", "claim_id": "c1", "claim": "The bridge opens in May.", "published_at": "2026-01-01"}

    assert ["created"] == load(world, line)
    assert ["unchanged"] == load(world, line)


def test_a_parent_by_its_id(world):
    """
    An outlet line with the id of the parent is recognised like one with its slug.
    """
    house = world.outlet("House")
    line = {"type": "outlet", "slug": "kid", "name": "Kid", "parent": house["id"]}

    assert ["created"] == load(world, line)
    assert ["unchanged", "unchanged"] == load(world, line, line | {"parent": "house"})


def test_outcome_after_a_withdrawal(world):
    """
    R11: the outcome that was withdrawn is not loaded again, and another one supersedes the withdrawal.
    """
    flat = {"claim_id": "c1", "claim": "Opens.", "published_at": "2026-01-01", "outlet": "Herald"}
    assert ["created"] == load(world, flat | {"outcome": True})
    [claim] = world.get("/v1/claims").json["items"]
    withdrawal = world.resolve(claim, None, supersedes=claim["supersedes"])

    assert ["unchanged", "updated"] == load(world, flat | {"outcome": True}, flat | {"outcome": False})
    assert withdrawal["id"] == world.claim(claim)["resolution"]["supersedes"]
