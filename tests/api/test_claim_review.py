"""GET /v1/claims/{claim_id}/claimreview and /v1/claimreviews"""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from tests.support.load_lines import load
from tests.support.reviews import claim, rating, review
from tests.support.schema_org import expand, missing_members
from tests.support.world import assert_problem, report

SITE = "https://borneout.example"
PAGE = "https://herald.example/bridge"


@pytest.fixture(autouse=True)
def public(world):
    """Set the public address and the operator of the service."""
    world.runtime.settings = replace(world.runtime.settings, public_url=SITE, operator="Check & Co")


@pytest.fixture
def other(database_at, empty_sqlite):
    """The database of another service."""
    database = database_at(empty_sqlite("other"))
    yield database
    database.close()


def published(world, found):
    """Return the review of a claim."""
    response = world.client.get(f"/v1/claims/{found['id']}/claimreview")
    assert (200, "application/ld+json") == (response.status_code, response.content_type), response.text
    return json.loads(response.text)


def resolved(world, verdict="true", *reports, text="The bridge opened in May.", **members):
    """Return a claim with a verdict."""
    return world.resolve(world.record(*reports, text=text), verdict, **members) and world.claim(
        world.get("/v1/claims").json["items"][0]
    )


def test_review_of_a_claim(world):
    """
    The review has the text, the verdict on a scale from 0 to 1, the evidence, and the outlets with their pages.
    """
    world.outlet("Herald", domains=["herald.example"])
    world.outlet("Denier")
    found = resolved(
        world,
        "partial",
        report("Herald", "2026-01-02T00:00:00Z", url=PAGE),
        report("Gazette", "2026-01-03", url="https://gazette.example/a", relays={"outlet": "herald"}),
        report("Denier", stance="deny"),
        truth=0.3,
        known_at="2026-02-01",
        evidence=["https://evidence.example/1"],
    )
    shown = published(world, found)
    herald = {"@type": "Organization", "name": "Herald", "sameAs": "https://herald.example"}

    assert (f"{SITE}/claims/{found['id']}", "2026-02-01") == (shown["url"], shown["datePublished"])
    assert {"@type": "Organization", "name": "Check & Co", "url": SITE} == shown["author"]
    assert (0.3, 1, 0, "Mostly false") == tuple(shown["reviewRating"][name] for name in list(shown["reviewRating"])[1:])
    assert (["https://evidence.example/1"], herald) == (shown["isBasedOn"], shown["itemReviewed"]["author"])
    assert "2026-01-02T00:00:00Z" == shown["itemReviewed"]["datePublished"]
    assert {PAGE: "Herald", "https://gazette.example/a": "Gazette"} == {
        page["url"]: page["author"]["name"] for page in shown["itemReviewed"]["appearance"]
    }


@pytest.mark.parametrize("verdict", ["void", "unverifiable", None])
def test_no_review(world, verdict):
    """
    A claim that is open, void or unverifiable has no review, and neither has one whose text is redacted.
    """
    found = world.record()
    if verdict is not None:
        world.resolve(found, verdict)
    hidden = resolved(world)
    world.post("/v1/redactions", {"subject": hidden["id"], "members": ["text"], "reason": "By court order."})
    pages = [world.client.get(f"/claims/{one['id']}").text for one in (found, hidden)]

    assert_problem(world.client.get(f"/v1/claims/{found['id']}/claimreview"), 404, "not-found")
    assert_problem(world.client.get(f"/v1/claims/{hidden['id']}/claimreview"), 404, "not-found")
    assert ([], False) == (world.client.get("/v1/claimreviews").json["dataFeedElement"], "ld+json" in "".join(pages))


def test_redacted_words(world):
    """
    A review contains no redacted note, evidence or address.
    """
    found = resolved(world, "true", report(url=PAGE), evidence=["https://evidence.example/1"], note="Seen by Jane Doe.")
    for subject, members in ((found["resolution"], ["note", "evidence"]), (found["reports"][0], ["url"])):
        world.post("/v1/redactions", {"subject": subject["id"], "members": members, "reason": "By court order."})
    text = json.dumps(published(world, found)) + world.client.get("/v1/claimreviews").text

    assert [] == [word for word in ("Jane Doe", "evidence.example", "herald.example", "[redacted]") if word in text]


@pytest.mark.parametrize(
    "item",
    [
        review(),
        review("Falso", "5", reviewRating=rating("Falso", "5", "1", "5")),
        review(reviewRating=rating(None, 4)),
        review(reviewRating=rating(None, 33, 100, 0)),
        review(reviewRating=rating("Mostly True", 5, 6, 1)),
        review("True", 5, datePublished="2024-03-02T10:30:00+02:00"),
        review(datePublished="2020-10-07 20:05"),
        review(itemReviewed=claim(author={"@type": "Person", "name": "Facebook posts"}, appearance=None)),
        review(
            itemReviewed=claim(author=None, appearance=["https://web.archive.org/web/2024/https://rumour.example/a"])
        ),
        review("False", 1, claimReviewed="Is 1 < 2 & \u201ctrue\u201d?"),
    ],
)
def test_round_trip(world, db, cache, other, item):
    """
    An imported review, published and imported again through a JSON-LD processor, gives the same resolution.
    """
    assert ["created"] == [result.status for result in load(db, cache, [item])]
    [found] = world.get("/v1/claims").json["items"]
    [expanded] = expand(published(world, found))
    [again] = load(db, cache, [expanded])
    [elsewhere] = load(other, cache, [expanded])
    world.runtime.db = other
    copied = world.claim({"id": str(elsewhere.id)})

    assert ([], "unchanged", "created") == (missing_members(expanded), again.status, elsewhere.status)
    same = ("verdict", "truth", "known_at", "known_precision", "evidence", "note")
    assert {name: found["resolution"][name] for name in same} == {name: copied["resolution"][name] for name in same}
    assert found["text"] == copied["text"]


def test_feed(world, db, cache, monkeypatch):
    """
    The feed has all reviews, whatever their number, is valid JSON-LD, and importing it again changes nothing.
    """
    monkeypatch.setattr("service.transfer.publish._BATCH", 2)
    for number in range(3):
        resolved(world, "true", text=f"The bridge {number} opened.", note=f"Seen {number}.")
    world.record(text="Nobody knows.")
    response = world.client.get("/v1/claimreviews")
    feed = json.loads(response.text)
    items = [element["item"] for element in feed["dataFeedElement"]]
    [expanded] = expand(feed)

    assert (200, "application/ld+json", "DataFeed") == (response.status_code, response.content_type, feed["@type"])
    assert [f"The bridge {number} opened." for number in range(3)] == [item["claimReviewed"] for item in items]
    assert ([], f"{SITE}/v1/claimreviews") == (missing_members(expanded), feed["url"])
    assert 3 * ["unchanged"] == [result.status for result in load(db, cache, items)]


def test_embedded_in_the_page(world):
    """
    The page of a claim embeds its review, in which the text cannot end the script element.
    """
    found = resolved(world, text="</script><script>alert(1)</script> opened.")
    page = world.client.get(f"/claims/{found['id']}").text
    [embedded] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)

    assert published(world, found) == json.loads(embedded)
    assert "<" not in embedded


def test_unchanged_review(world):
    """
    A review that has not changed is not sent again.
    """
    path = f"/v1/claims/{resolved(world)['id']}/claimreview"
    etag = world.client.get(path).headers["ETag"]

    assert 304 == world.client.get(path, headers={"If-None-Match": etag}).status_code


@pytest.mark.sqlite_alone  # it depends on settings only
@pytest.mark.parametrize(
    ("changes", "environ", "expected"),
    [
        ({}, {}, "http://localhost:80"),
        ({}, {"SERVER_NAME": "::1", "SERVER_PORT": "8000"}, "http://[::1]:8000"),
        ({}, {"SERVER_NAME": "0.0.0.0"}, None),  # noqa: S104 - nothing is bound
        ({}, {"REMOTE_ADDR": "192.0.2.1"}, None),
        ({"trusted_proxies": 1}, {}, None),
    ],
)
def test_without_public_url(world, changes, environ, expected):
    """
    Without a public address reviews exist only for a reader on the same machine, and no header changes the address.
    """
    found = resolved(world)
    world.runtime.settings = replace(world.runtime.settings, public_url=None, **changes)
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    paths = f"/v1/claims/{found['id']}/claimreview", "/v1/claimreviews", f"/claims/{found['id']}"
    one, feed, page = (world.client.get(path, headers=headers, environ_overrides=environ) for path in paths)

    if expected is None:
        assert_problem(one, 404, "not-found")
        assert (404, False) == (feed.status_code, "ld+json" in page.text)
    else:
        assert (expected, True) == (one.json["author"]["url"], "ld+json" in page.text)
    assert "evil.example" not in one.text + feed.text + page.text.partition("<body>")[0]


def test_closed_reading(world):
    """
    If reading is closed, reviews need a key as everything else does.
    """
    found = resolved(world)
    world.runtime.settings = replace(world.runtime.settings, public_read=False)
    path = f"/v1/claims/{found['id']}/claimreview"

    assert [401, 401] == [world.client.get(each).status_code for each in (path, "/v1/claimreviews")]
    assert 200 == world.get(path).status_code
