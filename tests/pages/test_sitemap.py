"""/sitemap.xml"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import pytest

from service.transfer import sitemap
from tests.support.world import HOSTILE, report

SITE = "https://borneout.example/record"
SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ALWAYS = ["/", "/claims", "/outlets", "/topics", "/method", "/docs"]


@pytest.fixture
def known(world):
    """A service with a public address, claims, topics and outlets, of which one claim and one outlet are merged."""
    world.runtime.settings = replace(world.runtime.settings, public_url=SITE)
    claims = [world.record(report(name), text=f"Claim {n}.", topic="roads/a & b") for n, name in enumerate("abc")]
    claims.append(world.record(report(HOSTILE), text=HOSTILE, topic=HOSTILE))
    world.outlet("Herald")
    assert 201 == world.post("/v1/outlets/a/merge", {"into": "b"}).status_code
    assert 201 == world.post(f"/v1/claims/{claims[0]['id']}/merge", {"into": claims[1]["id"]}).status_code
    world.resolution = world.resolve(claims[1], "true")
    world.claims = claims[1:]
    return world


def read(world, path):
    """Return the root of a sitemap, and its paths with their times."""
    response = world.client.get(path)
    assert (200, "application/xml; charset=utf-8") == (response.status_code, response.content_type), response.text
    root = ET.fromstring(response.data)  # noqa: S314 - our own XML
    rows = [(one.findtext(f"{SPACE}loc"), one.findtext(f"{SPACE}lastmod")) for one in root]
    assert all(address.startswith(f"{SITE}/") for address, _ in rows)
    return root, {address.removeprefix(SITE): changed_at for address, changed_at in rows}


def expected(world):
    """Return the paths of all pages."""
    outlets = [f"/outlets/{one['slug']}" for one in world.get("/v1/outlets").json["items"]]
    return {*ALWAYS, *outlets, *(f"/claims/{one['id']}" for one in world.claims)}


def test_sitemap(known):
    """
    The sitemap has every page with its last change, and no merged outlet or claim (R22, R22a). Its addresses work.
    """
    root, pages = read(known, "/sitemap.xml")
    topics = {path for path in pages if path.startswith("/topics/")}

    assert f"{SPACE}urlset" == root.tag
    assert expected(known) == pages.keys() - topics
    assert {"/topics/roads", "/topics/roads/a & b"} <= {unquote(path) for path in topics}
    assert known.resolution["recorded_at"] == pages[f"/claims/{known.claims[0]['id']}"] == pages["/outlets/b"]
    assert known.claims[1]["recorded_at"] == pages[f"/claims/{known.claims[1]['id']}"]
    assert {None} == {pages[path] for path in ALWAYS}
    for path in pages:
        assert 200 == known.client.get(path, headers={"Accept": "text/html"}).status_code, path


def test_index(known, monkeypatch):
    """
    With more pages than one file may have, the sitemap is an index of files that have every page once.
    """
    monkeypatch.setattr(sitemap, "MOST", 2)
    root, parts = read(known, "/sitemap.xml")
    found = [path for part in parts for path in read(known, urlsplit(part).path)[1] if not path.startswith("/topics/")]

    assert f"{SPACE}sitemapindex" == root.tag
    assert sorted(expected(known)) == sorted(found)
    assert all(len(read(known, part)[1]) <= 2 for part in parts if "pages" not in part)


@pytest.mark.sqlite_alone
def test_robots_name_the_sitemap(known):
    """
    robots.txt names the sitemap. Neither exists where reading requires a key, or without a public address.
    """
    assert f"Sitemap: {SITE}/sitemap.xml" in known.client.get("/robots.txt").text.splitlines()
    known.runtime.settings = replace(known.runtime.settings, public_url=None, trusted_proxies=1)
    assert "Sitemap" not in known.client.get("/robots.txt").text
    assert [404, 404] == [known.client.get(path).status_code for path in ("/sitemap.xml", "/sitemaps/pages.xml")]
    known.runtime.settings = replace(known.runtime.settings, public_url=SITE, public_read=False)
    assert "Sitemap" not in known.client.get("/robots.txt").text
    assert 401 == known.client.get("/sitemap.xml").status_code
