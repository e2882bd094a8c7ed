"""What holds for every page, in a real browser"""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from tests.support.browser_site import audit, look, visiting
from tests.support.world import HOSTILE

PAGES = {
    "ranking": "/",
    "ranking of a past day": "/?as_of=2025-01-01&min_resolved=1&basis=resolved",
    "topics": "/topics",
    "topic": "/topics/roads?min_resolved=5",
    "outlet": "/outlets/the-oracle",
    "outlet with an odd name": "/outlets/{hostile}",
    "outlet that is not scored": "/outlets/unattributed-seed",
    "why": "/outlets/the-oracle/why",
    "compare": "/compare?outlet=the-oracle&outlet=herald",
    "compare nothing": "/compare",
    "method": "/method",
    "search": "/search?q=the",
    "unknown address": "/search?q=nowhere.example",
}
OF_THEIR_OWN = ("ranking", "outlet", "why", "compare", "search")
"""Pages with a form or a chart that no other page has."""


@pytest.fixture
def path(request, site):
    hostile = site.get("/v1/outlets", query_string={"q": HOSTILE[:20]}).json["items"][0]["slug"]
    return PAGES[request.param].format(hostile=hostile)


@pytest.mark.parametrize(("path", "name"), [(name, name) for name in PAGES], indirect=["path"], ids=PAGES)
def test_page(site, browser, path, name):
    """
    A page loads without an error, asks nobody else, stands still, fits the screen, and is open to everyone: on a large
    screen and a small one, light and dark.
    """
    for width, scheme in ((1280, "light"), (360, "dark")):
        with visiting(browser, site, width=width, scheme=scheme) as page:
            page.goto(path)
            look(page)
            if scheme == "dark" or name in OF_THEIR_OWN:
                audit(page)


@pytest.mark.parametrize("path", ["ranking", "outlet", "compare", "search"], indirect=True)
def test_page_without_script(site, browser, path):
    """
    A page says the same without JavaScript, of which one file serves all.
    """
    said = []
    for script, width, scheme in ((True, 360, "light"), (False, 1280, "dark")):
        with visiting(browser, site, script=script, width=width, scheme=scheme) as page:
            page.goto(path)
            texts = page.locator("h1, h2, h3, p, li, caption, figcaption, th[scope=row] a, data").all_text_contents()
            said.append(texts)
            assert 1 == page.locator("h1").count()
            assert page.title().endswith(" · Borneout")

    assert said[0] == said[1]
    assert said[0]


def test_page_is_light(site):
    """
    A page weighs less than 300 kB, all that it loads included.
    """
    named = re.findall(r'(?:src|href)="(/assets/[^"]+)"', site.html("/"))
    assets = 0
    for name in named:
        with site.client.get(name) as response:
            assets += len(response.data)

    assert 3 == len(named)
    for path in ("/", "/outlets/the-oracle", "/outlets/the-oracle/why", "/method", f"/topics/{quote(HOSTILE)}"):
        assert assets + len(site.html(path)) < 300_000, path
