"""/topics/{path} and the topics of an outlet"""

from __future__ import annotations

import re

import pytest

from tests.support.browser_site import data_values

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


def test_topics_of_an_outlet(world):
    """
    The page of an outlet has a row for each topic and each topic above it, with the claims below it (R21b).
    """
    for topic in ("a/x", "a/y", "b"):
        world.resolve(world.record(topic=topic, text=topic), "true")
    shown = world.client.get("/outlets/herald").text.split('id="topics"')[1].split("</table>")[0]
    rows = [re.search(r'topic=([^"]+)"', row)[1] for row in shown.split("<tr>")[2:]]
    values = [data_values(row)[-3:-1] for row in shown.split("<tr>")[2:]]

    assert ["a", "a%2Fx", "a%2Fy", "b"] == rows
    assert [[2, 2], [1, 1], [1, 1], [1, 1]] == values
