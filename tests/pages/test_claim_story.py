"""The page of a claim as a story: the sentence for its state, and the outlets that were right, wrong or on no side"""

from __future__ import annotations

import re

import pytest

from tests.support.browser_site import claim_page, data_values, plain_text, section
from tests.support.world import report

LATE_DENIAL = "It denied it on 21 Feb 2026, after the answer was known, so that does not count"
RELAYED = "right on 0 of 1 claims that it repeated from others; no results of its own yet"
QUOTED = "\N{LEFT DOUBLE QUOTATION MARK}Rovers win\N{RIGHT DOUBLE QUOTATION MARK}"


@pytest.fixture
def story(world):
    """A claim that one outlet supports, a second relays, a third relays from the second, and a fourth denies."""
    return world.record(
        report("Sport Bild", "2026-01-01T10:00:00Z", commitment=3),
        report("Daily Mail", "2026-01-02T10:00:00Z", relays={"outlet": "sport-bild"}),
        report("Goal", "2026-01-03T10:00:00Z", relays={"outlet": "daily-mail"}),
        report("Kicker", "2026-01-04T10:00:00Z", stance="deny", probability=0.1),
        text="Rovers sign him.",
        kind="event",
        resolves_by="2026-03-01T00:00:00Z",
    )


def state(world, claim):
    """Return the sentence for the state of a claim."""
    [found] = re.findall(r'<p class="came">(.*?)</p>', claim_page(world, claim), re.DOTALL)
    return plain_text(found)


def listed(shown, name):
    """Return the texts of a list of outlets: right, wrong or no side."""
    return [plain_text(one) for one in re.findall(r"<li>(.*?)</li>", section(shown, name), re.DOTALL)]


def add_report(world, claim, *given, **members):
    """Add a report to a claim."""
    response = world.post(f"/v1/claims/{claim['id']}/reports", report(*given, **members))
    assert 201 == response.status_code, response.text
    return response.json


@pytest.mark.sqlite_alone
def test_verdicts(world):
    """
    Each verdict has its own sentence below the proposition, and a claim whose verdict was withdrawn is open again.
    """
    claim, newest = world.record(), None
    assert "Open: it is not known yet whether it is true." == state(world, claim)
    for verdict, truth, sentence in (
        ("true", None, "True, confirmed on 2 Feb 2026."),
        ("false", None, "False, known since 2 Feb 2026."),
        ("partial", 0.4, "Partly true (about 40 %), known since 2 Feb 2026."),
        (
            "void",
            None,
            "Void since 2 Feb 2026: it was withdrawn or its premise failed. No outlet counts as right or wrong.",
        ),
        (
            "unverifiable",
            None,
            "Cannot be verified as of 2 Feb 2026: no evidence settles it. No outlet counts as right or wrong.",
        ),
    ):
        part = {} if truth is None else {"truth": truth}
        newest = world.resolve(claim, verdict, supersedes=newest, known_at="2026-02-02", **part)["id"]
        assert sentence == state(world, claim)
    world.resolve(claim, None, supersedes=newest)
    assert "Open again: it is not known yet whether it is true." == state(world, claim)


@pytest.mark.sqlite_alone
def test_states_without_a_verdict(world):
    """
    An opinion, a claim that is due or will be, one decided by another claim (R3), one on which no report takes a side,
    and one whose reports were withdrawn each have their own sentence.
    """
    winner, loser = (world.record(text=text, group="cup") for text in ("Rovers win.", "City win."))
    world.resolve(winner, "true")
    mistaken = world.record()
    world.post(f"/v1/reports/{world.claim(mistaken)['reports'][0]['id']}/withdrawal", {"reason": "Another club."})
    undecided = world.record(report(stance="query"), kind="event", resolves_by="2026-02-01")

    for sentence, claim in (
        ("An opinion: listed, but never resolved or scored.", world.record(kind="opinion")),
        ("Open: due on 1 Mar 2099.", world.record(kind="event", resolves_by="2099-03-01")),
        (
            "Due since 1 Mar 2026: no result has been recorded yet.",
            world.record(kind="event", resolves_by="2026-03-01"),
        ),
        (f"Ruled out, because a competing claim is true: {QUOTED}. See that claim", loser),
        ("Open: no report supports or denies it, so there is nothing to resolve.", undecided),
        ("Open: every report was withdrawn.", mistaken),
    ):
        assert sentence == state(world, claim)
    assert f'/claims/{winner["id"]}">See that claim</a>' in claim_page(world, loser)


def test_who_was_right(world, story):
    """
    The outlets are listed as right, wrong and on no side, each with its record and a link. A report that came after the
    answer (R6), a comment, a withdrawn report and an outlet that is never scored (R9) are on no side.
    """
    world.outlet("Nobody", scorable=False)
    add_report(world, story, "Nobody", "2026-01-05T00:00:00Z")
    add_report(world, story, "Late", "2026-02-20T00:00:00Z", stance="deny")
    add_report(world, story, "Goal", "2026-02-21T00:00:00Z", stance="deny")
    add_report(world, story, "Talk", "2026-01-06T00:00:00Z", stance="comment")
    add_report(world, story, "Echo", "2026-01-07T00:00:00Z", relays={"cited_as": "reports in Spain"})
    wrong = add_report(world, story, "Wrong", "2026-01-05T00:00:00Z")
    world.post(f"/v1/reports/{wrong['id']}/withdrawal", {"reason": "Another club."})
    world.resolve(story, "false", known_at="2026-02-10T00:00:00Z")
    shown = claim_page(world, story)
    records = {slug: world.score(slug)["record"] for slug in ("kicker", "sport-bild")}

    assert [
        f"Kicker 4 Jan 2026, calling it 10 % likely right on 1 of 1 ( {records['kicker']['expected']:.1g} expected)"
    ] == listed(shown, "deny")
    expected = records["sport-bild"]["expected"]
    assert [
        f"Sport Bild 1 Jan 2026, reported as nearly done right on 0 of 1 ( {expected:.1g} expected)",
        f"Daily Mail 2 Jan 2026, repeated from Sport Bild {RELAYED}",
        f"Goal 3 Jan 2026, repeated from Daily Mail, originally from Sport Bild. {LATE_DENIAL} {RELAYED}",
        f"Echo 7 Jan 2026, repeated from reports in Spain {RELAYED}",
    ] == listed(shown, "support")
    assert [
        "Nobody supported it on 5 Jan 2026; never scored, because its publisher is unknown",
        "Wrong supported it on 5 Jan 2026; withdrawn: Another club. no results yet",
        "Talk mentioned it on 6 Jan 2026 no results yet",
        "Late denied it on 20 Feb 2026, after the answer was known no results yet",
    ] == listed(shown, "no-side")
    parts = (
        "<h1>Rovers",
        'class="came"',
        'id="deny">Right',
        'id="support">Wrong',
        'id="no-side">Took no side',
        'id="who"',
    )
    places = [shown.index(part) for part in parts]
    assert sorted(places) == places


def test_who_says_so(world, story):
    """
    An open claim lists the outlets that say so and those that deny it, with the records of the API.
    """
    for number in range(3):
        claim = world.record(report("Kicker", "2025-01-01", stance="support" if number else "deny"), text=f"{number}.")
        world.resolve(claim, "true", known_at="2025-02-01")
    shown = claim_page(world, story)
    record = world.score("kicker")["record"]

    assert ["Sport Bild", "Daily Mail", "Goal"] == re.findall(r"<li><a [^>]*>([^<]+)<", section(shown, "support"))
    assert ["Kicker"] == re.findall(r"<li><a [^>]*>([^<]+)<", section(shown, "deny"))
    assert "right on 2 of 3" in plain_text(section(shown, "deny"))
    assert [record[name] for name in ("right", "resolved", "expected")] == data_values(section(shown, "deny"))
    assert (2.0, 3) == (record["right"], record["resolved"])


@pytest.mark.sqlite_alone
def test_in_part(world, story):
    """
    R13: if a claim is partly true, both sides are listed with the extent to which they were right.
    """
    world.resolve(story, "partial", truth=0.4, known_at="2026-02-10")
    shown = claim_page(world, story)

    assert "Supported it: 40 % right 3" in plain_text(section(shown, "support"))
    assert "Denied it: 60 % right 1" in plain_text(section(shown, "deny"))


@pytest.mark.sqlite_alone
def test_cited_alone(world):
    """
    An outlet that others cite, without a report of its own, is on no side.
    """
    world.outlet("Sport Bild")
    claim = world.record(report("Goal", relays={"outlet": "sport-bild"}))
    shown = claim_page(world, claim)

    assert ["Sport Bild cited by others, without a report of its own no results yet"] == (listed(shown, "no-side"))
    assert "</a> <small>cited</small>" in section(shown, "who")


@pytest.mark.sqlite_alone
def test_publishing_house(world):
    """
    R8: outlets of one publisher that count as one source are shown with it.
    """
    world.outlet("Axel Springer")
    for name in ("BILD", "Sport Bild"):
        world.outlet(name, parent="axel-springer")
    claim = world.record(report("BILD"), report("Sport Bild"), report("Kicker", stance="deny"))
    shown = claim_page(world, claim)

    assert 2 == world.claim(claim)["independent_roots"]
    assert "BILD and Sport Bild belong to Axel Springer, so they count as one source." in plain_text(shown)
    assert 1 <= shown.count("<small>(Axel Springer)</small>")


@pytest.mark.sqlite_alone
def test_merged(world):
    """
    R22a: the page shows the texts of the claims that were merged into its claim, and their addresses redirect to it.
    """
    claim, other = world.record(text="Rovers sign him."), world.record(text="He signs for Rovers.")
    merge = world.post(f"/v1/claims/{other['id']}/merge", {"into": claim["id"]})
    assert 201 == merge.status_code, merge.text

    assert "Also recorded as: He signs for Rovers." in plain_text(claim_page(world, claim))
    assert f"/claims/{claim['id']}" == world.client.get(f"/claims/{other['id']}").headers["Location"]
