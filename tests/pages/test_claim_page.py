"""/claims/{id}"""

from __future__ import annotations

import datetime as dt
import re

import pytest

from service.schemas.lines import read_line
from service.transfer.lines import ReadLine
from service.transfer.load import load_lines
from service.values.vocabulary import OPERATOR
from tests.support.browser_site import claim_page, plain_text, section
from tests.support.load_lines import load
from tests.support.reviews import review
from tests.support.world import HOSTILE, report

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
SOON = "2026-01-11T09:30:00Z"


@pytest.fixture
def story(world):
    """A claim that one outlet supports, a second relays, a third relays from the second, and a fourth denies."""
    claim = world.record(
        report("Sport Bild", "2026-01-01T10:00:00Z", commitment=3),
        report("Daily Mail", "2026-01-02T10:00:00Z", relays={"outlet": "sport-bild", "cited_as": "Bild"}),
        text="Rovers sign him.",
        kind="event",
        resolves_by="2026-03-01T00:00:00Z",
        group="his next club",
        topic="transfers",
    )
    add_report(world, claim, report("Goal", "2026-01-03T10:00:00Z", relays={"outlet": "daily-mail"}))
    add_report(
        world, claim, report("Kicker", "2026-01-04T10:00:00Z", stance="deny", probability=0.1, quote="They do not.")
    )
    return claim


def add_report(world, claim, filed):
    """Add a report to a claim."""
    response = world.post(f"/v1/claims/{claim['id']}/reports", filed)
    assert 201 == response.status_code, response.text
    return response.json


def test_who_said_what(world, story):
    """
    Every report has a mark and a table row, every relay has a line to its root, and the summary gives the number of
    independent sources.
    """
    shown = claim_page(world, story)
    claim = world.claim(story)
    part = section(shown, "who")

    expected = (
        "4 outlets carried it in 4 reports from 1 Jan 2026 to 4 Jan 2026: 3 supported it, 1 denied it. "
        f"They trace back to {claim['independent_roots']} independent sources, 1 in support and 1 against."
    )
    assert expected in plain_text(part)
    assert 2 == claim["independent_roots"]
    picture, _, rest = part.partition('<ul class="legend"')
    assert 4 == len(re.findall(r'<svg class="report ', picture))
    assert 2 == len(re.findall(r'class="tie said"', picture))
    assert [filed["id"] for filed in claim["reports"]] == re.findall(r'<tr id="report-([^"]+)"', rest)
    assert "Daily Mail, originally from Sport Bild" in plain_text(rest)
    assert "denied it, calling it 10 % likely" in plain_text(rest)


def test_due_and_resolved(world, story):
    """
    A claim shows its state, and the timeline marks the due date and the date of the answer. Here they are beyond the
    axis, because all reports are in its first tenth.
    """
    assert "Due since 1 Mar 2026: no result has been recorded yet." in plain_text(claim_page(world, story))

    world.resolve(story, "partial", truth=0.4, known_at="2026-02-10T00:00:00Z", evidence=["https://example.org/a?b=c"])
    shown = claim_page(world, story)

    assert "Partly true (about 40 %), known since 10 Feb 2026." in plain_text(shown)
    assert "Decided before the deadline, 1 Mar 2026." in plain_text(shown)
    assert {"due 1 Mar 2026 \N{RIGHTWARDS ARROW}", "known 10 Feb 2026 \N{RIGHTWARDS ARROW}"} == {
        plain_text(name) for name in re.findall(r'class="moment-name"[^>]*>([^<]+)<', shown)
    }
    link = '<a class="url" href="https://example.org/a?b=c" rel="nofollow noopener ugc">https://example.org/a?b=c</a>'
    assert 1 == shown.count(link)


def test_history(world, story):
    """
    All resolutions are listed, the newest first, each with the one that it supersedes.
    """
    first = world.resolve(story, "true", note="First.")
    second = world.resolve(story, "false", note="Second.", supersedes=first["id"])
    world.resolve(story, None, supersedes=second["id"], note="Third.")
    part = section(claim_page(world, story), "history")

    assert ["Result withdrawn: open again", "False", "True"] == re.findall(r"<p><b>([^<]+)</b>", part)
    assert 2 == part.count('<span class="tag">replaced</span>')
    assert f'href="#resolution-{first["id"]}"' in part


def test_what_does_not_count(world, story):
    """
    A withdrawn report, or one published after the answer was known, is listed with the reason why it does not count.
    """
    filed = add_report(world, story, report("Late", "2026-02-20T00:00:00Z"))
    wrong = add_report(world, story, report("Wrong", "2026-01-05T00:00:00Z"))
    world.post(f"/v1/reports/{wrong['id']}/withdrawal", {"reason": "Another club."})
    world.resolve(story, "true", known_at="2026-02-10T00:00:00Z")
    part = section(claim_page(world, story), "who")

    rows = dict(re.findall(r'<tr id="report-([^"]+)">(.*?)</tr>', part, re.DOTALL))
    assert "Published after the answer was known, so it does not count." in plain_text(rows[filed["id"]])
    assert "Withdrawn: Another club." in plain_text(rows[wrong["id"]])
    assert "5 outlets carried it in 5 reports" in plain_text(part)


def test_rivals(world, story):
    """
    The other claims of the group are listed with their verdicts.
    """
    rival = world.record(report("Kicker"), text="City sign him.", group="his next club")
    world.resolve(rival, "true")
    part = section(claim_page(world, story), "rivals")

    assert f'<a href="/claims/{rival["id"]}">City sign him.</a> <small>proved true</small>' in part
    assert "No other claim in its group" in claim_page(world, world.record(text="Alone.", group="another"))


def test_dispute_and_reply(world, story):
    """
    A dispute is shown with its resolution, and a reply with its claim.
    """
    world.resolve(story, "true")
    world.post(f"/v1/claims/{story['id']}/disputes", {"reason": "It was a loan.", "evidence": ["https://e.example/"]})
    world.post("/v1/outlets/kicker/replies", {"text": "We stand by it.", "claim": story["id"]})
    shown = claim_page(world, story)

    assert "an editor has not yet answered an objection" in plain_text(shown)
    assert "It was a loan." in section(shown, "history")
    assert "We stand by it." in section(shown, "replies")


def test_redacted(world, story):
    """
    The page shows that a text was redacted, and the reason, but not the text.
    """
    found = world.resolve(story, "true", note="A private name.")
    body = {"subject": found["id"], "members": ["note"], "reason": "Privacy of a minor."}
    assert 201 == world.post("/v1/redactions", body).status_code
    shown = claim_page(world, story)

    assert "A private name." not in shown
    assert "The note was redacted: Privacy of a minor." in plain_text(section(shown, "history"))


@pytest.mark.sqlite_alone
def test_unknown(world):
    """
    An unknown claim is a 404 page.
    """
    response = world.client.get("/claims/01a203b0-2a5a-70ca-aa56-b38e5bd0d332", headers={"Accept": "text/html"})

    assert 404 == response.status_code
    assert "Page not found" in response.text


def test_reviews(world, db, cache):
    """
    The page shows the reviews of fact-checkers with their ratings as published.
    """
    other = review("Unproven", None, url="https://other.example/9", author={"name": HOSTILE})
    load(db, cache, [review(), other])
    [claim] = world.get("/v1/claims").json["items"]
    shown = section(claim_page(world, claim), "reviews")

    assert "Check Example: False https://check.example/1" in plain_text(shown)
    assert "Unproven (does not give a verdict)" in plain_text(shown)
    assert (True, False) == ('href="https://other.example/9"' in shown, "<script" in shown)


@pytest.mark.sqlite_alone
def test_escaped(world):
    """
    Texts are escaped, and no URL becomes a script.
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
    # Data, which cannot end its element: tests/api/test_claim_review.py checks it.
    shown = re.sub(r'<script type="application/ld\+json">[^<]*</script>', "", shown)

    assert re.findall(r"<script[^>]*>", shown) == re.findall(r'<script src="/assets/[^"]+" defer>', shown)
    assert 8 <= shown.count("alert(&#39;x&#39;)") == shown.count("alert(")


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("url", ["javascript:alert(1)", "[redacted]", "data:text/html,x", " https://x"])
def test_no_link(app, url):
    """
    A URL that is not http or https is shown without a link.
    """
    with app.test_request_context():
        assert "href" not in app.jinja_env.get_template("story.html").module.address(url)


@pytest.mark.parametrize("due", [{}, {"kind": "event", "resolves_by": "9999-12-31T23:59:59.999999Z"}])
def test_claim_that_nobody_reported(world, due):
    """
    A claim without reports has a page without a timeline.
    """
    line = {"type": "claim", "external_id": "alone", "text": "It rains.", "reports": []} | due
    db, cache = world.runtime.db, world.runtime.cache
    assert not [
        result
        for result in load_lines(db, cache, [ReadLine(1, read_line(line, feed=None))], caller=OPERATOR, now=NOW)
        if result.error
    ]
    [claim] = world.get("/v1/claims?external_id=alone").json["items"]
    shown = claim_page(world, claim)

    assert "No outlet has reported it." in shown
    assert '<svg class="lanes' not in shown


def test_redacted_dispute_and_reply(world, story):
    """
    A redacted dispute or reply shows the reason for the redaction.
    """
    world.resolve(story, "true")
    dispute = world.post(f"/v1/claims/{story['id']}/disputes", {"reason": "A private name."}).json
    reply = world.post("/v1/outlets/kicker/replies", {"text": "A private name.", "claim": story["id"]}).json
    for subject, member, reason in ((dispute, "reason", "A minor."), (reply, "text", "A judgement.")):
        body = {"subject": subject["id"], "members": [member], "reason": reason}
        assert 201 == world.post("/v1/redactions", body).status_code
    shown = claim_page(world, story)

    assert "A private name." not in shown
    assert "The reason was redacted: A minor." in plain_text(section(shown, "history"))
    assert "The text was redacted: A judgement." in plain_text(section(shown, "replies"))


def test_bare_dates(world):
    """
    R6a: a moment that was given as a date is shown as a date, without a time.
    """
    claim = world.record(report(published_at="2026-01-10"), report("B", "2026-01-11T09:30:00Z"))
    world.resolve(claim, "true", known_at="2026-01-12")
    shown = claim_page(world, claim)

    assert '<time datetime="2026-01-10">10' in shown
    assert '<time datetime="2026-01-11T09:30:00Z" title="' in shown
    assert "confirmed on 12 Jan 2026" in plain_text(shown)
    assert not {"00:00", "23:59"} & set(re.findall(r"\d\d:\d\d", section(shown, "who")))


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(("last", "words"), [("2026-01-11", ["10 Jan 2026", "11 Jan 2026"]), (SOON, ["10 Jan, 00:00"])])
def test_dates_of_a_short_timeline(world, last, words):
    """
    R6a: reports that were given as dates are drawn on days even if they are close together, and each day is named once.
    """
    claim = world.record(report(published_at="2026-01-10"), report("B", last), kind="fact")
    world.resolve(claim, "true", known_at="2026-01-11T12:00:00Z")

    found = re.findall(r'class="date"[^>]*>([^<]+)<', claim_page(world, claim))
    assert words == [plain_text(one) for one in found][: len(words)]


def test_not_due(world):
    """
    R15: an event past its date without a report that counts is open, and the page gives the reason.
    """
    claim = world.record(report(stance="query"), kind="event", resolves_by="2026-02-01")
    shown = plain_text(claim_page(world, claim))

    assert "so there is nothing to resolve" in shown
    assert "independent source" not in shown


@pytest.mark.sqlite_alone
def test_claims_with_the_same_text(world):
    """
    The page links to other claims with the same text.
    """
    first, second = (world.record(text="He signs.") for _ in range(2))

    page = world.client.get(f"/claims/{second['id']}").text

    assert f'Other claims with the same text: <a href="/claims/{first["id"]}">claim 1</a>.' in page
    assert "Also recorded" not in world.client.get(f"/claims/{world.record(text='He stays.')['id']}").text
