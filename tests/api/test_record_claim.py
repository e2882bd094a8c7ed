"""POST /v1/claims"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.request_bodies import CLAIMS, ahead, claim_of
from tests.support.world import assert_problem, report


def test_it_works(world):
    """
    A claim is recorded with its reports, shows all sent members, and is found at its Location.
    """
    sent = {
        "text": "Alonso leaves Leverkusen.",
        "kind": "event",
        "topic": "transfers",
        "tags": ["alonso", "liverpool"],
        "resolves_by": "2024-09-01T02:00:00+02:00",
        "group": "alonso-2024",
        "external_id": "feed:1",
    }
    filed = {
        "stance": "deny",
        "commitment": 3,
        "probability": 0.25,
        "published_at": "2024-02-20T09:00:00Z",
        "url": "https://sportbild.bild.de/1",
        "quote": "Leverkusen believes that he stays.",
    }

    response = world.post(
        CLAIMS, claim_of({"outlet": {"name": "Sport Bild", "domain": "sportbild.bild.de"}, **filed}, **sent)
    )

    claim = response.json
    expected = sent | {
        "resolves_by": "2024-09-01T00:00:00Z",
        "status": "due",
        "resolution": None,
        "not_due_because": None,
        "independent_roots": 1,
        "roots": {"support": 0, "deny": 1},
    }
    assert (201, f"/v1/claims/{claim['id']}") == (response.status_code, response.headers["Location"])
    assert expected == {name: claim[name] for name in expected}
    added = {"outlet": "sport-bild", "relays": None, "role": "own", "withdrawn": None, "claim": claim["id"]}
    added |= {"commitment_source": "stated", "stance_source": "stated", "corrected_at": None}
    added |= {"published_precision": "instant"}
    assert filed | added == {
        name: value
        for name, value in claim["reports"][0].items()
        if name not in ("id", "recorded_at", "after_known", "backfilled", "redacted")
    }
    assert claim == world.claim(claim)


@pytest.mark.parametrize(
    ("members", "commitment", "source"),
    [
        ({"quote": "Alonso has agreed terms with Liverpool."}, 4, "lexicon"),
        ({"quote": "Alonso has agreed terms with Liverpool.", "commitment": 2}, 2, "stated"),
        ({"quote": "Alonso trained on Tuesday."}, None, None),
        ({}, None, None),
    ],
)
def test_commitment_is_read_from_the_quote(world, members, commitment, source):
    """
    The commitment of a report is the stated one, or else the one that the lexicon reads from the quote; its source is
    shown.
    """
    [filed] = world.record(report(**members))["reports"]

    assert (commitment, source) == (filed["commitment"], filed["commitment_source"])


def test_defaults(world):
    """
    A text and one report are enough: the claim is a fact, supported by the outlet's own report.
    """
    claim = world.record()

    expected = {"kind": "fact", "topic": None, "tags": [], "resolves_by": None, "group": None, "external_id": None}
    assert expected == {name: claim[name] for name in expected}
    assert ("support", "own", None) == tuple(claim["reports"][0][name] for name in ("stance", "role", "relays"))
    assert "open" == claim["status"]


def test_reports_are_shown_as_published(world):
    """
    Reports are shown in the order of publication, and those of one time in the order of the body.
    """
    claim = world.record(
        report("C", "2026-01-03T00:00:00Z"),
        report("B", "2026-01-02T00:00:00Z"),
        report("A", "2026-01-02T01:00:00+01:00"),
    )

    assert ["b", "a", "c"] == [one["outlet"] for one in claim["reports"]]
    assert [one["outlet"] for one in claim["reports"]] == [one["outlet"] for one in world.claim(claim)["reports"]]


@pytest.mark.sqlite_alone
def test_event_needs_its_date(world):
    """
    R1: an event needs a due date; its error is returned with all others.
    """
    response = world.post(
        CLAIMS, claim_of(report(), {"outlet": "nobody", "published_at": ahead(hours=1)}, kind="event")
    )

    pointers = ("/resolves_by", "/reports/1/outlet", "/reports/1/published_at")
    assert_problem(response, 422, "invalid-body", *pointers)


def test_opinion_is_stored_and_never_scored(world):
    """
    R1: an opinion is stored and listed, is never resolved, and counts as unscored.
    """
    claim = world.record(kind="opinion")
    refused = world.post(f"{CLAIMS}/{claim['id']}/resolutions", {"verdict": "true", "note": "Seen."})

    score = world.score()

    assert_problem(refused, 409, "opinion-unresolved")
    assert [claim["id"]] == [item["id"] for item in world.get(CLAIMS).json["items"]]
    assert (1, 0, 0, 1) == tuple(score["counts"][name] for name in ("claims", "open", "resolved", "unscored"))


def test_outlet_counts_once(world):
    """
    R2: an outlet with many articles on a claim counts once.
    """
    days = [report(published_at=f"2026-01-0{day}T00:00:00Z", url=f"https://herald.example/{day}") for day in (1, 2, 3)]
    claim = world.record(*days)
    world.resolve(claim, "true")

    counts = world.score()["counts"]

    assert 3 == len(claim["reports"])
    assert (1, 1, 1, 1) == tuple(counts[name] for name in ("claims", "resolved", "correct", "support"))


def test_outlet_is_found_or_made(world):
    """
    An outlet given as an object is found by domain, name, alias or slug, and created if none matches.
    """
    world.outlet("Sport Bild", domains=["sportbild.bild.de"], aliases=["SportBILD"])
    names = [
        {"name": "sport  BILD"},
        {"name": "sportbild"},
        {"name": "Anything", "domain": "www.sportbild.bild.de"},
        {"name": "sport-bild"},
        {"name": "New Paper", "domain": "new.example"},
    ]
    reports = [{"outlet": name, "published_at": f"2026-01-0{day}T00:00:00Z"} for day, name in enumerate(names, start=1)]

    claim = world.record(*reports)

    assert ["sport-bild"] * 4 + ["new-paper"] == [one["outlet"] for one in claim["reports"]]
    assert ["new.example"] == world.get("/v1/outlets/new-paper").json["domains"]


def test_ambiguous_name(world):
    """
    A name that several outlets have is rejected with their slugs.
    """
    world.outlet("Herald")
    world.outlet("Herald")

    response = world.post(CLAIMS, claim_of())

    assert_problem(response, 422, "invalid-body", "/reports/0/outlet/name")
    assert "herald-2" in response.json["errors"][0]["detail"]


def test_refused_claim_makes_no_outlet(world):
    """
    A rejected claim creates none of its outlets.
    """
    world.post(CLAIMS, claim_of(report("Newcomer"), {"outlet": "nobody", "published_at": "2026-01-01T00:00:00Z"}))

    assert [] == world.get("/v1/outlets").json["items"]


@pytest.mark.sqlite_alone
def test_bad_domain_of_an_outlet(world):
    """
    A malformed domain is an error at its place.
    """
    response = world.post(
        CLAIMS, claim_of({"outlet": {"name": "A", "domain": "no domain"}, "published_at": "2026-01-01T00:00:00Z"})
    )

    assert_problem(response, 422, "invalid-body", "/reports/0/outlet/domain")


def test_clock_ahead(world):
    """
    The clock of a feed may be up to five minutes ahead.
    """
    assert 201 == world.post(CLAIMS, claim_of(report(published_at=ahead(minutes=4)))).status_code
    response = world.post(CLAIMS, claim_of(report(published_at=ahead(minutes=6))))
    assert_problem(response, 422, "invalid-body", "/reports/0/published_at")


def test_backfilled(world):
    """
    R10: a report older than 7 days is accepted and marked, and scores count it.
    """
    week = world.record(report(published_at=ahead(days=-7, minutes=1)))
    older = world.record(report(published_at=ahead(days=-7, minutes=-1)))
    for claim in (week, older):
        world.resolve(claim, "true")

    assert [False, True] == [claim["reports"][0]["backfilled"] for claim in (week, older)]
    assert (2, 1) == tuple(world.score()["counts"][name] for name in ("resolved", "backfilled"))


def test_hundred_reports(world):
    """
    A claim takes at most a hundred reports at once.
    """
    reports = [report(url=f"https://herald.example/{number}") for number in range(101)]

    assert_problem(world.post(CLAIMS, claim_of(*reports)), 422, "invalid-body", "/reports")
    assert 100 == len(world.record(*reports[1:])["reports"])


def test_a_namesake_at_another_domain(world):
    """
    R21: an outlet given with a domain does not match an outlet of that name with other domains.
    """
    world.outlet("The Sun", domains=["thesun.co.uk"])
    world.outlet("The Moon")

    def slug(name, domain, day):
        sent = {"outlet": {"name": name, "domain": domain}, "published_at": f"2026-01-{day:02}T00:00:00Z"}
        return world.record(sent)["reports"][0]["outlet"]

    assert "the-sun-2" == slug("The Sun", "thesun.ie", 1)
    assert "the-sun" == slug("The Sun", "www.thesun.co.uk", 2)
    assert "the-sun-2" == slug("Sun of Ireland", "thesun.ie", 3)
    assert "the-moon" == slug("The Moon", "moon.example", 4)


@pytest.mark.parametrize(
    ("sent", "shown", "precision"),
    [
        ("2024-02-14", "2024-02-14T00:00:00Z", "day"),
        ("2024-02-14T00:00:00Z", "2024-02-14T00:00:00Z", "instant"),
        ("2024-02-14 10:00:00+00", "2024-02-14T10:00:00Z", "instant"),
        ("2024-02-14t11:00+0100", "2024-02-14T10:00:00Z", "instant"),
    ],
)
def test_published_on_a_date(world, sent, shown, precision):
    """
    R6a: a bare published_at is the start of its day in UTC; the time is shown as RFC 3339, with its precision.
    """
    [filed] = world.record(report(published_at=sent))["reports"]

    assert (shown, precision) == (filed["published_at"], filed["published_precision"])


def test_published_today(world):
    """
    R6a: a report may be published today; tomorrow is in the future.
    """
    today = dt.datetime.now(dt.UTC).date()

    assert 201 == world.post(CLAIMS, claim_of(report(published_at=str(today)))).status_code
    response = world.post(CLAIMS, claim_of(report(published_at=str(today + today.resolution))))
    assert_problem(response, 422, "invalid-body", "/reports/0/published_at")


def test_due_on_a_date(world):
    """
    R6a: a bare resolves_by is the end of its day, so an event that is due today is not due yet.
    """
    today = dt.datetime.now(dt.UTC).date()

    claim = world.record(kind="event", resolves_by=str(today))

    assert (f"{today}T23:59:59.999999Z", "open") == (claim["resolves_by"], claim["status"])
    assert "due" == world.record(kind="event", resolves_by=str(today - today.resolution))["status"]


def test_members_of_a_new_outlet(world):
    """
    An outlet given as an object is created with its kind, parent and scorable.
    """
    world.outlet("Axel Springer")
    outlet = {"name": "Bild", "kind": "newspaper", "parent": "axel-springer", "scorable": False}

    world.record(report() | {"outlet": outlet})

    made = world.get("/v1/outlets/bild").json
    assert ("newspaper", "axel-springer", False) == (made["kind"], made["parent"], made["scorable"])


def test_members_of_a_recorded_outlet(world):
    """
    The kind, parent and scorable of a recorded outlet are not changed by a report.
    """
    before = world.outlet("Bild", kind="agency")
    world.outlet("Axel Springer")

    world.record(
        report() | {"outlet": {"name": "BILD", "kind": "newspaper", "parent": "axel-springer", "scorable": False}}
    )

    assert before == world.get("/v1/outlets/bild").json


def test_unknown_parent(world):
    """
    An unknown parent of an outlet is rejected with the nearest slugs, also if the outlet is recorded.
    """
    world.outlet("Axel Springer")
    sent = {"name": "Bild", "parent": "axel-springr"}
    reports = [report() | {"outlet": sent}, report() | {"outlet": {**sent, "name": "Axel Springer"}}]

    response = world.post(CLAIMS, claim_of(*reports))

    assert_problem(response, 422, "invalid-body", "/reports/0/outlet/parent", "/reports/1/outlet/parent")
    assert "axel-springer" in response.json["errors"][0]["detail"]
    assert ["axel-springer"] == [outlet["slug"] for outlet in world.get("/v1/outlets").json["items"]]


def test_parent_in_the_same_claim(world):
    """
    The parent of a new outlet must be on record, so one that the same claim would create is unknown.
    """
    reports = [report("Springer"), report() | {"outlet": {"name": "Bild", "domain": "bild.de", "parent": "springer"}}]

    assert_problem(world.post(CLAIMS, claim_of(*reports)), 422, "invalid-body", "/reports/1/outlet/parent")
    world.record(reports[0])
    world.record(*reports)
    assert "springer" == world.get("/v1/outlets/bild").json["parent"]
