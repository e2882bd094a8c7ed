"""/claims/{id}: the story of a claim"""

from __future__ import annotations

import datetime as dt
import re

import pytest

from service.schemas.lines import read_line
from service.transfer.lines import ReadLine
from service.transfer.load import load_lines
from service.values.vocabulary import OPERATOR
from tests.support.browser_site import claim_page, section, words
from tests.support.world import HOSTILE, report

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.fixture
def story(world):
    """A claim that one outlet says, a second relays, a third relays from the second, and a fourth denies."""
    claim = world.record(
        report("Sport Bild", "2026-01-01T10:00:00Z", commitment=3),
        report("Daily Mail", "2026-01-02T10:00:00Z", relays={"outlet": "sport-bild", "cited_as": "Bild"}),
        text="Rovers sign him.",
        kind="event",
        resolves_by="2026-03-01T00:00:00Z",
        group="his next club",
        topic="transfers",
    )
    add(world, claim, report("Goal", "2026-01-03T10:00:00Z", relays={"outlet": "daily-mail"}))
    add(world, claim, report("Kicker", "2026-01-04T10:00:00Z", stance="deny", probability=0.9, quote="They do not."))
    return claim


def add(world, claim, filed):
    response = world.post(f"/v1/claims/{claim['id']}/reports", filed)
    assert 201 == response.status_code, response.text
    return response.json


def test_who_said_what(world, story):
    """
    Every report has a mark and a row, and every relay a line to the root in the end; beside the number of reports
    stands how many independent sources they are.
    """
    shown = claim_page(world, story)
    told = world.claim(story)
    part = section(shown, "who")

    expected = (
        "4 outlets carried it in 4 reports from 1 Jan 2026 to 4 Jan 2026: 3 supported it, 1 denied it. "
        f"They go back to {told['independent_roots']} independent sources."
    )
    assert expected in words(part)
    assert 2 == told["independent_roots"]
    picture, _, rest = part.partition("</svg>\n<ul")
    assert 4 == len(re.findall(r'<svg class="report ', picture))
    assert 2 == len(re.findall(r'class="tie said"', picture))
    assert [filed["id"] for filed in told["reports"]] == re.findall(r'<tr id="report-([^"]+)"', rest)
    assert "Daily Mail, in the end Sport Bild" in words(rest)
    assert "denied it, as 90 % likely" in words(rest)


def test_due_and_resolved(world, story):
    """
    A claim says where it stands, from open to resolved, and the picture has its date and when the answer was known.
    """
    assert "Due since 1 Mar 2026, and not resolved yet." in words(claim_page(world, story))

    world.resolve(story, "partial", truth=0.4, known_at="2026-02-10T00:00:00Z", evidence=["https://example.org/a?b=c"])
    shown = claim_page(world, story)

    assert "It proved true in part, about 40 %; known since 10 Feb 2026." in words(shown)
    assert "Due 1 Mar 2026; the answer came before." in words(shown)
    assert {"due 1 Mar 2026", "known 10 Feb 2026"} == {
        words(one) for one in re.findall(r'class="moment-name"[^>]*>([^<]+)<', shown)
    }
    link = '<a class="url" href="https://example.org/a?b=c" rel="nofollow noopener ugc">https://example.org/a?b=c</a>'
    assert 2 == shown.count(link)


def test_verdicts(world):
    """
    Each verdict is a sentence.
    """
    claim, newest = world.record(), None
    assert "Open: what came of it is not established yet." in words(claim_page(world, claim))
    for verdict, sentence in {
        "true": "It proved true; known since",
        "false": "It did not prove true; known since",
        "void": "It is void; known since",
        "unverifiable": "It cannot be verified; known since",
    }.items():
        newest = world.resolve(claim, verdict, supersedes=newest)["id"]
        assert sentence in words(claim_page(world, claim))


@pytest.mark.sqlite_alone
def test_opinion(world):
    """
    An opinion says what it is.
    """
    assert "listed, never resolved, never scored" in claim_page(world, world.record(kind="opinion"))


def test_history(world, story):
    """
    Every resolution stays to be read, the newest first, with what it corrects.
    """
    first = world.resolve(story, "true", note="First.")
    second = world.resolve(story, "false", note="Second.", supersedes=first["id"])
    world.resolve(story, None, supersedes=second["id"], note="Third.")
    part = section(claim_page(world, story), "history")

    assert ["Withdrawn: open again", "Did not prove true", "Proved true"] == re.findall(r"<p><b>([^<]+)</b>", part)
    assert 2 == part.count('<span class="tag">superseded</span>')
    assert f'href="#resolution-{first["id"]}"' in part


def test_what_does_not_count(world, story):
    """
    A report that was withdrawn, or came when the answer was known, stays and says so.
    """
    filed = add(world, story, report("Late", "2026-02-20T00:00:00Z"))
    wrong = add(world, story, report("Wrong", "2026-01-05T00:00:00Z"))
    world.post(f"/v1/reports/{wrong['id']}/withdrawal", {"reason": "Another club."})
    world.resolve(story, "true", known_at="2026-02-10T00:00:00Z")
    part = section(claim_page(world, story), "who")

    rows = dict(re.findall(r'<tr id="report-([^"]+)">(.*?)</tr>', part, re.DOTALL))
    assert "Came when the answer was known; does not count." in words(rows[filed["id"]])
    assert "Filed by mistake and withdrawn: Another club." in words(rows[wrong["id"]])
    assert "5 outlets carried it in 5 reports" in words(part)


def test_rivals(world, story):
    """
    Claims that exclude it stand beside it, with how they came out.
    """
    rival = world.record(report("Kicker"), text="City sign him.", group="his next club")
    world.resolve(rival, "true")
    part = section(claim_page(world, story), "rivals")

    assert f'<a href="/claims/{rival["id"]}">City sign him.</a> <small>proved true</small>' in part
    assert "the only one of its group" in claim_page(world, world.record(text="Alone.", group="another"))


def test_talk(world, story):
    """
    A dispute stands with the resolution that it is of, and an outlet's reply with the claim.
    """
    world.resolve(story, "true")
    world.post(f"/v1/claims/{story['id']}/disputes", {"reason": "It was a loan.", "evidence": ["https://e.example/"]})
    world.post("/v1/outlets/kicker/replies", {"text": "We stand by it.", "claim": story["id"]})
    shown = claim_page(world, story)

    assert "waits for an answer" in words(shown)
    assert "It was a loan." in section(shown, "history")
    assert "We stand by it." in section(shown, "replies")


def test_redacted(world, story):
    """
    What was taken out by law is gone, and that it was there stays to be read, with the reason.
    """
    found = world.resolve(story, "true", note="A private name.")
    body = {"subject": found["id"], "members": ["note"], "reason": "Privacy of a minor."}
    assert 201 == world.post("/v1/redactions", body).status_code
    shown = claim_page(world, story)

    assert "A private name." not in shown
    assert "The note was redacted: Privacy of a minor." in words(section(shown, "history"))


@pytest.mark.sqlite_alone
def test_unknown(world):
    """
    A claim that is not on record has a page that says so.
    """
    response = world.client.get("/claims/01a203b0-2a5a-70ca-aa56-b38e5bd0d332", headers={"Accept": "text/html"})

    assert 404 == response.status_code
    assert "Nothing on record here" in response.text


@pytest.mark.sqlite_alone
def test_escaped(world):
    """
    Whatever words are on record, they are words on the page; no address leads elsewhere than to a page.
    """
    outlet = world.outlet(HOSTILE)
    filed = report() | {"outlet": outlet["slug"], "quote": HOSTILE, "url": "https://h.example/?<script>"}
    filed |= {"relays": {"outlet": None, "cited_as": HOSTILE}}
    claim = world.record(filed, text=HOSTILE, topic=HOSTILE, group=HOSTILE, tags=[HOSTILE])
    world.record(text=HOSTILE, group=HOSTILE)
    world.resolve(claim, "true", note=HOSTILE, evidence=["https://h.example/<script>"])
    world.post(f"/v1/claims/{claim['id']}/disputes", {"reason": HOSTILE})
    world.post(f"/v1/outlets/{outlet['slug']}/replies", {"text": HOSTILE, "claim": claim["id"]})
    shown = claim_page(world, claim)

    assert re.findall(r"<script[^>]*>", shown) == re.findall(r'<script src="/assets/[^"]+" defer>', shown)
    assert 8 <= shown.count("alert(&#39;x&#39;)") == shown.count("alert(")


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("url", ["javascript:alert(1)", "[redacted]", "data:text/html,x", " https://x"])
def test_no_link(app, url):
    """
    What is no address of the web is shown, and leads nowhere.
    """
    with app.test_request_context():
        assert "href" not in app.jinja_env.get_template("story.html").module.address(url)


@pytest.mark.parametrize("due", [{}, {"kind": "event", "resolves_by": "9999-12-31T23:59:59.999999Z"}])
def test_claim_that_nobody_reported(world, due):
    """
    A claim that was loaded without a report has its page, and nothing is drawn on it.
    """
    line = {"type": "claim", "external_id": "alone", "text": "It rains.", "reports": []} | due
    db, cache = world.runtime.db, world.runtime.cache
    assert not [
        one
        for one in load_lines(db, cache, [ReadLine(1, read_line(line, feed=None))], caller=OPERATOR, now=NOW)
        if one.error
    ]
    [claim] = world.get("/v1/claims?external_id=alone").json["items"]
    shown = claim_page(world, claim)

    assert "No report of it counts." in shown
    assert '<svg class="lanes' not in shown


def test_redacted_talk(world, story):
    """
    Why a dispute or a reply has words missing is said where they stood.
    """
    world.resolve(story, "true")
    dispute = world.post(f"/v1/claims/{story['id']}/disputes", {"reason": "A private name."}).json
    reply = world.post("/v1/outlets/kicker/replies", {"text": "A private name.", "claim": story["id"]}).json
    for subject, member, reason in ((dispute, "reason", "A minor."), (reply, "text", "A judgement.")):
        body = {"subject": subject["id"], "members": [member], "reason": reason}
        assert 201 == world.post("/v1/redactions", body).status_code
    shown = claim_page(world, story)

    assert "A private name." not in shown
    assert "The reason was redacted: A minor." in words(section(shown, "history"))
    assert "The text was redacted: A judgement." in words(section(shown, "replies"))
