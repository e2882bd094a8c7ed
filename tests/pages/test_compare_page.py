"""/compare"""

from __future__ import annotations

import re
from html import unescape

from tests.support.browser_site import data_values, open_page, section


def named(found):
    """Return the values of one outlet by the names of their columns."""
    return dict(zip(("right", "resolved", "expected", "mean", "lower", "upper"), found, strict=True))


def test_compare(site):
    """
    Outlets are compared by the scores of the API, and on the claims that both took a side on.
    """
    html = site.html("/compare?outlet=the-oracle&outlet=herald")
    scores = site.get("/v1/scores?outlet=the-oracle&outlet=herald").json["items"]
    expected = [
        number
        for score in scores
        for number in (
            *(score["record"][name] for name in ("right", "resolved", "expected")),
            *(score["reliability"][name] for name in ("mean", "lower", "upper") if score["status"] == "rated"),
        )
    ]
    shared = data_values(section(html, "shared"))

    assert expected == data_values(section(html, "score"))
    assert [24, 24] == [outlet["resolved"] for outlet in (named(shared[:6]), named(shared[6:12]))]
    assert 24 == len(set(re.findall(r"/claims/([0-9a-f-]+)", section(html, "claims"))))


def test_no_claim_in_common(site):
    """
    Outlets without a shared resolved claim are still compared by their scores, and the page says so.
    """
    html = site.html("/compare?outlet=the-oracle&outlet=bild")

    assert "so they cannot be compared directly" in html
    assert data_values(section(html, "score"))


def test_topic(site):
    """
    A comparison on a topic or another basis says so, links to the same API call, and keeps them in the form.
    """
    html = site.html("/compare?outlet=the-oracle&outlet=bild&topic=roads&basis=matured")

    assert "They took sides on no resolved claims on roads past any due date in common" in html
    assert "On all claims of each outlet on roads past any due date" in html
    assert 'href="/v1/scores?outlet=the-oracle&amp;outlet=bild&amp;basis=matured&amp;topic=roads"' in html
    assert '<input type="hidden" name="topic" value="roads">' in html


def test_names(site):
    """
    An outlet is found by its name or the beginning of it as well as by its slug, and the form shows its name.
    """
    html = site.html("/compare?outlet=The+Oracle&outlet=leverkusen")

    assert "The Oracle and Bayer 04 Leverkusen" in html
    assert ['value="The Oracle"', 'value="bayer-leverkusen"'] == re.findall('value="[^"]+"', html.split("<form")[2])[:2]


def test_unknown(site):
    """
    The page keeps the form, names the outlets that are not recorded, and links to the comparison with a similar name.
    """
    response = site.client.get("/compare?outlet=herald&outlet=oracel&outlet=nowhere&topic=roads")

    assert 400 == response.status_code
    assert ["oracel", "nowhere"] == re.findall("No outlet is called “([^”]+)”", response.text)
    [link] = re.findall(r'Did you mean <a href="([^"]+)">The Oracle</a>\?', response.text)
    assert "/compare?outlet=herald&outlet=the-oracle&outlet=nowhere&topic=roads" == unescape(link)


def test_reader_compares(site, browser):
    """
    A reader of an outlet page types the beginning of another name, and picks it from the suggestions.
    """
    with open_page(browser, site) as page:
        page.goto("/outlets/the-oracle")
        page.get_by_role("link", name="Compare").last.click()
        page.get_by_label("Outlet 2").press_sequentially("hera")
        page.locator("#outlets option").first.wait_for(state="attached")
        offered = page.locator("#outlets option").first.get_attribute("value")
        page.get_by_label("Outlet 2").fill(offered)
        page.get_by_role("button", name="Compare").click()

        assert "The Oracle and Herald" == page.locator("h1").inner_text()


def test_one_and_the_same(site):
    """
    An outlet is not compared with itself, whether it is named twice or by the slug of an outlet that was merged into
    it. With one outlet, the page asks for another.
    """
    site.outlet("Herald Online")
    site.post("/v1/outlets/herald-online/merge", {"into": "herald"})
    pages = [
        site.html(f"/compare?{query}")
        for query in ("outlet=herald&outlet=Herald", "outlet=herald&outlet=herald-online", "outlet=herald")
    ]

    assert [True, True, False] == ["These names belong to the same outlet." in html for html in pages]
    assert all('value="Herald"' in html and "Enter the names" in html for html in pages)


def test_one_more(site):
    """
    The form has one more field than there are outlets, up to four.
    """
    query = "outlet=the-oracle&outlet=herald"
    queries = [query, f"{query}&outlet=bild", f"{query}&outlet=bild&outlet=script-alert-x-script"]

    assert [3, 4, 4] == [site.html(f"/compare?{each}").count('name="outlet"') for each in queries]


def test_printed_address(site):
    """
    On paper, the address of a page has its query, also without JavaScript.
    """
    for path in ("/compare?outlet=the-oracle&outlet=herald", "/search?q=the", "/topics/roads?min_resolved=5"):
        [printed] = re.findall(r'<span class="address">(.*?)</span>', site.html(path))
        assert path.split("?")[1] in unescape(printed), printed
