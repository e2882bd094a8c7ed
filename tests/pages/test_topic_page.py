"""/topics/{path} and the topics of an outlet"""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from tests.support.browser_site import data_values, open_page
from tests.support.world import report

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


def test_outlets_of_a_topic(world):
    """
    The page of a topic lists only outlets with claims of their own on it, those with the most results, then claims,
    first; and the topics directly below it.
    """
    world.outlet("Elsewhere")
    world.record(report("Elsewhere"), topic="weather")
    world.record(report("Relay", relays={"outlet": {"name": "Echo"}}), topic="roads/bridges/steel")
    for number in range(3):
        world.record(report("Echo"), topic="roads", text=f"Open {number}.")
    world.record(report("Post"), topic="roads-and-rails")
    world.resolve(world.record(report("Herald"), topic="roads/bridges"), "true")
    world.record(report("Abacus"), topic="roads/tolls", text="One more.")
    html = world.client.get("/topics/roads").text
    few = re.search(r'<section aria-labelledby="few">.*?</section>', html, re.DOTALL)[0]
    below = re.search(r'<nav class="subtopics".*?</nav>', html, re.DOTALL)[0]

    assert ["herald", "echo", "abacus"] == re.findall(r"/outlets/([^?\"]+)\?topic=roads", few)
    assert ["/topics/roads/bridges", "/topics/roads/tolls"] == re.findall(r'href="([^"]+)"', below)
    assert 'href="/topics/roads/bridges/steel"' in world.client.get("/topics/roads/bridges").text
    assert "subtopics" not in world.client.get("/topics/weather").text


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


def test_names_from_right_to_left(site, browser):
    """
    A number stays behind a name that is written from right to left.
    """
    site.record({"outlet": {"name": "ידיעות"}, "published_at": "2026-01-01T00:00:00Z"}, topic="الشرق الأوسط")
    with open_page(browser, site) as page:
        page.goto("/topics")
        topic = page.locator(".topics li", has_text="الشرق")
        first = topic.evaluate(
            """item => { const range = document.createRange(), words = item.querySelector("small").firstChild;
                         range.setStart(words, 0); range.setEnd(words, 1);
                         return range.getBoundingClientRect().left }"""
        )
        link = topic.locator("a").bounding_box()

    assert link["x"] + link["width"] <= first


@pytest.mark.parametrize("topic", ["nothing", "%00", "roads%00", "%ff", "x" * 200])
def test_unknown_topic(world, topic):
    """
    A topic without claims is a 404 page.
    """
    world.record(topic="roads")
    response = world.client.get(f"/topics/{topic}")

    assert (404, "text/html; charset=utf-8") == (response.status_code, response.content_type)
    assert 200 == world.client.get("/topics/roads").status_code


def test_another_spelling_of_a_topic(world):
    """
    The address of a topic in another spelling redirects to that of its normal form, with the query (R21b).
    """
    world.record(topic="Roads / Bridge #1")
    response = world.client.get(f"/topics/{quote('ROADS/bridge  #1')}?basis=resolved")

    address = "/topics/roads/bridge%20%231?basis=resolved"
    assert (308, address) == (response.status_code, response.headers["Location"])
    assert "<h1>roads/bridge #1</h1>" in world.client.get(address).text
    assert 'href="/topics/roads"' in world.client.get(address).text
    assert "<h1>roads</h1>" in world.client.get("/topics/roads").text
    assert "/topics/roads" == world.client.get("/topics/roads/").headers["Location"]
