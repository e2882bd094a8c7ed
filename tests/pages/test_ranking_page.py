"""/, /ranking.csv and /topics"""

from __future__ import annotations

import csv
import io
import re
from itertools import pairwise
from urllib.parse import quote

import pytest

from tests.support.browser_site import data_values, open_page

pytestmark = pytest.mark.sqlite_alone  # tests of the API run on both databases

QUESTIONS = [
    "",
    "basis=resolved&min_resolved=5",
    "topic=roads&min_resolved=5",
    "kind=newspaper&min_resolved=1",
    "as_of=2025-06-30T12:00:00Z&min_resolved=3",
]


def rows(html):
    """Return the slug of each ranked outlet, with its numbers."""
    found = re.findall(r'<a href="/outlets/([^"?]+)[^"]*">[^<]*</a>[^\n]*</th>\n(.*?)</tr>', html, re.DOTALL)
    return [(slug, data_values(piece)) for slug, piece in found]


@pytest.mark.parametrize("question", QUESTIONS)
def test_ranking(site, question):
    """
    The outlets, their order and every number equal those of the API for the same query.
    """
    query = question if "min_resolved" in question else f"{question}&min_resolved=20".lstrip("&")
    scores = site.get(f"/v1/scores?{query}&limit=50").json["items"]

    expected = [
        (
            score["outlet"],
            [score["record"][name] for name in ("right", "resolved", "expected")]
            + [score["reliability"][name] for name in ("mean", "lower", "upper") if score["status"] == "rated"],
        )
        for score in scores
    ]

    assert expected == rows(site.html(f"/?{question}"))
    assert expected


def test_ranking_as_csv(site):
    """
    The CSV has the rows of the page, with the numbers of the API. It begins with a byte order mark, so that Excel shows
    umlauts.
    """
    response = site.client.get("/ranking.csv?min_resolved=10")
    found = list(csv.DictReader(io.StringIO(response.data.decode("utf-8-sig"))))
    scores = site.get("/v1/scores?min_resolved=10&limit=50").json["items"]

    assert "text/csv; charset=utf-8" == response.content_type
    assert response.data.startswith("\ufeffplace,group,".encode())
    assert [score["outlet"] for score in scores] == [row["slug"] for row in found]
    assert [str(place + 1) for place in range(len(scores))] == [row["place"] for row in found]
    assert [score["reliability"]["lower"] for score in scores] == [float(row["lower"]) for row in found]
    assert [score["adjusted"]["lower"] for score in scores] == [float(row["adjusted_lower"]) for row in found]
    assert [score["as_of"][:10] for score in scores] == [row["as_of"][:10] for row in found]


def test_csv_has_no_formula(site):
    """
    A name that a spreadsheet would evaluate as a formula is quoted in the CSV.
    """
    report = {"outlet": {"name": "=1+1"}, "published_at": "2025-01-01T00:00:00Z"}
    site.resolve(site.record(report, text="It adds up.", topic="sums"), "true")
    response = site.client.get("/ranking.csv?min_resolved=1&topic=sums")

    assert ["'=1+1"] == [row["name"] for row in csv.DictReader(io.StringIO(response.data.decode("utf-8-sig")))]


def test_groups(site):
    """
    The adjusted intervals of a group overlap with that of its first outlet, and the first of the next group does not
    overlap with it.
    """
    html = site.html("/?min_resolved=3&basis=resolved")
    scores = site.get("/v1/scores?min_resolved=3&basis=resolved&limit=200").json["items"]
    adjusted = {score["outlet"]: (score["adjusted"]["lower"], score["adjusted"]["upper"]) for score in scores}
    groups = [rows(piece) for piece in re.findall(r"<tbody.*?</tbody>", html, re.DOTALL)]
    intervals = [[adjusted[slug] for slug, _ in group] for group in groups]

    assert groups
    for group in intervals:
        assert all(upper >= group[0][0] for _, upper in group)
    for before, group in pairwise(intervals):
        assert group[0][1] < before[0][0]


def test_few_claims(site):
    """
    R17: an outlet with too few claims is listed below the ranking, with its counts and without a number.
    """
    html = site.html("/?min_resolved=25&topic=roads")
    below = re.search(r'<section aria-labelledby="few".*', html, re.DOTALL)[0]

    assert [] == rows(html)
    assert re.search(r'/outlets/the-oracle">The Oracle</a> <small><data value="24">24</data> of 24 claims', below)


def test_parts_of_the_ranking(site):
    """
    A part that begins further down goes on with the places where the one before it ended.
    """
    whole = rows(site.html("/?min_resolved=1"))
    rest = site.html("/?min_resolved=1&from=3")

    assert whole[2:] == rows(rest)[: len(whole) - 2]
    assert '<td class="place" role="cell">3</td>' in rest
    assert "min_resolved=1" in re.search(r'<a rel="prev" href="([^"]+)"', rest)[1]


@pytest.mark.parametrize("query", ["as_of=yesterday", "min_resolved=0", "basis=x", "kind=blog", "from=0"])
def test_bad_question(site, query):
    """
    An invalid parameter is a 400 page that names it.
    """
    response = site.client.get(f"/?{query}")

    assert (400, "text/html; charset=utf-8") == (response.status_code, response.content_type)
    assert query.split("=", maxsplit=1)[0] in response.text


def test_unknown_parameters_do_not_matter(site):
    """
    Unknown parameters and blank fields of a form are ignored.
    """
    assert rows(site.html("/")) == rows(site.html("/?utm_source=x&topic=&kind=&as_of="))


def test_today_is_now(site):
    """
    A day that is not over is read as now.
    """
    assert rows(site.html("/")) == rows(site.html("/?as_of=9999-12-31"))


def test_resolution_shows_at_once(site):
    """
    R20: a cached page is not served after a claim on it was resolved.
    """
    claim = site.record(
        {"outlet": {"name": "Late Post"}, "published_at": "2025-01-01T00:00:00Z"}, text="It rains.", topic="rain"
    )
    before = site.html("/outlets/late-post"), site.html("/?min_resolved=1&topic=rain")
    table = site.client.get("/ranking.csv?min_resolved=1&topic=rain").data
    site.resolve(claim, "true")

    assert "Too few claims to say: nothing" in before[0]
    assert "/outlets/late-post" not in "".join(slug for slug, _ in rows(before[1]))
    assert "Not ranked yet (fewer than 20 results)." in site.html("/outlets/late-post")
    assert "late-post" in site.html("/?min_resolved=1&topic=rain")
    assert (False, True) == (
        b"late-post" in table,
        b"late-post" in site.client.get("/ranking.csv?min_resolved=1&topic=rain").data,
    )


def test_page_that_is_known(site):
    """
    An unchanged page is not sent again.
    """
    tag = site.client.get("/").headers["ETag"]
    again = site.client.get("/", headers={"If-None-Match": tag})

    assert (304, b"") == (again.status_code, again.data)


def test_topics(site):
    """
    Every topic is listed with its number of claims, and links to its ranking.
    """
    html = site.html("/topics")

    assert re.search(r'<a href="/topics/roads">roads</a> <small>2\d claims', html)
    assert rows(site.html("/?topic=roads&min_resolved=5")) == rows(site.html("/topics/roads?min_resolved=5"))


def test_first_start(world):
    """
    Without any records, the page explains how to add some, unlike for a query without results.
    """
    pages = [world.client.get(path, headers={"Accept": "text/html"}).text for path in ("/", "/?topic=roads")]

    assert [True, False] == ["Nothing is on record yet" in page for page in pages]
    assert [False, True] == ["too few to say" in page for page in pages]


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


def test_reader_chooses(site, browser):
    """
    A reader filters the ranking, and the address contains the filter.
    """
    with open_page(browser, site) as page:
        page.goto("/")
        page.get_by_text("Choose topic").click()
        page.get_by_label("Topic").select_option("roads")
        page.get_by_label("At least").fill("5")
        page.get_by_role("button", name="Show").click()
        page.get_by_role("link", name="The Oracle").click()

        assert "The Oracle" == page.locator("h1").inner_text()
        assert page.url.endswith("/outlets/the-oracle?topic=roads")


@pytest.mark.parametrize(
    "path", ["/", "/topics/roads", "/ranking.csv", "/outlets/the-oracle", "/outlets/the-oracle/why"]
)
@pytest.mark.parametrize("day", ["0001-01-01", "0001-05-01"])
def test_first_year(site, path, day):
    """
    A query about the first year of the calendar has a response.
    """
    assert 200 == site.client.get(path, query_string={"as_of": day}).status_code


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


def test_parts_of_an_odd_topic(world):
    """
    The parts of a ranking link to parts of the same topic, even if it has special characters.
    """
    topic = "A/B? 100 %"
    world.resolve(world.record(topic=topic), "true")
    html = world.client.get(f"/topics/{quote(topic.lower())}?min_resolved=1&from=2").text
    [previous] = re.findall(r'<a rel="prev" href="([^"]+)"', html)
    first = world.client.get(previous.replace("&amp;", "&"))

    assert ["herald"] == [slug for slug, _ in rows(first.text)]
    assert "<h1>a/b? 100 %</h1>" in first.text
    assert [False, True] == ["from the first place on" in text for text in (first.text, html)]
