"""/outlets/{outlet}, its badge, and why its score is what it is"""

from __future__ import annotations

import html as writing
import re
from urllib.parse import unquote

import pytest

from tests.support.browser_site import estimate, figures, section, visiting
from tests.support.world import HOSTILE

ORACLE = "/v1/outlets/the-oracle"


def record(score):
    return [score["record"][name] for name in ("right", "resolved", "expected")]


@pytest.mark.parametrize("question", ["", "?basis=matured", "?topic=roads", "?as_of=2025-01-31T00:00:00Z"])
def test_outlet(site, question):
    """
    Every figure of the score and the record is what the API answers to the same question.
    """
    score = site.get(f"{ORACLE}/score{question}").json
    html = site.html(f"/outlets/the-oracle{question}")
    counts, relay = score["counts"], score["relay"]

    assert [*estimate(score), score["record"]["reference"]] == figures(section(html, "The score"))[:4]
    names = ("claims", "open", "resolved", "correct", "incorrect", "partial", "unscored", "early", "backfilled")
    assert [*(counts[name] for name in names), counts["disputed"], relay["resolved"]] == figures(
        section(html, "record")
    )


def test_through_time(site):
    """
    The table beside the picture has every month of the history, the last first.
    """
    points = site.get(f"{ORACLE}/score/history").json["items"]
    expected = [
        number for point in points[::-1] if point["reliability"] for number in (*estimate(point), *record(point))
    ]

    assert expected == figures(section(site.html("/outlets/the-oracle"), "time"))


def test_calibration(site):
    """
    The table beside the picture has every bin.
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

    assert expected == figures(section(site.html("/outlets/the-oracle"), "calibration"))


def test_by_topic(site):
    """
    What an outlet scores on a topic is what the API says it does.
    """
    score = site.get(f"{ORACLE}/score?topic=roads").json

    assert [*estimate(score), *record(score)] == figures(section(site.html("/outlets/the-oracle"), "topics"))


def test_by_commitment(site):
    """
    The table by how far reports went sums up the parts of the explanation.
    """
    parts = site.get(f"{ORACLE}/score/explanation?limit=200").json["contributions"]
    found = figures(section(site.html("/outlets/the-oracle"), "commitments"))

    for place, level in enumerate((4, 3, 2, 1)):
        held = [part for part in parts if part["commitment"] == level]
        assert [sum(part["right"] for part in held), len(held)] == found[3 * place : 3 * place + 2]
        assert pytest.approx(sum(part["expected"] for part in held)) == found[3 * place + 2]


def test_claims_behind_it(site):
    """
    The newest claims are the first of the explanation, the telling ones those furthest from what was expected.
    """
    parts = site.get(f"{ORACLE}/score/explanation?limit=200").json["contributions"]
    html = site.html("/outlets/the-oracle")
    telling = sorted(parts, key=lambda part: (-abs(part["right"] - part["expected"]), part["claim"]))

    assert [part["claim"] for part in parts[:8]] == re.findall(r"/claims/([0-9a-f-]+)", section(html, "newest"))
    assert [part["claim"] for part in telling[:8]] == re.findall(r"/claims/([0-9a-f-]+)", section(html, "telling"))


def test_still_open(site):
    """
    What an outlet reported that is still open stands on its page, too, the last recorded first.
    """
    for text in ("Bridge A opens.", "Bridge B opens."):
        site.record({"outlet": {"name": "Morning Post"}, "published_at": "2026-01-01T00:00:00Z"}, text=text)

    assert ["Bridge B opens.", "Bridge A opens."] == re.findall(
        r"/claims/[^>]*>([^<]*)<", section(site.html("/outlets/morning-post"), "open")
    )


def test_still_due(site):
    """
    What should be resolved by now is open, too, and stands before what is not due yet; an opinion is said to be one.
    """
    said = {"outlet": {"name": "Evening Post"}, "published_at": "2026-01-01T00:00:00Z"}
    site.record(said, text="Bridge C opens.", kind="event", resolves_by="2026-02-01T00:00:00Z")
    site.record(said, text="Bridge D is a beauty.", kind="opinion")
    found = section(site.html("/outlets/evening-post"), "open")

    assert ["Bridge C opens.", "Bridge D is a beauty."] == re.findall(r"/claims/[^>]*>([^<]*)<", found)
    assert "due since <time" in found
    assert "an opinion, never resolved" in found


def test_what_it_was_called(site):
    """
    An outlet that was changed says what was on record of it before.
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
    A claim whose resolution is disputed is listed until that is answered.
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
    R13: of one claim that proved true in part, no more is said to be right than was.
    """
    said = {"outlet": {"name": "Half Post"}, "published_at": "2026-01-01T00:00:00Z"}
    site.resolve(site.record(said, text="Bridge E opens."), "partial", truth=0.6)
    html = site.html("/outlets/half-post")

    assert "0.6 of 1 resolved claim proved right" in html
    assert "Right 0.6, average" in section(html, "newest")


def test_the_same_of_the_api(site):
    """
    Where a page shows a part of a record, the answers of the API that it leads to are of that part, too.
    """
    html = site.html("/outlets/the-oracle?topic=roads&basis=matured&as_of=2025-01-31T00:00:00Z")
    addresses = [writing.unescape(one) for one in re.findall(rf'href="({ORACLE}/[^"]+)"', html)]
    answers = [site.get(one).json for one in addresses[:-1]]

    assert [("roads", "matured")] * 4 == [(answer["topic"], answer["basis"]) for answer in answers]
    assert 200 == site.get(addresses[-1]).status_code


def test_nothing_on_a_topic(site):
    """
    Where an outlet has no record on a topic, that is said of the topic, and not of all it reported.
    """
    assert "nothing that The Oracle reported on gardens in its own name" in site.html(
        "/outlets/the-oracle?topic=gardens"
    )


@pytest.mark.parametrize("question", ["", "?topic=roads&basis=matured"])
def test_why(site, question):
    """
    R19: the page has every sum, every claim's part, and the sentences that lead from one to the other.
    """
    why = site.get(f"{ORACLE}/score/explanation{question}").json
    html = site.html(f"/outlets/the-oracle/why{question}")

    assert [*why["sums"].values(), *why["prior"].values()] == figures(section(html, "way"))
    parts = [part[name] for part in why["contributions"] for name in ("right", "expected", "log_odds")]
    assert [why["sums"]["d"], *parts] == figures(section(html, "parts"))
    assert why["formula"] == [writing.unescape(step) for step in re.findall("<li>(.* .*)</li>", section(html, "way"))]


def test_by_id(site):
    """
    An outlet has one page, by its slug; its id leads there with whatever was asked.
    """
    known = site.get(ORACLE).json
    response = site.client.get(f"/outlets/{known['id']}?topic=roads")

    assert (308, "/outlets/the-oracle?topic=roads") == (response.status_code, response.headers["Location"])


def test_merged(site):
    """
    R22: the page, the badge and the explanation of an outlet that was merged lead to those of the other one.
    """
    site.outlet("Bridge Bulletin")
    site.outlet("Bridge Courier")
    assert 201 == site.post("/v1/outlets/bridge-bulletin/merge", {"into": "bridge-courier"}).status_code

    for path in ("", "/why", "/badge.svg"):
        response = site.client.get(f"/outlets/bridge-bulletin{path}?basis=matured")
        said = response.status_code, response.headers["Location"]
        assert (308, f"/outlets/bridge-courier{path}?basis=matured") == said


def test_hostile_words(site, browser):
    """
    What outlets and claims say stays text, wherever it is shown.
    """
    slug = site.get("/v1/outlets", query_string={"q": HOSTILE[:20]}).json["items"][0]["slug"]
    paths = [f"/outlets/{slug}", f"/outlets/{slug}/why", "/?min_resolved=1", "/topics"]
    for path in [*paths, "/search?q=%3Cscript%3Ealert"]:
        assert "<script>alert" not in site.html(path), path
        assert "&lt;script&gt;" in site.html(path), path
    with visiting(browser, site) as page:
        page.goto(f"/outlets/{slug}")
        assert HOSTILE == page.locator("h1").inner_text()
        assert f"{HOSTILE}2" in page.locator("main").inner_text()


def test_days_are_the_same_for_everybody(site, browser):
    """
    A moment is the same day in a table, a sentence and a picture, in whatever zone the reader is: that of UTC.
    """
    said = {"outlet": {"name": "Evening Post"}, "published_at": "2026-01-01T23:30:00Z"}
    claim = site.record(said, text="Bridge F opens at night.")
    shown = []
    for script in (True, False):
        with visiting(browser, site, script=script) as page:  # from Auckland, where it is the next day
            page.goto(f"/claims/{claim['id']}")
            shown.append(page.locator("main").text_content())

    assert shown[0] == shown[1]
    assert "1\N{NO-BREAK SPACE}Jan\N{NO-BREAK SPACE}2026" in shown[0]


def test_reader_asks_why(site, browser):
    """
    A reader finds an outlet by one of its pages, sees its record, and asks why the number is what it is.
    """
    with visiting(browser, site, width=360) as page:
        page.goto("/")
        page.get_by_role("searchbox").fill("https://hostile.example/2026/story?x=1")
        page.keyboard.press("Enter")
        page.wait_for_url("**/outlets/**")
        page.get_by_role("link", name="Why this number").click()

        assert "Why this number" == page.locator("h1").inner_text()


def test_from_matured_to_all(site):
    """
    Who leaves the claims whose date has passed for all of them stays on the topic and the day.
    """
    html = site.html("/outlets/the-oracle?topic=roads&basis=matured&as_of=2026-06-30T00:00:00Z")
    [found] = re.findall(r'<a href="([^"]+)">All resolved claims', html)

    assert "/outlets/the-oracle?topic=roads&as_of=2026-06-30T00:00:00Z" == unquote(writing.unescape(found))


def test_never_scored(site):
    """
    An outlet that is never scored is said not to be, wherever its score would be told, whatever is resolved.
    """
    site.outlet("Nobody in Particular", scorable=False)
    filed = {"outlet": "nobody-in-particular", "published_at": "2026-01-01T00:00:00Z"}
    site.resolve(site.record(filed, text="Somebody said so."), "true")
    for path in ("", "/why"):
        html = site.html(f"/outlets/nobody-in-particular{path}")
        assert 3 == html.count("It is never scored."), path
        assert "Too few claims" not in html


def test_redacted_reply(site):
    """
    Why the words of a reply are missing is said where they stood; its address is one of somebody else.
    """
    site.outlet("Answering Post")
    said = {"text": "A private name.", "url": "https://post.example/answer"}
    reply = site.post("/v1/outlets/answering-post/replies", said).json
    body = {"subject": reply["id"], "members": ["text"], "reason": "A judgement."}
    assert 201 == site.post("/v1/redactions", body).status_code
    found = section(site.html("/outlets/answering-post"), "reply")

    assert "The text was redacted: A judgement." in found
    assert 'href="https://post.example/answer" rel="nofollow noopener ugc"' in found
