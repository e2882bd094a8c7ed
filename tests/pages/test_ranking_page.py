"""/, /ranking.csv and /topics"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html import unescape
from itertools import pairwise
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import pytest

from service.pages.ranking_view import FRONT_ROWS, RankingView
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

    assert expected[: 50 if question else FRONT_ROWS] == rows(site.html(f"/?{question}"))
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


def sort_link(html, name):
    """Return the address of the link in the head of a column."""
    head = re.search(r'<table class="ranking".*?</thead>', html, re.DOTALL)[0]
    return unescape(re.search(rf'<a href="([^"]+)" rel="nofollow">{name}', head)[1])


SORTED = {
    "Right": lambda score: score["record"]["right"] / score["record"]["resolved"],
    "results": lambda score: score["record"]["resolved"],
    "expected": lambda score: score["record"]["expected"] / score["record"]["resolved"],
    "Estimated": lambda score: score["adjusted"]["mean"],
    "Outlet": lambda score: score["name"].casefold(),
}


@pytest.mark.parametrize("column", SORTED)
@pytest.mark.parametrize("path", ["/?min_resolved=2&basis=resolved", "/topics/roads?min_resolved=2"])
def test_sorted_by_a_column(site, path, column):
    """
    The head of each column is a link that sorts the ranking by it, in reverse when followed again. For columns by which
    the API sorts, the order is that of the API.
    """
    names = {outlet["slug"]: outlet["name"] for page in site.pages("/v1/outlets", limit=200) for outlet in page}
    topic = "&topic=roads" if "roads" in path else ""
    query = f"{path.partition('?')[2]}{topic}"
    pages = site.pages("/v1/scores", limit=200, **dict(parse_qsl(query)))
    scores = [score | {"name": names[score["outlet"]]} for page in pages for score in page]
    once = site.html(sort_link(site.html(path), column))
    twice = site.html(sort_link(once, column))

    values = {score["outlet"]: SORTED[column](score) for score in scores}
    for html, is_reversed in ((once, column != "Outlet"), (twice, column == "Outlet")):
        slugs = [slug for slug, _ in rows(html)]
        assert len(slugs) == min(50, len(scores)) > 1
        assert sorted(map(values.get, slugs), reverse=is_reversed) == list(map(values.get, slugs))
        assert f'aria-sort="{"descending" if is_reversed else "ascending"}"' in html
        assert "Too close to call" not in html
        if 'href="/v1/scores?' in html and "sort=" in (address := re.search(r'href="(/v1/scores\?[^"]+)', html)[1]):
            listed = site.get(unescape(address) + "&limit=50").json["items"]
            assert [score["outlet"] for score in listed] == slugs


def test_chips_and_title(site):
    """
    The filters are named in the title, the heading and the preview, and each is a chip that can be cleared.
    """
    html = site.html("/?topic=roads&kind=newspaper&as_of=2025-01-01&min_resolved=1")
    addresses = {
        words.strip(): parse_qs(urlsplit(unescape(address)).query)
        for address, words in re.findall(r'<li><a href="([^"]+)">([^<]+)<span class="hidden">', html)
    }
    day = "1 Jan 2025".replace(" ", "\N{NO-BREAK SPACE}")
    title = f"Reliability of newspapers on roads, with at least 1 result, as of {day}"

    assert f"<title>{title} · Borneout</title>" in html
    assert f"<h1>{title}</h1>" in html
    assert f'<meta property="og:description" content="{title}: ' in html
    assert {"Topic: roads": "topic", "Newspapers": "kind", "With at least 1 result": "min_resolved"}.items() <= {
        words: next(iter({"topic", "kind", "as_of", "min_resolved"} - query.keys()))
        for words, query in addresses.items()
    }.items()
    assert 4 == len(addresses)
    assert 'class="chips"' not in site.html("/")
    assert "<title>How often are news outlets right? · Borneout</title>" in site.html("/?sort=name")


def test_trend_only_where_it_moved(site):
    """
    R17a: a line is drawn only for an estimate that moved within the year, in whole per cent, and never below 20
    results.
    """
    for query in ("min_resolved=1", "min_resolved=1&basis=resolved&as_of=2025-06-01"):
        html = site.html(f"/?{query}")
        for row in re.findall(r'<tr role="row">\n<td class="place".*?</tr>', html, re.DOTALL):
            words = re.search(r"<title>From (\S+) to (\S+) within|<title>(\S+) all year", row)
            assert words is None or "fewer than 20 results" not in row
            if words is not None and words[3] is None:
                assert words[1] != words[2]


def test_few_claims(site):
    """
    R17a: an outlet with too few claims is listed below the ranking, with its record and without an estimate.
    """
    html = site.html("/?min_resolved=25&topic=roads")
    below = re.search(r'<section aria-labelledby="few".*', html, re.DOTALL)[0]

    assert [] == rows(html)
    link = r'/outlets/the-oracle\?topic=roads">The Oracle</a>'
    assert re.search(rf'{link} <small>right on <data [^>]+>\d+</data> of <data value="24">24</data> \(<data', below)
    assert 'class="estimate"' not in below


def test_rows_of_the_front_page():
    """
    The front page has 20 rows, so that its other lists are near, and the part after it is cached like other parts.
    """
    view = RankingView()

    assert [20, 50, 50] == [one.rows for one in (view, replace(view, start=21), replace(view, topic="roads"))]
    assert [True, True, False] == [replace(view, start=start).is_usual for start in (1, 21, 22)]


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
    assert "RFC" not in response.text


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

    assert "No results yet: none" in before[0]
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

    assert [True, False] == ["There are no records yet" in page for page in pages]
    assert [False, True] == ["No outlet is ranked" in page for page in pages]


def test_reader_chooses(site, browser):
    """
    A reader filters the ranking, and the address contains the filter.
    """
    with open_page(browser, site) as page:
        page.goto("/")
        page.get_by_text("Filter and sort").click()
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
    assert [False, True] == ["the whole ranking as" in text for text in (first.text, html)]
