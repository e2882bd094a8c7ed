"""/search"""

from __future__ import annotations

import re

import pytest

from tests.support.browser_site import check_accessibility, open_page

pytestmark = pytest.mark.sqlite_alone  # tests of the API run on both databases


@pytest.mark.parametrize("q", ["https://www.hostile.example/2026/x?y=1#z", "hostile.example", "M.HOSTILE.EXAMPLE/a"])
def test_address(site, q):
    """
    R21: the URL of a page redirects to the outlet that publishes there.
    """
    response = site.client.get("/search", query_string={"q": q})

    assert (302, "/outlets/script-alert-x-script") == (response.status_code, response.headers["Location"])


def test_unknown_address(site):
    """
    R21: an unknown URL is reported as unknown, and no outlet is guessed from its words.
    """
    assert "This address is unknown: no recorded outlet publishes there." in site.html("/search?q=herald.example.com")


def test_words(site):
    """
    Words find outlets by their names and claims by their texts.
    """
    few, html = (site.html(f"/search?q={q}") for q in ("%22Bridge+20%22", "bridge"))

    assert "Bridge 20 opens in May." in few
    assert "These are the 20 claims with the most reports." not in few
    assert 20 == html.count('<a href="/claims/')
    assert "These are the 20 claims with the most reports." in html


def test_headline(site):
    """
    If no claim has all words, the claims with the most words in common are listed, and the page says so.
    """
    html = site.html("/search?q=Mayor+promises+that+bridge+20+will+open")

    assert "No claim contains all of these words." in html
    assert 5 == html.count('<a href="/claims/')
    assert "Bridge 20 opens in May." in html


def test_corrected(site):
    """
    If no claim contains a misspelt word, claims with the right one are listed, and the page says so.
    """
    html = site.html("/search?q=brigde+20")

    assert "No claim contains “brigde 20”. These claims contain “bridge 20”." in html
    assert "Bridge 20 opens in May." in html


@pytest.mark.parametrize(
    ("q", "text"), [("zzzz qqqq", "No outlet or claim matches these words."), ("", "Enter the name of")]
)
def test_nothing(site, q, text):
    """
    A search without results says so.
    """
    assert text in site.html(f"/search?q={q}")


@pytest.mark.parametrize("q", [".", "...", "a.", "%", '"', "http://", "'; --", "x" * 2000])
def test_odd_words(site, q):
    """
    A search for unusual characters does not fail.
    """
    assert site.client.get("/search", query_string={"q": q}).status_code in (200, 302)


def test_more_outlets(world):
    """
    The page says if more outlets match than are shown.
    """
    for number in range(21):
        assert "the first 20 outlets." not in world.client.get("/search?q=post").text
        world.outlet(f"Post {number}")

    assert "the first 20 outlets." in world.client.get("/search?q=post").text


def test_opinion(world):
    """
    R15: an opinion is listed as an opinion, in search and on the page of its topic, and never as open or due.
    """
    members = {"kind": "opinion", "topic": "bridges", "resolves_by": "2026-02-01"}
    world.record(text="The bridge is a beauty.", **members)

    for path in ("/search?q=beauty", "/topics/bridges"):
        page = world.get(path).text
        assert "<small>an opinion" in page


FOUND = {
    **dict.fromkeys(("spordbild", "SportBild", "sport-bild", "sprot bild", "sportbil"), "/outlets/sport-bild"),
    **dict.fromkeys(("leverkusen", "bayer leverkuzen", "bayer 4 leverkusen"), "/outlets/bayer-leverkusen"),
    **dict.fromkeys(("alons", "Alonsó", "liverp", "liverpool alonso", "lverpool alnso"), "alonso"),
}
"""What people type, and the outlet or the words of a claim that they look for, in the example."""
FOUND_IN_OPEN_SETS = {
    **dict.fromkeys(("surveusa", "survey usa", "SurveyUSA", "usa survey"), "/outlets/surveyusa"),
    **dict.fromkeys(("rasmusen", "rasmussen", "rasmusen reprots"), "/outlets/rasmussen-reports"),
    **dict.fromkeys(("daily mail", "dailymail", "dailymial.co.uk"), "/outlets/dailymail-co-uk"),
    **dict.fromkeys(("bbc", "bbc news"), "/outlets/bbc-com"),
    "daily telegraph": "/outlets/telegraph-co-uk",
    **dict.fromkeys(("the guardian", "guardian", "gaurdian", "the guardain"), "/outlets/theguardian-com"),
    **dict.fromkeys(("quinipiac", "quinnipiac uni"), "/outlets/quinnipiac-university"),
    **dict.fromkeys(("mason dixon", "masondixon"), "/outlets/mason-dixon-polling-strategy"),
    "publik policy": "/outlets/public-policy-polling",
    "buzz feed": "/outlets/buzzfeed-com",
}


@pytest.mark.parametrize("q", [*FOUND, *FOUND_IN_OPEN_SETS])
def test_what_people_type(request, site, q):
    """
    Prefixes, typing errors, and missing spaces, accents and articles find the outlet or claim among the first three.
    """
    if q in FOUND_IN_OPEN_SETS:
        request.getfixturevalue("open_folder")  # skips the test if the open data are missing
    response = site.client.get("/search", query_string={"q": q})
    wanted = (FOUND | FOUND_IN_OPEN_SETS)[q]
    results = re.findall(r'<li><a href="(/outlets/[^"]+|/claims/[^"]+)">([^<]+)', response.text)
    first = [response.headers["Location"]] if response.status_code == 302 else [path for path, _ in results[:3]]

    assert wanted in first or wanted in " ".join(text for _, text in results[:3]).lower()


def test_results_have_their_record(site):
    """
    An outlet is shown with its record, its estimate from 20 results on, and its topic; a claim with its verdict, date
    and topic.
    """
    record = site.get("/v1/outlets/the-oracle/score").json
    html = site.html("/search?q=oracel")
    claims = site.html("/search?q=bridge 20")

    assert "Did you mean" in html
    assert f'right on <data value="{record["record"]["right"]}">' in html
    assert f'<data value="{record["reliability"]["mean"]}">' in html
    assert '<a href="/topics/roads">roads</a>' in claims
    assert "<time datetime=" in claims


def test_similar_to_an_address(world):
    """
    R21: an unknown address is reported as unknown, and an outlet with a similar name is only suggested.
    """
    world.outlet("Daily Mail")

    page = world.client.get("/search?q=www.dailymial.co.uk/news").text
    assert "This address is unknown: no recorded outlet publishes there." in page
    assert "Did you mean" in page
    assert '<a href="/outlets/daily-mail">Daily Mail</a>' in page


def test_completion(site, browser):
    """
    The field in the header completes the names of outlets, by keyboard and by pointer: the arrow keys choose one, Enter
    opens it, Escape closes the list, and Enter without a choice searches.
    """
    with open_page(browser, site) as page:
        page.goto("/method")
        field = page.get_by_role("combobox")
        options = page.get_by_role("option")
        field.press_sequentially("oracl")
        options.first.wait_for()
        assert "The Oracle website, 24 claims" == options.first.inner_text()
        assert "1 outlet. Press the down arrow to choose one." == page.get_by_role("status").inner_text()
        check_accessibility(page)
        field.press("ArrowDown")
        assert options.first.get_attribute("id") == field.get_attribute("aria-activedescendant")
        assert "true" == options.first.get_attribute("aria-selected")
        field.press("Escape")
        assert ("false", 0) == (field.get_attribute("aria-expanded"), options.count())
        field.press("ArrowDown")
        field.press("Enter")
        page.wait_for_url("**/outlets/the-oracle")
        field.press_sequentially("herald")
        options.first.click()
        page.wait_for_url("**/outlets/herald")
        field.fill("bridge 20")
        field.press("Enter")
        page.wait_for_url("**/search?q=bridge+20")
