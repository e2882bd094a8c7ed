"""Requirements on every page, in a real browser"""

from __future__ import annotations

import gzip
import re

import pytest

from tests.support.browser_site import check_accessibility, check_layout, open_page
from tests.support.world import HOSTILE

PAGES = {
    "ranking": "/",
    "ranking of a past day": "/?as_of=2025-01-01&min_resolved=1&basis=resolved",
    "claims": "/claims?sort=decided",
    "filtered claims": "/claims?topic=roads&verdict=true&outlet=herald&disputed=false",
    "outlets": "/outlets",
    "filtered outlets": "/outlets?topic=roads&kind=newspaper",
    "topics": "/topics",
    "topic": "/topics/roads?min_resolved=5",
    "outlet": "/outlets/the-oracle",
    "outlet with an odd name": "/outlets/{hostile}",
    "outlet that is not scored": "/outlets/unattributed-seed",
    "why": "/outlets/the-oracle/why",
    "calibration": "/outlets/the-oracle/calibration?stated=20",
    "claim": "/claims/{approach}",
    "claim with odd texts": "/claims/{odd}",
    "dispute": "/claims/{odd}/dispute",
    "reply": "/claims/{odd}/reply",
    "choice of a result": "/outlets/the-oracle/dispute",
    "card for a frame": "/embed/outlets/the-oracle",
    "compare": "/compare?outlet=the-oracle&outlet=herald",
    "compare nothing": "/compare",
    "method": "/method",
    "docs": "/docs",
    "search": "/search?q=the",
    "unknown address": "/search?q=nowhere.example",
}
WITH_UNIQUE_PARTS = (
    "ranking",
    "filtered claims",
    "filtered outlets",
    "outlet",
    "why",
    "calibration",
    "claim",
    "compare",
    "search",
    "dispute",
)
"""Pages with a form or a chart that no other page has."""


@pytest.fixture
def path(request, site):
    """The address of a page."""
    hostile = site.get("/v1/outlets", query_string={"q": HOSTILE[:20]}).json["items"][0]["slug"]
    approach = site.get("/v1/claims", query_string={"q": "formally approached"}).json["items"][0]["id"]
    odd = site.get("/v1/claims", query_string={"outlet": hostile}).json["items"][0]["id"]
    return PAGES[request.param].format(hostile=hostile, approach=approach, odd=odd)


@pytest.mark.parametrize(("path", "name"), [(name, name) for name in PAGES], indirect=["path"], ids=PAGES)
def test_page(site, browser, path, name):
    """
    A page loads without errors or requests to other hosts, does not shift, fits the screen and is accessible, on large
    and small screens, light and dark.
    """
    with open_page(browser, site) as page:
        for width, scheme in ((1280, "light"), (360, "dark")):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            page.goto(path)
            check_layout(page)
            if scheme == "dark" or name in WITH_UNIQUE_PARTS:
                check_accessibility(page)


@pytest.mark.parametrize("path", ["ranking", "outlet", "claim", "compare", "search"], indirect=True)
def test_page_without_script(site, browser, path):
    """
    A page has the same content without JavaScript.
    """
    contents = []
    for script, width, scheme in ((True, 360, "light"), (False, 1280, "dark")):
        with open_page(browser, site, script=script, width=width, scheme=scheme) as page:
            page.goto(path)
            texts = page.locator("h1, h2, h3, p, li, caption, figcaption, th[scope=row] a, data").all_text_contents()
            contents.append(texts)
            assert 1 == page.locator("h1").count()
            assert page.title().endswith(" · Borneout")

    assert contents[0] == contents[1]
    assert contents[0]


def test_every_table_has_a_caption(site):
    """
    Every table has a caption, and every box that scrolls has a name.
    """
    paths = (
        "/",
        "/outlets/the-oracle",
        "/outlets/the-oracle/why",
        "/compare?outlet=the-oracle&outlet=herald",
        "/method",
    )
    for path in paths:
        html = site.html(path)
        assert html.count("<table") == len(re.findall(r"<table[^>]*>\s*<caption", html)), path
        assert html.count('class="scroll"') == len(
            re.findall(r'class="scroll" role="region" aria-label="[^"]+', html)
        ), path


@pytest.mark.parametrize("path", [name for name in PAGES if name != "docs"], indirect=True)
def test_page_is_light(site, path):
    """
    A page weighs at most 100 kB compressed, with everything that it loads.
    """
    html = site.html(path)
    loaded = set(re.findall(r'(?:src|href)="(/assets/[^"]+|/favicon[^"]*)"', html))
    weights = {}
    for address in loaded:
        with site.client.get(address) as response:
            weights[address] = len(gzip.compress(response.data))

    assert any(address.endswith(".css") for address in loaded), loaded
    assert len(gzip.compress(html.encode())) + sum(weights.values()) <= 100_000, weights
