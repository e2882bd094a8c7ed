"""/compare"""

from __future__ import annotations

import re

from tests.support.browser_site import figures, section, visiting


def named(found):
    """The figures of one outlet by their names, as the columns have them."""
    return dict(zip(("mean", "lower", "upper", "right", "resolved", "expected"), found, strict=True))


def test_compare(site):
    """
    Outlets stand side by side on everything, as the API scores them, and on the claims that both took a side on.
    """
    html = site.html("/compare?outlet=the-oracle&outlet=herald")
    scores = site.get("/v1/scores?outlet=the-oracle&outlet=herald").json["items"]
    expected = [
        number
        for score in scores
        for number in (
            *(score["reliability"][name] for name in ("mean", "lower", "upper")),
            *(score["record"][name] for name in ("right", "resolved", "expected")),
        )
    ]
    shared = figures(section(html, "shared"))

    assert expected == figures(section(html, "score"))
    assert [24, 24] == [one["resolved"] for one in (named(shared[:6]), named(shared[6:12]))]
    assert 24 == len(set(re.findall(r"/claims/([0-9a-f-]+)", section(html, "claims"))))


def test_no_claim_in_common(site):
    """
    Outlets that share no resolved claim are said to, and still stand side by side.
    """
    html = site.html("/compare?outlet=the-oracle&outlet=bild")

    assert "too few to compare directly" in html
    assert figures(section(html, "score"))


def test_topic(site):
    """
    What is compared on one topic, or on another basis, says so; it asks the API the same and stays so in the form.
    """
    html = site.html("/compare?outlet=the-oracle&outlet=bild&topic=roads&basis=matured")

    assert "There is no resolved claim on roads, with only those whose date has passed on which" in html
    assert "On everything each reported on roads" in html
    assert 'href="/v1/scores?outlet=the-oracle&amp;outlet=bild&amp;basis=matured&amp;topic=roads"' in html
    assert '<input type="hidden" name="topic" value="roads">' in html


def test_names(site):
    """
    An outlet is found by its name as well as by its slug.
    """
    assert "The Oracle and Herald" in site.html("/compare?outlet=The+Oracle&outlet=Herald")


def test_unknown(site):
    """
    Outlets that are not on record are named.
    """
    response = site.client.get("/compare?outlet=herald&outlet=nobody&outlet=nowhere")

    assert 400 == response.status_code
    assert "Not on record: &#39;nobody&#39;, &#39;nowhere&#39;." in response.text


def test_reader_compares(site, browser):
    """
    A reader comes from an outlet, types the beginning of another's name and is offered it.
    """
    with visiting(browser, site) as page:
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
    An outlet is not held against itself, whether it is named twice or under a name that was merged into it; who comes
    with one outlet is asked for another.
    """
    site.outlet("Herald Online")
    site.post("/v1/outlets/herald-online/merge", {"into": "herald"})
    said = [
        site.html(f"/compare?{query}")
        for query in ("outlet=herald&outlet=Herald", "outlet=herald&outlet=herald-online", "outlet=herald")
    ]

    assert [True, True, False] == ["These are one and the same outlet." in html for html in said]
    assert all('value="herald"' in html and "Type two names" in html for html in said)


def test_one_more(site):
    """
    The form has room for one outlet more than are compared, up to four.
    """
    query = "outlet=the-oracle&outlet=herald"
    asked = [query, f"{query}&outlet=bild", f"{query}&outlet=bild&outlet=script-alert-x-script"]

    assert [3, 4, 4] == [site.html(f"/compare?{one}").count('name="outlet"') for one in asked]
