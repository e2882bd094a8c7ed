"""POST /v1/claims with a claim that is on record, or with a report twice."""

from __future__ import annotations

import pytest

from tests.support.request_bodies import CLAIMS, ahead, claim_of
from tests.support.world import assert_problem, report


def test_feed_repeats_itself(world):
    """
    R4: the same external_id with the same body returns the existing claim, even after changes to it.
    """
    sent = claim_of(report(url="https://herald.example/1"), report("Echo"), external_id="feed:1", tags=["a"])
    first = world.post(CLAIMS, sent)
    world.resolve(first.json, "true")
    world.post(f"{CLAIMS}/{first.json['id']}/reports", report("Mirror"))

    again = world.post(CLAIMS, sent)

    assert (201, 200) == (first.status_code, again.status_code)
    assert first.json["id"] == again.json["id"]
    assert first.headers["Location"] == again.headers["Location"]
    assert ("resolved", 3) == (again.json["status"], len(again.json["reports"]))
    assert 1 == len(world.get(CLAIMS).json["items"])


def test_feed_repeats_itself_in_another_spelling(world):
    """
    R4: another time zone, another order of reports and an outlet by its slug are the same body.
    """
    first = world.record(report(), report("Echo"), external_id="feed:1", resolves_by="2030-01-01T00:00:00Z")
    reports = [{"outlet": "echo", "published_at": "2026-01-01T13:00:00+01:00"}, report(stance="support")]

    again = world.post(CLAIMS, claim_of(*reports, external_id="feed:1", resolves_by="2030-01-01T01:00:00+01:00"))

    assert (200, first["id"]) == (again.status_code, again.json["id"])


def test_another_claim_under_the_external_id(world):
    """
    R4: a body that differs from the claim on record is rejected with each difference, and changes nothing.
    """
    claim = world.record(external_id="feed:1", topic="a")
    sent = claim_of(report(), report("Newcomer"), external_id="feed:1", topic="b", tags=["x"], kind="opinion")

    response = world.post(CLAIMS, sent)

    assert_problem(response, 409, "claim-differs", "/topic", "/tags", "/kind", "/reports/1")
    assert claim == world.claim(claim)
    assert_problem(world.get("/v1/outlets/newcomer"), 404, "unknown-outlet")


def test_bad_report_under_the_external_id(world):
    """
    R4: errors of a report that is sent again are returned with their places in the body.
    """
    world.record(external_id="feed:1")

    response = world.post(
        CLAIMS, claim_of(report(), {"outlet": "nobody", "published_at": ahead(hours=1)}, external_id="feed:1")
    )

    assert_problem(response, 422, "invalid-body", "/reports/1/outlet", "/reports/1/published_at")


def test_claims_without_external_id_are_two(world):
    """
    R4: two claims of one text without external_id are two claims, and each names the other under `similar`.
    """
    first, second = (world.post(CLAIMS, claim_of(report())) for _ in range(2))

    assert (201, 201) == (first.status_code, second.status_code)
    assert ([], [first.json["id"]]) == (first.json["similar"], second.json["similar"])
    assert [second.json["id"]] == world.claim(first.json)["similar"]
    assert first.headers["ETag"] == world.get(f"{CLAIMS}/{first.json['id']}").headers["ETag"]


def test_similar_claims(world):
    """
    The oldest five claims with the same text are similar, in any spelling, kind and topic; a looser match is none.
    """
    texts = ["He\u2019s joining \u2013 now", "he's  JOINING - now!", "\u201cHe's join\u00ading\u201d, \u2014 now. "]
    first = [world.record(text=text, topic=f"t{n}", external_id=f"x{n}")["id"] for n, text in enumerate(texts)]
    world.record(text="He is joining now")
    more = [world.record(text=texts[0], kind="opinion")["id"] for _ in range(3)]

    last = world.record(text=texts[0])

    assert (first + more)[:5] == last["similar"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("It rose by 1.5%.", "It rose by 15%."), ("They win 2-1", "They win 21"), ("It is -5", "It is 5"), ("?!", "?")],
)
def test_similar_texts_with_other_numbers(world, one, other):
    """
    Punctuation within a number counts, and so does that of a text without words.
    """
    world.record(text=one)

    assert [] == world.record(text=other)["similar"]


def test_changed_and_redacted_texts(world):
    """
    A claim is similar by its current text, and a redacted one is similar to none.
    """
    one, other = world.record(text="A"), world.record(text="B")
    changed = world.patch(f"{CLAIMS}/{one['id']}", {"text": "b"}, headers={"If-Match": "*"}).json
    assert [other["id"]] == changed["similar"]

    for claim in (one, other):
        world.post("/v1/redactions", {"subject": claim["id"], "members": ["text"], "reason": "Court order."})

    assert [[], []] == [world.claim(claim)["similar"] for claim in (one, other)]
    assert [] == world.record(text="b")["similar"]


def test_report_given_twice(world):
    """
    R4: the same report twice in one body is one report.
    """
    twice = report(url="https://herald.example/1", quote="Opens.")

    assert 1 == len(world.record(twice, twice, {**twice, "quote": None})["reports"])


def test_report_given_twice_with_a_difference(world):
    """
    R4: a report that repeats another one of the same body and differs from it is rejected, and so is the claim.
    """
    twice = report(url="https://herald.example/1")

    response = world.post(CLAIMS, claim_of(twice, twice | {"quote": "Another cut."}))

    assert_problem(response, 409, "report-differs", "/reports/1/quote")
    assert [] == world.get(CLAIMS).json["items"]


def test_report_that_differs(world):
    """
    R4: a claim sent again with another probability, commitment or quote is rejected, and every difference is named.
    """
    sent = report("Echo", probability=0.9, commitment=3, quote="Opens.")
    claim = world.record(report(), sent, external_id="feed:1")
    other = sent | {"probability": 0.8, "commitment": 4, "quote": "Other."}

    response = world.post(CLAIMS, claim_of(report(), other, external_id="feed:1"))

    assert_problem(
        response, 409, "report-differs", *(f"/reports/1/{name}" for name in ("probability", "commitment", "quote"))
    )
    assert claim["reports"][1]["id"] in response.json["errors"][0]["detail"]
    assert claim == world.claim(claim)


def test_claim_and_report_that_differ(world):
    """
    R4: the differences of a claim and of its reports are named at once.
    """
    world.record(report(probability=0.9), external_id="feed:1")

    response = world.post(CLAIMS, claim_of(report(probability=0.8), external_id="feed:1", topic="bridges"))

    assert_problem(response, 409, "claim-differs", "/topic", "/reports/0/probability")


@pytest.mark.parametrize(
    "other",
    [
        {"stance": "deny"},
        {"published_at": "2026-01-01T12:00:00.000001Z"},
        {"url": "https://herald.example/2"},
        {"relays": {}},
        {"relays": {"cited_as": "a source"}},
        {"outlet": {"name": "Echo"}},
    ],
)
def test_reports_that_differ(world, other):
    """
    R4: reports with another outlet, stance, published_at, url or relays are different.
    """
    one = report(url="https://herald.example/1")

    assert 2 == len(world.record(one, one | other)["reports"])


def test_a_date_equals_its_instant(world):
    """
    R4, R6a: a bare date and its instant are the same report and the same claim.
    """
    dates = {"published_at": "2024-02-14", "resolves_by": "2024-05-01"}
    instants = {"published_at": "2024-02-14T00:00:00Z", "resolves_by": "2024-05-01T23:59:59.999999Z"}
    bodies = [
        {"text": "Any.", "kind": "event", "external_id": "a", "resolves_by": given["resolves_by"]}
        | {"reports": [report(published_at=given["published_at"])]}
        for given in (dates, instants)
    ]

    first, again = (world.post("/v1/claims", body) for body in bodies)

    assert (201, 200) == (first.status_code, again.status_code)
    assert first.json == again.json
    assert "day" == again.json["reports"][0]["published_precision"]
