"""ClaimReview items of fact-checkers, imported as claims with their reports and verdicts"""

from __future__ import annotations

import json
from functools import partial

import pytest

from tests.support.command import Command
from tests.support.reviews import PAGE, SITE, SPEAKER, claim, rating, review
from tests.support.typed_lines import Loader, problems, slugs, statuses

ARCHIVED = f"https://web.archive.org/web/20240214/{PAGE}"
OTHER = {
    "url": "https://other.example/9",
    "author": {"@type": "Organization", "name": "Other Check", "url": "https://other.example"},
}


@pytest.fixture
def load(settings, tmp_path):
    return Loader(settings, tmp_path)


def only_claim(world):
    """Return the only claim on record."""
    [item] = world.get("/v1/claims").json["items"]
    return world.claim(item)


def codes(results):
    """Return the codes of the warnings about each line."""
    return [[warning["code"] for warning in result.get("warnings", [])] for result in results]


def outlets(found):
    """Return the outlets of the reports of a claim."""
    return [report["outlet"] for report in found["reports"]]


def test_plain_review(world, load):
    """
    A review is one claim with one report by its speaker, and the verdict with the review as evidence.
    """
    told = load(review())
    found = only_claim(world)
    [report], resolution = found["reports"], found["resolution"]

    assert (["created"], [[]]) == (statuses(told), codes(told))
    assert ("daily-rumour", PAGE, "support") == (report["outlet"], report["url"], report["stance"])
    assert ("2024-02-14T00:00:00Z", "day") == (report["published_at"], report["published_precision"])
    assert ["rumour.example"] == world.get("/v1/outlets/daily-rumour").json["domains"]
    assert ("false", ["https://check.example/1"]) == (resolution["verdict"], resolution["evidence"])
    assert ("2024-03-02T23:59:59.999999Z", "day") == (resolution["known_at"], resolution["known_precision"])
    assert {
        "publisher": "Check Example",
        "url": "https://check.example/1",
        "rating": "False",
        "value": "1",
        "best": "5",
        "worst": "1",
        "verdict": "false",
        "truth": None,
    } == found["reviews"][0]


def test_review_again(world, load):
    """
    The same review again changes nothing, and neither does the same claim in another spelling.
    """
    load(review())
    again = load(review(), review(claimReviewed="The  Bridge was closed for a year "))

    assert ["unchanged", "unchanged"] == statuses(again)
    assert 1 == len(only_claim(world)["reviews"])


@pytest.mark.parametrize(
    ("given", "verdict", "truth"),
    [
        (rating("Falso", "5", "1", "5"), "false", None),
        (rating(None, 4), "partial", 0.75),
        (rating("Mostly True", 5, 6, 1), "partial", 0.8),
        (rating("Mentira", 7, 8, 1), "false", None),
        (rating("Größtenteils falsch."), "partial", 0.25),
        ([rating("True", 5, 5, 1)], "true", None),
        ("Pants on Fire!", "false", None),
    ],
)
@pytest.mark.sqlite_alone  # the databases store the same verdicts
def test_ratings(world, load, given, verdict, truth):
    """
    A rating is read by its name or by its number on a scale, in either direction.
    """
    load(review(reviewRating=given))
    resolution = only_claim(world)["resolution"]

    assert (verdict, truth) == (resolution["verdict"], resolution["truth"])


@pytest.mark.parametrize(
    "given",
    [
        rating("Not really, the figures say", "-1", "-1", "-1"),
        rating("Unverifiable", 6, 8, 1),
        rating("Category six", 6, 8, 1),
        rating("Missing context", 3, 5, 1),
        rating(None, 0, 0, 0),
        {},
    ],
)
@pytest.mark.sqlite_alone  # the databases store the same reviews
def test_rating_without_verdict(world, load, given):
    """
    A rating that gives no verdict leaves the claim open, is kept, and the line says why. A number never decides alone.
    """
    told = load(review(reviewRating=given))
    found = only_claim(world)

    assert (["created"], [["no-verdict"]]) == (statuses(told), codes(told))
    assert ("open", None) == (found["status"], found["resolution"])
    assert (given.get("alternateName"), 1) == (found["reviews"][0]["rating"], len(found["reviews"]))


def test_number_against_name(world, load):
    """
    If the number contradicts the name, the name counts, and the line says so.
    """
    told = load(review("False", 5))

    assert ([["rating-contradicts"]], "false") == (codes(told), only_claim(world)["resolution"]["verdict"])


def test_time_without_zone(world, load):
    """
    A time without a zone is taken as its day, as in R6a; a report after it does not count.
    """
    told = load(review(datePublished="2020-10-07 20:05"))
    resolution = only_claim(world)["resolution"]

    assert ("2020-10-07T23:59:59.999999Z", "day") == (resolution["known_at"], resolution["known_precision"])
    assert [["known-before-reports"]] == codes(told)


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("date", [None, "", "yesterday", "03/02/2024", "2024-13-01", "1709370000"])
def test_review_without_a_date(world, load, date):
    """
    A review without a date that can be read resolves its claim at the time of the import, with a warning. Reports that
    have no date either are left out, and the warning says so.
    """
    told = load(
        review(datePublished=date),
        review(datePublished=date, claimReviewed="The bridge is red", itemReviewed=claim(datePublished=None)),
    )
    details = [[warning["detail"] for warning in result["warnings"]] for result in told]

    assert [["date-assumed"], ["no-outlet", "date-assumed"]] == codes(told)
    assert "The review has no valid date, so its verdict" in details[0][0]
    assert "has no valid date for the claim or for itself" in details[1][0]
    assert [1, 0] == [len(world.claim(item)["reports"]) for item in reversed(world.get("/v1/claims").json["items"])]


def test_placeholder(world, load):
    """
    The report of a placeholder goes to an outlet that is never scored (R9). The claim and its verdict are kept.
    """
    told = load(review(itemReviewed=claim(author={"@type": "Person", "name": "Facebook posts"}, appearance=None)))
    found = only_claim(world)

    assert (["facebook-posts"], "false") == (outlets(found), found["resolution"]["verdict"])
    assert not world.get("/v1/outlets/facebook-posts").json["scorable"]
    assert [["no-outlet"]] == codes(told)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"author": None, "datePublished": None, "appearance": [{"url": ARCHIVED}]}, ["rumour-example"]),
        ({"author": None, "appearance": [PAGE, f"{SITE}/again", "https://second.example/a"]}, 2),
        ({"author": {"name": "Viral image"}, "appearance": [PAGE]}, ["rumour-example"]),
        ({"author": None, "appearance": ["https://x.com/NASA/status/1"]}, ["x-com-nasa"]),
        ({"author": {"name": "Facebook user"}, "appearance": ["https://facebook.com/jane.doe/posts/1"]}, 1),
        ({"author": {"name": "Check Example"}, "appearance": ["https://check.example/1"]}, []),
        ({"author": None, "appearance": None}, []),
        ({"author": "Jane Doe", "appearance": None}, ["jane-doe"]),
        ({"author": [SPEAKER, {"@type": "Person", "name": "Jane Doe"}]}, ["daily-rumour", "jane-doe"]),
    ],
)
@pytest.mark.sqlite_alone  # the databases store the same reports
def test_outlets(world, load, members, expected):
    """
    The outlets are the speaker or the sites of the pages, without archives, platforms and the fact-checker (R9, R21).
    """
    load(review(itemReviewed=claim(**members)))
    found = only_claim(world)

    assert expected in (sorted(outlets(found)), len(found["reports"]))
    assert "false" == found["resolution"]["verdict"]


def test_page_of_another_site(world, load):
    """
    A page of another site that carries the claim of a speaker relays the speaker (R7).
    """
    load(review(itemReviewed=claim(appearance=[{"url": PAGE}, {"url": "https://second.example/a"}])))
    relays = {report["outlet"]: report["relays"] for report in only_claim(world)["reports"]}

    assert {"daily-rumour": None, "second-example": {"outlet": "daily-rumour", "cited_as": None}} == relays


def test_reviews_that_disagree(world, load):
    """
    A second review with another verdict never replaces the first one: it is rejected (R11a).
    """
    told = load(review(), review("True", 5, **OTHER))
    found = only_claim(world)

    assert {2: ("already-resolved",)} == problems(told)
    assert ("false", 1) == (found["resolution"]["verdict"], len(found["reviews"]))


def test_reviews_that_agree(world, load):
    """
    A second review with the same verdict is kept beside the first, and the resolution stays.
    """
    told = load(review(), review(datePublished="2024-04-01", **OTHER))
    found = only_claim(world)

    assert (["created", "updated"], [[], ["already-resolved"]]) == (statuses(told), codes(told))
    assert (["https://check.example/1"], 2) == (found["resolution"]["evidence"], len(found["reviews"]))
    assert ["unchanged"] == statuses(load(review(datePublished="2024-04-01", **OTHER)))


@pytest.mark.parametrize(("first", "second"), [("False", "Mostly false"), ("True", "Unproven")])
def test_review_that_changed(world, load, first, second):
    """
    A review whose rating changed is rejected until the resolution is corrected; then its new rating is kept.
    """
    load(review(first, None))
    changed = review(second, None)
    told = load(changed)
    found = only_claim(world)
    world.resolve(found, "partial", truth=0.25, supersedes=found["supersedes"])

    assert ({1: ("already-resolved",)}, first) == (problems(told), found["reviews"][0]["rating"])
    if second == "Mostly false":
        assert (["updated"], second) == (statuses(load(changed)), only_claim(world)["reviews"][0]["rating"])


def test_verdict_after_open_review(world, load):
    """
    A claim that its first review left open is resolved by a later review.
    """
    told = load(review("Unproven", None), review("True", 5, **OTHER))

    assert (["created", "updated"], "true") == (statuses(told), only_claim(world)["resolution"]["verdict"])


def test_feed(world, load):
    """
    All reviews of a feed, a graph or a list are imported; null and other items are skipped, references are followed.
    """
    first, second = review(), review(claimReviewed="The bridge fell", url="https://check.example/2")
    items = [{"@type": "DataFeedItem", "item": item} for item in ([first, None], None, [second])]
    graph = [
        {"@type": "WebPage", "name": "A page"},
        {"@type": "Organization", "@id": "#a", "name": "Daily Rumour", "sameAs": SITE},
        {**review(claimReviewed="The bridge sank"), "itemReviewed": {"@id": "#c"}},
        {**claim(author={"@id": "#a"}), "@id": "#c"},
    ]
    told = load(
        {"@context": "https://schema.org", "@type": "DataFeed", "dataFeedElement": items},
        {"@context": "https://schema.org", "@graph": graph},
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": first}]},
        {"@type": ["NewsArticle"], "mainEntity": {**first, "@type": ["ClaimReview", "Review"]}},
    )

    assert ["created", "created", "created", "unchanged", "unchanged"] == statuses(told)
    assert [1, 2, 3, 4, 5] == [one["line"] for one in told]
    assert ["daily-rumour"] == slugs(world)


def test_search_result(world, load):
    """
    A result of Google's Fact Check Tools API is read like the reviews in it.
    """
    checked = {
        "publisher": {"name": "Check Example", "site": "check.example"},
        "url": "https://check.example/1",
        "reviewDate": "2024-03-02T00:00:00Z",
        "textualRating": "False. The bridge was open.",
    }
    found = {"text": "The bridge was closed", "claimant": "Facebook posts", "claimDate": "2024-02-14T00:00:00Z"}
    told = load({"claims": [{**found, "claimReview": [checked]}], "nextPageToken": "x"}, {"claims": []})
    recorded = only_claim(world)

    assert ["created", "rejected"] == statuses(told)
    assert ("false", ["facebook-posts"]) == (recorded["resolution"]["verdict"], outlets(recorded))
    assert "Check Example" == recorded["reviews"][0]["publisher"]


@pytest.mark.parametrize("wrap", [json.dumps, partial(json.dumps, indent=1)])
@pytest.mark.sqlite_alone  # the reading does not depend on the database
def test_whole_file(settings, tmp_path, wrap):
    """
    A file is one feed or one list, on one line or over several, and a feed may be longer than a line.
    """
    items = [review(claimReviewed=f"The bridge {number} fell") for number in range(3)]
    feed = {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": items}, {"@type": "ListItem"}]}
    path, command = tmp_path / "feed.json", Command(settings)
    path.write_text(wrap(feed))
    first = command("import", path)
    path.write_text(wrap([*items, None, review(claimReviewed="The bridge sank")]))
    second = command("import", path)
    path.write_text(wrap({**feed, "description": "x" * (1 << 20)}))
    third = command("import", path)

    assert "3 lines: 3 created, 0 updated, 0 unchanged, 0 rejected" in first.output
    assert "4 lines: 1 created, 0 updated, 3 unchanged, 0 rejected" in second.output
    assert "3 lines: 0 created, 0 updated, 3 unchanged, 0 rejected" in third.output


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        ({"@type": "NewsArticle", "headline": "No review"}, ""),
        (review(claimReviewed=None), "/claimReviewed"),
        (review(claimReviewed="x" * 2001), "/claimReviewed"),
        (review(datePublished="2999-01-01"), "/datePublished"),
        (review(itemReviewed=claim(datePublished="2999-01-01")), "/itemReviewed"),
    ],
)
@pytest.mark.sqlite_alone  # the databases reject the same items
def test_review_that_cannot_be_read(world, load, item, pointer):
    """
    An item without a claim, or with a date in the future, is rejected with the member of the review.
    """
    told = load(item)

    assert pointer in problems(told)[1]
    assert [] == world.get("/v1/claims").json["items"]


@pytest.mark.parametrize("name", [*review(), *claim()])
@pytest.mark.sqlite_alone  # the reading does not depend on the database
def test_odd_values(load, name):
    """
    Values of unexpected types never fail: they are ignored, or the line is rejected.
    """
    odd = [None, 0, True, [], {}, [[]], "", "\x00", {"@id": "#x"}, {"@value": None}, ["x", 1], "9999-99-99"]
    lines = [{**review(), name: value} for value in odd if name in review() and name != "@type"]
    lines += [{**review(), "itemReviewed": {**claim(), name: value}} for value in odd]

    assert {"created", "updated", "unchanged", "rejected"} >= set(statuses(load(*lines)))


def test_redacted_reviews(world, load):
    """
    The reviews of a claim can be redacted, and an import does not restore them.
    """
    load(review())
    body = {"subject": only_claim(world)["id"], "members": ["reviews"], "reason": "Named a private person."}
    assert 201 == world.post("/v1/redactions", body).status_code

    assert (["unchanged"], []) == (statuses(load(review())), only_claim(world)["reviews"])
