"""What is new on the front page"""

from __future__ import annotations

import re

import pytest

from tests.support.browser_site import data_values, plain_text, section

pytestmark = pytest.mark.sqlite_alone  # tests of the API run on both databases


def ids(html):
    return re.findall(r'<li><a href="/claims/([^"]+)">', html)


def test_overview_of_the_api(site):
    """
    The front page shows the totals and the claims of the API's overview, with the same numbers.
    """
    overview = site.get("/v1/overview").json
    html = site.html("/")
    totals = re.search(r'<p class="totals">.*?</p>', html, re.DOTALL)[0]

    assert list(overview["totals"].values()) == data_values(totals)
    assert f'updated <time datetime="{overview["changed_at"]}">' in totals
    shown = {"decided": "decided", "most_reported": "open", "surprises": "surprises"}
    for member, name in shown.items():
        claims = overview[member]
        if not claims:
            assert f'aria-labelledby="{name}"' not in html
            continue
        part = section(html, name)
        assert [claim["id"] for claim in claims] == ids(part)
        assert f'<a href="#{name}">' in html
        numbers = {"most_reported": ["outlets"], "surprises": ["right", "expected"]}.get(member, [])
        assert [claim[number] for claim in claims for number in numbers] == data_values(part)
    assert overview["decided"]


def test_every_outlet_is_counted(site):
    """
    The outlets that are ranked, those that are not ranked yet, and those without claims are all outlets in the totals.
    """
    site.outlet("Silent Post")
    html = site.html("/")
    ranked = int(re.search(r"(\d+) ranked outlets?,", html)[1])
    others = int(re.search(r"(\d+) other outlets? ha", html)[1])
    part = section(html, "few")
    counted = re.search(r"([\d,]+) outlets are not ranked yet", part)
    few = int(counted[1].replace(",", "")) if counted else part.count("<li>")

    assert site.get("/v1/overview").json["totals"]["outlets"] == ranked + few + others


def test_new_claims_show_at_once(site):
    """
    R20: a claim that was recorded or resolved is on the front page at once, although the page is cached.
    """
    site.html("/")
    reports = [{"outlet": {"name": f"Paper {n}"}, "published_at": "2026-11-29T00:00:00Z"} for n in range(30)]
    claim = site.record(*reports, text="It is in all the papers.")
    opened = site.html("/")
    site.resolve(claim, "true")
    decided = site.html("/")

    assert claim["id"] == ids(section(opened, "open"))[0]
    assert "30 outlets" in plain_text(section(opened, "open"))
    assert claim["id"] == ids(section(decided, "decided"))[0]
    assert claim["id"] not in re.findall(r"/claims/([^\"]+)", section(decided, "open") if "#open" in decided else "")


def test_narrowed_ranking(site):
    """
    A part of the ranking, or one with filters, is not the front page, and shows only the ranking.
    """
    for query in ("topic=roads", "from=51", "kind=newspaper"):
        assert 'class="totals"' not in site.html(f"/?{query}")
    assert 'class="totals"' in site.html("/?sort=name")
