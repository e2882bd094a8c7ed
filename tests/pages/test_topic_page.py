"""/topics/{path}: redirects from topics that were renamed"""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.sqlite_alone  # tests of the API run on both databases


def rename(world, source, into):
    assert 201 == world.post("/v1/topics/renames", {"from": source, "into": into}).status_code


def test_page_of_a_renamed_topic(world):
    """
    The page of a topic that was renamed redirects to its new page, unless it has claims again (R21b).
    """
    world.record(topic="a/x")
    world.record(topic="z")
    rename(world, "a", "b")
    rename(world, "b", "c/d")
    rename(world, "z", "a")

    redirect = world.client.get("/topics/a/x?basis=resolved")

    assert (308, "/topics/c/d/x?basis=resolved") == (redirect.status_code, redirect.headers["Location"])
    assert "<h1>a</h1>" in world.client.get("/topics/a").text
    assert 404 == world.client.get("/topics/y").status_code
