"""/feed.atom and the feeds of outlets and topics"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from tests.support.world import HOSTILE, assert_problem, report

SITE = "https://borneout.example/record"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def known(world):
    """A service with a public address and some claims, two of them resolved."""
    world.runtime.settings = replace(world.runtime.settings, public_url=SITE, operator="Check & <Co>")
    claims = [world.record(text=f"Claim {n}.", topic="roads/bridges") for n in range(3)]
    claims.append(world.record(report(HOSTILE), text=f"{HOSTILE}\ufffe\x85", topic=HOSTILE))
    world.resolve(claims[0], "true", note=HOSTILE)
    return world


def read(world, path):
    """Return a feed and its entries, after checking that it is valid."""
    response = world.client.get(path)
    assert (200, "application/atom+xml; charset=utf-8") == (response.status_code, response.content_type), response.text
    feed = ET.fromstring(response.data)  # noqa: S314 - our own XML
    check(feed)
    assert f"{SITE}{path}" == feed.findtext(f"{ATOM}id") == link(feed, "self")
    return feed, feed.findall(f"{ATOM}entry")


def link(element, rel):
    """Return the address of a link."""
    return element.find(f"{ATOM}link[@rel='{rel}']").get("href")


def check(feed):
    """Check what RFC 4287 requires: the members of a feed and of its entries, unique ids, and times with a zone."""
    entries = feed.findall(f"{ATOM}entry")
    assert f"{ATOM}feed" == feed.tag
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    for element in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert 1 == len(element.findall(f"{ATOM}{name}")), name
        assert element.findtext(f"{ATOM}title").strip()
        assert element.findtext(f"{ATOM}id").startswith(SITE)
        assert link(element, "alternate").startswith(SITE)
        assert dt.datetime.fromisoformat(element.findtext(f"{ATOM}updated")).tzinfo is not None
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(ids) == len(set(ids))
    updated = [entry.findtext(f"{ATOM}updated") for entry in entries]
    assert sorted(updated, reverse=True) == updated
    assert feed.findtext(f"{ATOM}updated") == max(updated, default=feed.findtext(f"{ATOM}updated"))


def titles(entries):
    """Return the titles of entries."""
    return [entry.findtext(f"{ATOM}title") for entry in entries]


def test_feeds(known):
    """
    The feeds have the claims that were recorded or resolved last, the latest first, without what XML forbids.
    """
    hostile = known.get("/v1/outlets", query_string={"q": HOSTILE[:20]}).json["items"][0]
    feed, entries = read(known, "/feed.atom")
    of_outlet, outlet_entries = read(known, "/outlets/herald/feed.atom")
    of_hostile, _ = read(known, f"/outlets/{hostile['slug']}/feed.atom")
    of_topic, topic_entries = read(known, "/topics/roads/feed.atom")

    first = "Proved true: Claim 0."
    others = ["Open: Claim 2.", "Open: Claim 1."]
    assert [first, f"Open: {HOSTILE}\x85".strip(), *others] == [title.strip() for title in titles(entries)]
    assert [first, *others] == titles(outlet_entries) == titles(topic_entries)
    assert HOSTILE in entries[0].findtext(f"{ATOM}summary")
    assert "Check & <Co>" == feed.findtext(f"{ATOM}author/{ATOM}name")
    assert HOSTILE == of_hostile.findtext(f"{ATOM}title").removesuffix(" on Borneout")
    assert "roads on Borneout" == of_topic.findtext(f"{ATOM}title")
    # R17a: the record, and no estimate
    subtitle = of_outlet.findtext(f"{ATOM}subtitle")
    assert "Right on 1 of 1 resolved claim" in subtitle
    assert "Not ranked yet (fewer than 20 results)" in subtitle
    assert "%" not in subtitle


def test_ids_are_stable(known):
    """
    R11, R20: after a resolution, a correction and a withdrawal, an entry has its old id, a new time, and is the first.
    """
    before = read(known, "/outlets/herald/feed.atom")[1][-1]
    claim = {"id": before.findtext(f"{ATOM}id").rsplit("/", 1)[1]}
    seen, supersedes = [before.findtext(f"{ATOM}updated")], None
    for verdict, words in (("true", "Proved true"), ("false", "Proved false"), (None, "Open")):
        supersedes = known.resolve(claim, verdict, supersedes=supersedes)["id"]
        entry = read(known, "/outlets/herald/feed.atom")[1][0]

        assert before.findtext(f"{ATOM}id") == entry.findtext(f"{ATOM}id")
        assert entry.findtext(f"{ATOM}title").startswith(f"{words}: ")
        seen.append(entry.findtext(f"{ATOM}updated"))
    assert sorted(set(seen)) == seen


@pytest.mark.sqlite_alone
def test_unchanged_feed(known):
    """
    A feed has an ETag, and an unchanged feed is not sent again.
    """
    for path in ("/feed.atom", "/outlets/herald/feed.atom", "/topics/roads/feed.atom"):
        tag = known.client.get(path).headers["ETag"]
        assert 304 == known.client.get(path, headers={"If-None-Match": tag}).status_code
        assert tag == known.client.get(f"{path}?x").headers["ETag"]


@pytest.mark.sqlite_alone
def test_alternates(known):
    """
    Pages name their feeds in the head.
    """
    for path, own in (
        ("/", []),
        ("/outlets/herald?basis=matured", ["/outlets/herald/feed.atom"]),
        ("/topics/roads/bridges", ["/topics/roads/bridges/feed.atom"]),
    ):
        head = known.client.get(path, headers={"Accept": "text/html"}).text.split("</head>")[0]
        links = [line for line in head.splitlines() if "application/atom+xml" in line]
        assert [*own, "/feed.atom"] == [line.split('href="')[1].split('"')[0] for line in links], path


@pytest.mark.sqlite_alone
def test_feeds_elsewhere(known):
    """
    R22: the feeds of merged outlets and renamed topics redirect. There are no feeds of unknown outlets and
    topics, none without a public address, and none without a key if reading requires one.
    """
    known.outlet("Old Herald")
    assert 201 == known.post("/v1/outlets/old-herald/merge", {"into": "herald"}).status_code
    assert 201 == known.post("/v1/topics/renames", {"from": "roads", "into": "ways"}).status_code
    empty = known.outlet("Newcomer")["slug"]
    moved = [known.client.get(path) for path in ("/outlets/old-herald/feed.atom", "/topics/roads/bridges/feed.atom")]

    locations = ["/outlets/herald/feed.atom", "/topics/ways/bridges/feed.atom"]
    assert [(308, path) for path in locations] == [(one.status_code, one.headers["Location"]) for one in moved]
    assert [] == read(known, f"/outlets/{empty}/feed.atom")[1]
    for path in ("/outlets/nobody/feed.atom", "/topics/nothing/feed.atom", "/topics/a%00b/feed.atom"):
        assert 404 == known.client.get(path).status_code, path
    known.runtime.settings = replace(known.runtime.settings, public_url=None, trusted_proxies=1)
    assert 404 == known.client.get("/feed.atom?unknown").status_code
    known.runtime.settings = replace(known.runtime.settings, public_url=SITE, public_read=False)
    assert 401 == known.client.get("/feed.atom").status_code
    assert_problem(known.client.get("/v1/claims"), 401, "unauthorized")
