"""Charts in a real browser: values on hover, focus and touch, contrast, links and print"""

from __future__ import annotations

import re

import pytest

from tests.support.browser_site import check_accessibility, open_page

pytestmark = pytest.mark.sqlite_alone  # pages

DASH = "\N{EN DASH}"
LEAST = 3.0
"""The least contrast of a part of a picture that readers need (WCAG 1.4.11)."""
MARKS = {
    "/outlets/the-oracle": [".bar", ".dot", ".band", ".line", ".average"],
    "/claims/{approach}": [".tie", ".report path"],
}
CONTRAST = """
(selector) => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const parse = (color) => { const [r, g, b, a = 1] = channels(color); return [r, g, b, a]; };
  const over = ([r, g, b, a], below) => [r, g, b].map((one, n) => one * a + below[n] * (1 - a));
  const light = (color) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = color.map((one) => linear(one / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const [r, g, b, a] = parse(getComputedStyle(one).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return parse(getComputedStyle(document.documentElement).backgroundColor).slice(0, 3);
  };
  return [...document.querySelectorAll(selector)].map((mark) => {
    const style = getComputedStyle(mark);
    let alpha = 1;
    for (let one = mark; one; one = one.parentElement) alpha *= Number(getComputedStyle(one).opacity);
    const below = behind(mark);
    const ratio = (paint) => {
      const [r, g, b, a] = parse(paint);
      const [high, low] = [light(over([r, g, b, a * alpha], below)), light(below)].sort((x, y) => y - x);
      return (high + 0.05) / (low + 0.05);
    };
    return Math.max(...[style.stroke, style.fill].filter((paint) => paint.startsWith("rgb")).map(ratio));
  });
}
"""


@pytest.fixture(scope="module")
def approach(site):
    """The address of the claim with relays in the example."""
    return site.get("/v1/claims", query_string={"q": "formally approached"}).json["items"][0]["id"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(site, browser, approach, scheme):
    """
    Intervals, estimates, relay lines and reports have a contrast of at least 3:1 to what is behind them.
    """
    with open_page(browser, site, scheme=scheme) as page:
        for path, selectors in MARKS.items():
            page.goto(path.format(approach=approach))
            for selector in selectors:
                ratios = page.evaluate(CONTRAST, selector)
                assert ratios, selector
                assert min(ratios) >= LEAST, (path, selector, min(ratios))


def test_values(site, browser, approach):
    """
    The value of a point is shown on hover, on focus, with the arrow keys and on touch, and is gone with Escape.
    """
    with open_page(browser, site) as page:
        page.goto("/outlets/the-oracle")
        tip, chart = page.locator(".tip"), page.locator("#time ~ figure .tips")
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        page.mouse.move(box["x"] + 2, box["y"] + 20)
        first = tip.text_content()
        page.mouse.move(0, 0)
        assert "" == tip.text_content()
        chart.focus()
        last = tip.text_content()
        page.keyboard.press("Home")
        assert first == tip.text_content()
        page.keyboard.press("End")
        assert last == tip.text_content()
        page.keyboard.press("Escape")
        assert "" == tip.text_content()
        assert re.fullmatch(rf"\d+\s\w+\s20\d\d: \d+\s% \(\d+{DASH}>?\d+\)", last), last
        assert page.locator("#time ~ details td").first.text_content().split()[0] in last

        page.goto(f"/claims/{approach}")
        page.locator(".lanes .report").first.dispatch_event("pointerdown", {"bubbles": True})
        assert "BILD supported it, reported as done, 28" in page.locator(".tip").text_content()


def test_dot_leads_to_its_claims(site, browser):
    """
    A dot of the calibration chart leads to the claims with such a probability, all of which the page lists.
    """
    bins = site.get("/v1/outlets/the-oracle/calibration").json["bins"]
    with open_page(browser, site) as page:
        page.goto("/outlets/the-oracle")
        links = page.locator("#calibration ~ figure a")
        assert len(bins) == links.count()
        links.nth(2).focus()
        assert f"Stated 20{DASH}30" in page.locator(".tip").text_content()
        page.keyboard.press("Enter")
        page.wait_for_url("**/calibration?stated=20#claims")
        stated = [
            float(one) for one in page.locator("#claims ~ ol data").evaluate_all("(all) => all.map(x => x.value)")
        ]
        check_accessibility(page)

    assert bins[2]["n"] == len(stated)
    assert all(bins[2]["lower"] <= one < bins[2]["upper"] for one in stated)


def test_every_tenth(site):
    """
    The lists of all tenths together have every claim with a stated probability; others are empty.
    """
    bins = site.get("/v1/outlets/the-oracle/calibration").json["bins"]
    page = site.html("/outlets/the-oracle/calibration")
    links = dict.fromkeys(re.findall(r'href="(/outlets/the-oracle/calibration\?stated=\d+)#claims"', page))

    lowest = [int(link.partition("stated=")[2]) for link in links]
    assert [round(100 * one["lower"]) for one in bins] == lowest
    for link, one in zip(links, bins, strict=True):
        assert one["n"] == len(re.findall(r"<small>Called", site.html(link)))
    assert "There are no more resolved claims" in site.html("/outlets/the-oracle/calibration?stated=20&from=51")
    assert "There are no resolved claims" in site.html("/outlets/herald/calibration?stated=20")


@pytest.mark.parametrize("path", ["/outlets/the-oracle", "/claims/{approach}", "/outlets/the-oracle/why"])
def test_print(site, browser, approach, path):
    """
    On paper a page fits the sheet, and has its address, its date and its tables, except the estimates of each month.
    """
    with open_page(browser, site, width=680) as page:  # A4 without margins
        page.goto(path.format(approach=approach))
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        printed = page.locator(".printed")
        assert printed.is_visible()
        assert printed.inner_text().startswith(page.url)
        assert re.search(r"as of \d+.\w+.20\d\d$", printed.inner_text())
        assert not page.locator(".search").is_visible()
        assert all(
            page.locator("main details:not(.filters, .share, .others, .on-screen) > :not(summary)").evaluate_all(
                "(all) => all.map((one) => one.checkVisibility({ contentVisibilityAuto: true }))"
            )
        )
