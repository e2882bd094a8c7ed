"""/outlets/{outlet}, and the explanation of its score"""

from __future__ import annotations

import html as html_module
import re
from urllib.parse import unquote

import pytest

from tests.support.browser_site import data_values, estimate, open_page, plain_text, section
from tests.support.world import HOSTILE

ORACLE = "/v1/outlets/the-oracle"


def record(score):
    """Return the numbers of a score's record."""
    return [score["record"][name] for name in ("right", "resolved", "expected")]


@pytest.mark.parametrize("question", ["", "?basis=matured", "?topic=roads", "?as_of=2025-01-31T00:00:00Z"])
def test_outlet(site, question):
    """
    Every number of the score and the record equals that of the API for the same query.
    """
    score = site.get(f"{ORACLE}/score{question}").json
    html = site.html(f"/outlets/the-oracle{question}")
    counts, relay = score["counts"], score["relay"]

    average = score["record"]["expected"] / score["record"]["resolved"]
    shown = [*estimate(score), average] if score["status"] == "rated" else []
    assert shown == (data_values(section(html, "The score"))[:4] if 'aria-label="The score"' in html else [])
    names = ("correct", "partial", "incorrect", "open", "unscored")
    names += ("claims", "resolved", "early", "backfilled", "disputed")
    assert [counts[name] for name in names if counts[name]] == data_values(section(html, "record"))
    assert 0 == relay["resolved"]


def test_through_time(site):
    """
    The table of the history has every month, the last first.
    """
    points = site.get(f"{ORACLE}/score/history").json["items"]
    expected = [
        number
        for point in points[::-1]
        if point["record"]["resolved"] >= 20
        for number in (*estimate(point), *record(point))
    ]

    assert expected == data_values(section(site.html("/outlets/the-oracle"), "time"))


def test_calibration(site):
    """
    The table of the calibration has every bin.
    """
    bins = site.get(f"{ORACLE}/calibration").json["bins"]
    expected = [
        number
        for one in bins
        for number in (
            one["n"],
            one["mean_probability"],
            one["share_true"],
            one["interval"]["lower"],
            one["interval"]["upper"],
        )
    ]

    assert expected == data_values(section(site.html("/outlets/the-oracle"), "calibration"))


def test_by_topic(site):
    """
    The score on a topic equals that of the API.
    """
    score = site.get(f"{ORACLE}/score?topic=roads").json

    assert [*record(score), *estimate(score)] == data_values(section(site.html("/outlets/the-oracle"), "topics"))


def test_by_commitment(site):
    """
    The table by commitment sums up the contributions of the explanation.
    """
    parts = site.get(f"{ORACLE}/score/explanation?limit=200").json["contributions"]
    found = data_values(section(site.html("/outlets/the-oracle"), "commitments"))

    for place, level in enumerate((4, 3, 2, 1)):
        at_level = [part for part in parts if part["commitment"] == level]
        assert [sum(part["right"] for part in at_level), len(at_level)] == found[3 * place : 3 * place + 2]
        assert pytest.approx(sum(part["expected"] for part in at_level)) == found[3 * place + 2]


def test_claims_behind_it(site):
    """
    The newest claims are the first of the explanation, and the surprising ones those furthest from what was expected.
    """
    parts = site.get(f"{ORACLE}/score/explanation?limit=200").json["contributions"]
    html = site.html("/outlets/the-oracle")
    telling = sorted(parts, key=lambda part: (-abs(part["right"] - part["expected"]), part["claim"]))

    assert [part["claim"] for part in parts[:8]] == re.findall(r"/claims/([0-9a-f-]+)", section(html, "newest"))
    assert [part["claim"] for part in telling[:8]] == re.findall(r"/claims/([0-9a-f-]+)", section(html, "telling"))


def test_still_open(site):
    """
    An outlet's open claims are listed, the last recorded first.
    """
    for text in ("Bridge A opens.", "Bridge B opens."):
        site.record({"outlet": {"name": "Morning Post"}, "published_at": "2026-01-01T00:00:00Z"}, text=text)

    assert ["Bridge B opens.", "Bridge A opens."] == re.findall(
        r"/claims/[^>]*>([^<]*)<", section(site.html("/outlets/morning-post"), "open")
    )


def test_still_due(site):
    """
    R15: due claims are listed as open, and opinions apart from them.
    """
    new_report = {"outlet": {"name": "Evening Post"}, "published_at": "2026-01-01T00:00:00Z"}
    site.record(new_report, text="Bridge C opens.", kind="event", resolves_by="2026-02-01T00:00:00Z")
    site.record(new_report, text="Bridge D is a beauty.", kind="opinion")
    page = site.html("/outlets/evening-post")
    found, opinions = section(page, "open"), section(page, "opinions")

    assert ["Bridge C opens."] == re.findall(r"/claims/[^>]*>([^<]*)<", found)
    assert ["Bridge D is a beauty."] == re.findall(r"/claims/[^>]*>([^<]*)<", opinions)
    assert "due since <time" in found


def test_previous_name(site):
    """
    A changed outlet shows its previous name, kind and domains.
    """
    site.outlet("Old Name", domains=["old.example"])
    tag = site.client.get("/v1/outlets/old-name").headers["ETag"]
    assert "Until" not in site.html("/outlets/old-name")
    site.patch("/v1/outlets/old-name", {"name": "New Name", "domains": []}, headers={"If-Match": tag})

    html = site.html("/outlets/old-name")
    assert "<h1>New Name" in html
    assert re.search(r"<dt>Until <time.*?</dt><dd>Old Name, website, old.example</dd>", html)


def test_disputed_claims(site):
    """
    A claim with a disputed resolution is listed until the dispute is closed.
    """
    claim = site.record({"outlet": {"name": "Doubted"}, "published_at": "2025-01-01T00:00:00Z"}, text="It was so.")
    site.resolve(claim, "true")
    assert 'id="disputed"' not in site.html("/outlets/doubted")
    dispute = site.post(f"/v1/claims/{claim['id']}/disputes", {"reason": "It was not."}).json
    shown = site.html("/outlets/doubted")
    site.post(f"/v1/disputes/{dispute['id']}/closure", {"reason": "It was."})

    assert re.search(r'id="disputed".*It was so\..*id="about"', shown, re.DOTALL)
    assert 'id="disputed"' not in site.html("/outlets/doubted")


def test_right_in_part(site):
    """
    R13: a partially true claim counts as right only in part.
    """
    new_report = {"outlet": {"name": "Half Post"}, "published_at": "2026-01-01T00:00:00Z"}
    site.resolve(site.record(new_report, text="Bridge E opens."), "partial", truth=0.6)
    html = site.html("/outlets/half-post")

    assert "Right on 0.6 of 1 resolved claim" in html
    assert "Partly right (60 %)." in plain_text(section(html, "newest"))


def test_links_to_the_api(site):
    """
    The page of a part of a record links to API calls for the same part.
    """
    html = site.html("/outlets/the-oracle?topic=roads&basis=matured&as_of=2025-01-31T00:00:00Z")
    addresses = [html_module.unescape(one) for one in re.findall(rf'href="({ORACLE}/[^"]+)"', html)]
    answers = [site.get(one).json for one in addresses[:-1]]

    assert [("roads", "matured")] * 4 == [(answer["topic"], answer["basis"]) for answer in answers]
    assert 200 == site.get(addresses[-1]).status_code


def test_nothing_on_a_topic(site):
    """
    If an outlet has no record on a topic, the page names the topic.
    """
    assert "No results yet: none of The Oracle&#39;s own claims on gardens has been decided." in site.html(
        "/outlets/the-oracle?topic=gardens"
    )


@pytest.mark.parametrize("question", ["", "?topic=roads&basis=matured"])
def test_why(site, question):
    """
    R19: the page leads from the record to the estimate in four steps, names the claims that moved it most, and has
    every sum, the contribution of every claim, and the steps of the formula.
    """
    why = site.get(f"{ORACLE}/score/explanation{question}").json
    html = site.html(f"/outlets/the-oracle/why{question}")
    record, found = why["record"], why["reliability"]
    right, resolved = record["right"], record["resolved"]
    steps = [right, resolved, right / resolved, record["expected"], record["expected"] / resolved]
    steps += [resolved, 100 * (found["mean"] - right / resolved), *estimate(why)]

    assert steps == data_values(section(html, "steps"))
    assert [*why["sums"].values(), why["sums"]["t"] - 0.5] == data_values(section(html, "way"))
    parts = [part[name] for part in why["contributions"] for name in ("right", "expected", "chance", "share")]
    assert parts == data_values(section(html, "parts"))
    assert why["formula"] == [
        html_module.unescape(step) for step in re.findall("<li>(.* .*)</li>", section(html, "way"))
    ]
    for name in ("raised", "lowered"):
        claims = [part["claim"] for part in why[name]]
        assert claims == re.findall('href="/claims/([^"]+)"', section(html, name))
    average = f"{100 * why['raised'][0]['expected']:.0f} %"
    assert f"an average outlet is right on {average} of such claims" in plain_text(section(html, "raised"))


def test_hostile_words(site, browser):
    """
    Texts of outlets and claims are escaped on every page.
    """
    slug = site.get("/v1/outlets", query_string={"q": HOSTILE[:20]}).json["items"][0]["slug"]
    paths = [f"/outlets/{slug}", f"/outlets/{slug}/why", "/?min_resolved=1", "/topics"]
    for path in [*paths, "/search?q=%3Cscript%3Ealert"]:
        assert "<script>alert" not in site.html(path), path
        assert "&lt;script&gt;" in site.html(path), path
    with open_page(browser, site) as page:
        page.goto(f"/outlets/{slug}")
        assert HOSTILE == page.locator("h1").inner_text()
        assert f"{HOSTILE}2" in page.locator("main").inner_text()


def test_days_are_the_same_for_everybody(site, browser):
    """
    Dates are in UTC in tables, sentences and pictures, whatever the time zone of the reader.
    """
    new_report = {"outlet": {"name": "Evening Post"}, "published_at": "2026-01-01T23:30:00Z"}
    claim = site.record(new_report, text="Bridge F opens at night.")
    shown = []
    for script in (True, False):
        with open_page(browser, site, script=script) as page:  # from Auckland, where it is the next day
            page.goto(f"/claims/{claim['id']}")
            shown.append(page.locator("main").inner_text())

    assert shown[0] == shown[1]
    assert "1\N{NO-BREAK SPACE}Jan\N{NO-BREAK SPACE}2026" in shown[0]


def test_reader_asks_why(site, browser):
    """
    A reader finds an outlet by the URL of a page, and opens the explanation of its score.
    """
    with open_page(browser, site, width=360) as page:
        page.goto("/")
        page.get_by_role("combobox").fill("https://hostile.example/2026/story?x=1")
        page.keyboard.press("Enter")
        page.wait_for_url("**/outlets/**")
        page.get_by_role("link", name="The claims behind the record").click()

        assert "The claims behind the record" == page.locator("h1").inner_text()


def test_from_matured_to_all(site):
    """
    The link from the matured basis to all claims keeps the topic and the day.
    """
    html = site.html("/outlets/the-oracle?topic=roads&basis=matured&as_of=2026-06-30T00:00:00Z")
    [found] = re.findall(r'<a href="([^"]+)">Count all resolved claims', html)

    assert "/outlets/the-oracle?topic=roads&as_of=2026-06-30T00:00:00Z" == unquote(html_module.unescape(found))


def test_never_scored(site):
    """
    An outlet that is never scored says so in place of each score.
    """
    site.outlet("Nobody in Particular", scorable=False)
    new_report = {"outlet": "nobody-in-particular", "published_at": "2026-01-01T00:00:00Z"}
    site.resolve(site.record(new_report, text="Somebody said so."), "true")
    for path in ("", "/why"):
        html = site.html(f"/outlets/nobody-in-particular{path}")
        assert html.count("It is never scored.") >= 3, path
        assert "Too few claims" not in html


def test_redacted_reply(site):
    """
    A redacted reply shows the reason for the redaction, and its link is marked as foreign.
    """
    site.outlet("Answering Post")
    new_reply = {"text": "A private name.", "url": "https://post.example/answer"}
    reply = site.post("/v1/outlets/answering-post/replies", new_reply).json
    body = {"subject": reply["id"], "members": ["text"], "reason": "A judgement."}
    assert 201 == site.post("/v1/redactions", body).status_code
    found = section(site.html("/outlets/answering-post"), "reply")

    assert "The text was redacted: A judgement." in found
    assert 'href="https://post.example/answer" rel="nofollow noopener ugc"' in found
