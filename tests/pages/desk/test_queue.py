"""/desk: the queue and its forms"""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest

from tests.support.editor import due, problem_text, resolutions
from tests.support.world import report

pytestmark = pytest.mark.sqlite_alone  # tests of the use cases run on both databases

EVIDENCE = ["https://example.org/a", "https://example.org/b?c=d&e=%20"]


def texts(page):
    return [html.unescape(text) for text in re.findall(r'<span class="text">(.*?)</span>', page)]


def test_queue(world, editor):
    """
    Due claims are listed in the order of the API, with their reports, outlets and sources. Other claims are not listed.
    """
    due(world, "B.", "2026-03-01", report("Herald"), report("Post", stance="deny"))
    due(world, "A.", "2026-02-01")
    due(world, "Not yet.", "2100-01-01")
    page = editor.page()

    assert [claim["text"] for claim in world.get("/v1/queue").json["items"]] == texts(page) == ["A.", "B."]
    assert "2 reports by 2 outlets, 2 independent sources" in page


def test_pages_of_the_queue(world, editor):
    """
    The queue has pages, and resolving a claim returns to its page.
    """
    claims = [due(world, f"{number:02}.") for number in range(22)]
    [following] = re.findall(r'rel="next" href="([^"]+)"', editor.page())
    page = editor.page(html.unescape(following))
    assert ["20.", "21."] == texts(page)

    [action] = re.findall(rf'action="([^"]+/{claims[20]["id"]}/resolutions[^"]+)"', page)
    response = editor.send(html.unescape(action), verdict="false", note="Seen.")

    page = editor.page(response.headers["Location"])
    assert ["21."] == texts(page)
    assert [claims[21]["id"]] == re.findall(r'id="c([^"]+)" open', page)
    assert "Proved false" in page


def test_resolve(world, editor):
    """
    A form resolves a claim with the key of the editor, and supports several URLs, a truth in percent, and a
    time to the minute.
    """
    claim = due(world)
    form = {"truth": "60", "evidence": " ".join(EVIDENCE), "note": "", "known_at": "2026-02-01T12:30"}
    response = editor.resolve(claim, "partial", **form)

    assert 303 == response.status_code
    assert [("partial", 0.6, "2026-02-01T12:30:00Z", EVIDENCE, None)] == resolutions(world, claim)
    entries = world.get("/v1/audit", query_string={"limit": 200}).json["items"]
    assert str(editor.key.id) in {entry["actor"]["key"] for entry in entries if entry["table"] == "resolution"}


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        (
            {"note": "", "evidence": ""},
            422,
            "Enter the address of a page that proves the verdict, or describe what you saw in the note.",
        ),
        (
            {"note": "", "evidence": "not-an-address"},
            422,
            "Evidence: Enter a full address that begins with http:// or https://.",
        ),
        (
            {"evidence": "javascript:alert(1)"},
            422,
            "Evidence: Enter a full address that begins with http:// or https://.",
        ),
        ({"verdict": "partial"}, 422, "Enter the part that proved true, in percent."),
        ({"verdict": "partial", "truth": "most"}, 422, "Part that proved true: Enter a number."),
        ({"verdict": "partial", "truth": "100"}, 422, "must be more than 0 and less than 100 percent."),
        ({"known_at": "2100-01-01T00:00"}, 422, "You entered a date in the future."),
        ({"known_at": "soon"}, 422, "Known since: Enter a date such as 2026-03-29"),
        ({"verdict": ""}, 422, "Choose a verdict."),
        ({"verdict": "maybe"}, 422, "Verdict: Must be one of: true, false, partial, void, unverifiable."),
        ({"verdict": "withdraw"}, 409, "has no resolution"),
        ({"supersedes": "01a203b0-2a5a-70ca-aa56-b38e5bd0d332", "known_at": "2026-02-01"}, 409, "has no resolution"),
    ],
)
def test_refused(world, editor, fields, status, words):
    """
    The problem of a rejected form is shown beside the form with the words of the API, the form keeps its values, and
    nothing changes.
    """
    claim = due(world)
    response = editor.resolve(claim, **{"evidence": "https://example.org/kept", **fields})

    assert (status, True) == (response.status_code, words in problem_text(response)), response.text
    assert f'value="{fields.get("evidence", "https://example.org/kept")}"' in response.text
    assert [] == resolutions(world, claim)


def test_order_of_errors(world, editor):
    """
    The errors of a form are listed in the order of its fields.
    """
    fields = {"evidence": "x", "truth": "x", "verdict": "x", "known_at": "soon"}
    page = editor.send(f"/desk/claims/{due(world)['id']}/resolutions", **fields).text

    assert ["verdict", "known_at", "evidence", "truth"] == re.findall(r'<li><a href="#(\w+)"', page)


def test_claim_resolved_in_the_meantime(world, editor):
    """
    A form does not replace a resolution that was added since the page was loaded.
    """
    claim = due(world)
    world.resolve(claim, "false")
    response = editor.resolve(claim)

    assert 409 == response.status_code
    assert problem_text(response).startswith("Claim already resolved")
    assert "If you send the form now, you replace that result." in response.text
    assert "Correct it" in response.text


def test_no_claim(editor):
    """
    An unknown claim is a 404.
    """
    claim = {"id": "01a203b0-2a5a-70ca-aa56-b38e5bd0d332"}

    assert 404 == editor.client.get(f"/desk/claims/{claim['id']}").status_code
    assert 404 == editor.resolve(claim).status_code


def test_score_shows_it(world, editor):
    """
    R20: a score that is read after a form was sent includes the resolution.
    """
    claim = due(world)
    before = world.score()["counts"]["correct"]
    editor.resolve(claim)

    assert (0, 1) == (before, world.score()["counts"]["correct"])


def test_queue_after_nothing(world, editor):
    """
    The queue is shown even if the `done` of the URL is invalid.
    """
    claim = due(world)
    for done in ("01a203b0-2a5a-70ca-aa56-b38e5bd0d332", "nothing"):
        assert f'id="c{claim["id"]}"' in editor.page(f"/desk?done={done}")


def test_known_before_every_report(world, editor):
    """
    R6a: after a resolution that was known before every report, the desk says that no report counts.
    """
    early, fine = due(world, "A."), due(world, "B.")
    pages = [
        editor.page(editor.resolve(claim, known_at=known_at).headers["Location"])
        for claim, known_at in ((early, "2025-01-01"), (fine, "2026-02-01"))
    ]

    assert [True, False] == ["No report counts" in page for page in pages]
    assert "day" == world.claim(early)["resolution"]["known_precision"]


def test_filters(world, editor):
    """
    The queue is filtered by words, topic, outlet and age, and shows open claims without a date.
    """
    due(world, "Rovers sign him.", "2026-02-01", topic="football/transfers")
    due(world, "Rovers sack him.", "2026-03-01", report("Post"), topic="football")
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    due(world, "A bridge opens.", yesterday.date().isoformat(), topic="roads")
    world.record(text="The bridge is red.")
    world.record(text="An opinion.", kind="opinion")

    expected = {
        "": ["Rovers sign him.", "Rovers sack him.", "A bridge opens."],
        "?topic=Football": ["Rovers sign him.", "Rovers sack him."],
        "?topic=football/transfers": ["Rovers sign him."],
        "?outlet=post": ["Rovers sack him."],
        "?q=him+sack": ["Rovers sack him."],
        "?age=week": ["Rovers sign him.", "Rovers sack him."],
        "?age=year": [],
        "?state=undated": ["The bridge is red."],
        "?state=undated&age=week": [],
    }
    assert expected == {query: texts(editor.page(f"/desk{query}")) for query in expected}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?outlet=nobody", "Outlet: No outlet 'nobody' is on record"),
        ("?age=century", "Must be one of"),
        ("?cursor=abc", "cursor"),
        (f"?topic={'x' * 200}", "Topic: "),
    ],
)
def test_wrong_filter(editor, query, words):
    """
    An invalid filter causes a problem above the filters, which keep its value.
    """
    page = editor.client.get(f"/desk{query}")

    assert (200, True) == (page.status_code, words in problem_text(page)), problem_text(page)


def test_counts_on_tabs(world, editor):
    """
    The tabs show the number of due claims, and of the actions of today.
    """
    first, second = due(world, "A."), due(world, "B.")
    editor.resolve(first)
    shown = dict(re.findall(r"(Due claims|Done today) <span class=\"count\">(\d+)</span>", editor.page("/desk/keys")))

    assert {"Due claims": "1", "Done today": "1"} == shown
    editor.resolve(second)
    assert "Due claims <span" not in editor.page("/desk/keys")


def test_skip(world, editor):
    """
    A skipped claim is hidden from the queue until the editor shows it again or signs in again.
    """
    first, second = due(world, "A.", "2026-02-01"), due(world, "B.", "2026-02-02")
    skipped = editor.send(f"/desk/claims/{first['id']}/skip?topic=&then={second['id']}")
    page = editor.page(skipped.headers["Location"])
    assert ["B."] == texts(page)
    assert f'id="c{second["id"]}" open' in page
    assert "You skipped 1 claim." in page

    editor.send(f"/desk/claims/{second['id']}/skip")
    assert "You skipped all due claims." in editor.page()
    editor.send("/desk/skipped")
    assert ["A.", "B."] == texts(editor.page())
    editor.send(f"/desk/claims/{first['id']}/skip")
    editor.signed_in()
    assert ["A.", "B."] == texts(editor.page())


@pytest.mark.parametrize("cookie", ["%%%", "AAAA", "x" * 3001, ""])
def test_malformed_list_of_skipped_claims(world, editor, cookie):
    """
    A malformed cookie skips no claim.
    """
    due(world, "A.")
    editor.client.set_cookie("borneout_skipped", cookie, path="/desk")

    assert ["A."] == texts(editor.page())
