"""What other sites embed: the badge, the card in a frame, and /oembed"""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from tests.support.browser_site import data_values
from tests.support.world import HOSTILE, assert_problem, report

pytestmark = pytest.mark.sqlite_alone  # pages

SITE = "https://borneout.example"
PAGE = {"Accept": "text/html"}


@pytest.fixture
def known(world):
    """A service with a public address, a rated outlet, and one with a hostile name and few results."""
    world.runtime.settings = replace(world.runtime.settings, public_url=SITE, operator="Check & Co")
    for number in range(20):
        filed = [report("Times"), *([report(HOSTILE)] if number < 3 else [])]
        world.resolve(world.record(*filed, text=f"Video {number}.", topic="viral"), "true" if number < 18 else "false")
    return world


def oembed(world, url, **query):
    """Return the response about a page."""
    return world.client.get("/oembed", query_string={"url": url, **query})


def slug_of(world, name):
    """Return the slug of an outlet."""
    return world.get("/v1/outlets", query_string={"q": name}).json["items"][0]["slug"]


class Elements(HTMLParser):
    """The elements in a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_card_for_a_frame(known):
    """
    R17a: the card shows the record, and from 20 results on the estimate of the API. It has no form, script, cookie or
    link to the desk.
    """
    hostile = slug_of(known, HOSTILE[:20])
    rated, few = (known.client.get(f"/embed/outlets/{slug}", headers=PAGE) for slug in ("times", hostile))

    for response in (rated, few):
        assert (200, "text/html; charset=utf-8") == (response.status_code, response.content_type)
        assert "Set-Cookie" not in response.headers
        assert not re.search(r"<script|<form|<input|/desk|<iframe", response.text)
        assert {"_blank"} == set(re.findall(r'<a [^>]*target="([^"]*)"', response.text))
        assert len(re.findall("<a ", response.text)) == len(re.findall('target="', response.text))
    mean = known.score("times")["reliability"]["mean"]
    assert "Right on 18 of 20 resolved claims" in rated.text
    assert f"Estimated reliability: {100 * mean:.0f}\N{NO-BREAK SPACE}%" in rated.text
    assert "Right on 3 of 3 resolved claims" in few.text
    assert "Not ranked yet (fewer than 20 results)" in few.text
    assert "%" not in re.sub(r"<svg.*?</svg>", "", few.text, flags=re.DOTALL)
    assert [] == data_values(few.text)
    assert "on viral" in known.client.get("/embed/outlets/times?topic=viral", headers=PAGE).text


def test_only_the_card_may_be_framed(known):
    """
    Only the card may be framed, and only `frame-ancestors` differs from the policy of other pages.
    """
    paths = ["/", "/outlets/times", "/outlets/times/why", "/embed/outlets/nobody", "/desk/sign-in", "/topics/viral"]
    for _ in range(2):  # from the application, and from the memory of the hot path
        card = known.client.get("/embed/outlets/times", headers=PAGE)
        others = [known.client.get(path, headers=PAGE) for path in paths]
        policies = {response.headers["Content-Security-Policy"] for response in others}
        [policy] = policies

        assert "frame-ancestors 'none'" in policy
        assert policy.replace("'none'; base", "*; base") == card.headers["Content-Security-Policy"]
        for name in ("Cross-Origin-Opener-Policy", "Permissions-Policy", "X-Content-Type-Options", "Referrer-Policy"):
            assert others[0].headers[name] == card.headers[name]


def test_codes_on_the_page(known):
    """
    The page of an outlet offers its badge and card as HTML under the public address, in which names are escaped.
    """
    slug = slug_of(known, HOSTILE[:20])
    page = known.client.get(f"/outlets/{slug}?topic=viral", headers=PAGE).text
    codes = [html.unescape(code) for code in re.findall(r"<pre[^>]*The HTML of[^>]*>(.*?)</pre>", page, re.DOTALL)]
    (anchor, image), (frame,) = (Elements(code).found for code in codes)
    name = f"The record of {HOSTILE} on Borneout"

    assert ("a", {"href": f"{SITE}/outlets/{slug}?topic=viral"}) == anchor
    assert ("img", f"{SITE}/outlets/{slug}/badge.svg?topic=viral", name) == (image[0], image[1]["src"], image[1]["alt"])
    assert ("iframe", f"{SITE}/embed/outlets/{slug}?topic=viral", name) == (
        frame[0],
        frame[1]["src"],
        frame[1]["title"],
    )
    assert HOSTILE not in page
    known.runtime.settings = replace(known.runtime.settings, public_url=None, trusted_proxies=1)
    assert "The HTML of" not in known.client.get(f"/outlets/{slug}?basis=matured", headers=PAGE).text


def test_citations(known):
    """
    The pages of an outlet and a claim offer citations as text and BibTeX, with the record and an address with its day.
    """
    slug = slug_of(known, HOSTILE[:20])
    claim = known.record(text=r"50 % of {A} & \B_1 {")
    outlet_page = known.client.get(f"/outlets/{slug}", headers=PAGE).text
    claim_page = known.client.get(f"/claims/{claim['id']}", headers=PAGE).text
    outlet, about_claim = (
        html.unescape(re.search(r"<pre[^>]*as BibTeX[^>]*>(.*?)</pre>", page, re.DOTALL)[1])
        for page in (outlet_page, claim_page)
    )

    assert re.match(rf"@misc\{{borneout-{slug}-\d{{4}}-\d\d-\d\d,\n", outlet)
    assert r"author = {{Check \& Co}}" in outlet
    assert "Right on 3 of 3 resolved claims" in outlet
    assert re.search(rf"url = {{{SITE}/outlets/{slug}\?as_of=\d{{4}}-\d\d-\d\d}}", outlet)
    assert r"50 \% of \textbraceleft{}A\textbraceright{} \& \textbackslash{}B\_1 \textbraceleft{}" in about_claim
    assert f"url = {{{SITE}/claims/{claim['id']}}}" in about_claim
    for entry in (outlet, about_claim):
        assert entry.count("{") == entry.count("}")
    address = re.search(r"url = {https://borneout\.example([^}]*)}", outlet)[1]
    assert 200 == known.client.get(address, headers=PAGE).status_code


def test_oembed(known):
    """
    /oembed describes the page of an outlet as a frame with its card, in which the name is escaped, and a claim as a
    link.
    """
    slug = slug_of(known, HOSTILE[:20])
    found = oembed(known, f"{SITE}/outlets/{slug}?topic=viral&utm=1#record", format="json", dnt="1")
    claim = known.record(text=HOSTILE)
    link = oembed(known, f"https://BORNEOUT.example/claims/{claim['id']}").json
    [(tag, frame)] = Elements(found.json["html"]).found

    assert (200, "application/json") == (found.status_code, found.content_type)
    assert ("1.0", "rich", HOSTILE) == tuple(found.json[name] for name in ("version", "type", "title"))
    assert ("iframe", f"{SITE}/embed/outlets/{slug}?topic=viral") == (tag, frame["src"])
    assert f"The record of {HOSTILE} on Borneout" == frame["title"]
    assert (480, 180) == (found.json["width"], found.json["height"]) == (int(frame["width"]), int(frame["height"]))
    assert f"{SITE}/outlets/{slug}/card.png?topic=viral" == found.json["thumbnail_url"]
    assert ("link", HOSTILE) == (link["type"], link["title"])
    assert "html" not in link
    assert "Times" == oembed(known, f"{SITE}/%6futlets/%74imes/").json["title"]
    small = oembed(known, f"{SITE}/outlets/{slug}", maxwidth=300, maxheight=100).json
    assert (300, 100) == (small["width"], small["height"])
    assert "thumbnail_url" not in small
    page = known.client.get("/outlets/times", headers=PAGE).text
    assert f'+oembed" href="{SITE}/oembed?url={quote(SITE + "/outlets/times")}"' in page


@pytest.mark.parametrize("name", ["TIMES", "Times", " times ", "%54imes"])
def test_oembed_of_another_spelling(known, name):
    """
    /oembed describes an outlet in each spelling of its slug that redirects to its page.
    """
    assert "Times" == oembed(known, f"{SITE}/outlets/{name}").json["title"]


ELSEWHERE = [
    "https://other.example/outlets/times",
    "http://borneout.example/outlets/times",
    "https://borneout.example:8443/outlets/times",
    "https://borneout.example@other.example/outlets/times",
    "https://borneout.example.other.example/outlets/times",
    "//borneout.example/outlets/times",
    "/outlets/times",
    f"{SITE}/",
    f"{SITE}/topics/viral",
    f"{SITE}/outlets/nobody",
    f"{SITE}/outlets/times/why",
    f"{SITE}/outlets/%00times",
    f"{SITE}/claims/{'-' * 36}",
    f"{SITE}/claims/00000000-0000-7000-8000-000000000000",
    "https://[",
    "javascript:alert(1)",
]


def test_oembed_of_other_addresses(known):
    """
    /oembed rejects every address that is not a page of an outlet or a claim of this service.
    """
    assert [] == [url for url in ELSEWHERE if oembed(known, url).status_code != 404]
    known.runtime.settings = replace(known.runtime.settings, public_url=f"{SITE}/record")
    paths = ("/record/outlets/times", "/outlets/times", "/recordx/outlets/times", "/record/record/outlets/times")
    assert [200, 404, 404, 404] == [oembed(known, SITE + path).status_code for path in paths]


def test_oembed_rejects(known):
    """
    /oembed names what is wrong with a request. It has no format except JSON, and no address without a public one.
    """
    url = f"{SITE}/outlets/times"

    assert_problem(oembed(known, url, format="xml"), 501, "unsupported-format")
    assert_problem(oembed(known, url, maxwidth="wide", maxheight=0), 400, "invalid-query", "/maxheight", "/maxwidth")
    assert_problem(known.client.get("/oembed"), 400, "invalid-query", "/url")
    assert_problem(oembed(known, f"{url}?basis=none"), 400, "invalid-query", "/basis")
    known.runtime.settings = replace(known.runtime.settings, public_url=None, trusted_proxies=1)
    assert_problem(oembed(known, url), 404, "not-found")
    known.runtime.settings = replace(known.runtime.settings, public_url=SITE, public_read=False)
    assert_problem(oembed(known, url), 401, "unauthorized")
    assert 401 == known.client.get("/embed/outlets/times").status_code


def test_merged(known):
    """
    R22, R22a: the card of a merged outlet redirects, and /oembed describes the outlet or claim that it was merged into.
    """
    claims = [known.record(text="The same.") for _ in range(2)]
    slug = slug_of(known, HOSTILE[:20])
    assert 201 == known.post(f"/v1/outlets/{slug}/merge", {"into": "times"}).status_code
    assert 201 == known.post(f"/v1/claims/{claims[0]['id']}/merge", {"into": claims[1]["id"]}).status_code
    moved = known.client.get(f"/embed/outlets/{slug}?topic=viral")

    assert (308, "/embed/outlets/times?topic=viral") == (moved.status_code, moved.headers["Location"])
    assert "Times" == oembed(known, f"{SITE}/outlets/{slug}").json["title"]
    assert claims[1]["id"] in json.dumps(oembed(known, f"{SITE}/claims/{claims[0]['id']}").json)
