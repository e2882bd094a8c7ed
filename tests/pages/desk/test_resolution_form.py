"""The form for a verdict at the desk: its date, its suggestions, and its mistakes"""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest

from tests.support.browser_site import plain_text
from tests.support.editor import due, problem_text
from tests.support.world import HOSTILE, report

pytestmark = pytest.mark.sqlite_alone  # tests of the use cases run on both databases

SUPPORT = report("Herald", "2026-08-01T12:00:00Z", url="https://herald.example/1")
DENIAL = report("Post", "2026-10-15T12:00:00Z", stance="deny", url="https://post.example/1")


@pytest.fixture
def denied(world):
    """A claim that was due on 1 September, and denied on 15 October."""
    return due(world, "Rovers sign him.", "2026-09-01", SUPPORT, DENIAL)


def send(editor, claim, **fields):
    return editor.send(f"/desk/claims/{claim['id']}/resolutions", evidence="https://example.org/a", **fields)


def known_at(world, claim):
    resolution = world.claim(claim)["resolution"]
    return resolution and resolution["known_at"][:10]


def field(page, name):
    return html.unescape(re.findall(rf'name="{name}"[^>]* value="([^"]*)"', page)[0])


def test_denial_after_the_due_date(world, editor, denied):
    """
    R6: a denial after the due date is not credited if the claim is resolved as false at the desk.
    """
    late = "1 report came after {} and will not count."
    assert late.format("the due date") in plain_text(editor.page())
    response = send(editor, denied, verdict="false")

    assert ("2026-09-01", 303) == (known_at(world, denied), response.status_code)
    assert [(0, 0), (1, 0)] == [
        tuple(world.score(outlet)["counts"][name] for name in ("resolved", "correct")) for outlet in ("post", "herald")
    ]
    assert "1 report came after 1 Sep 2026 and does not count." in plain_text(editor.page(response.headers["Location"]))


@pytest.mark.parametrize(
    ("verdict", "day"),
    [("true", None), ("partial", None), ("false", "2026-09-01"), ("void", "now"), ("unverifiable", "now")],
)
def test_date_that_is_left_out(world, editor, denied, verdict, day):
    """
    If the date is left out, false gets the due date, and void and unverifiable get today's. Other verdicts need a date.
    """
    response = send(editor, denied, verdict=verdict, truth="40" if verdict == "partial" else "")

    today = dt.datetime.now(dt.UTC).date().isoformat()
    assert (today if day == "now" else day) == known_at(world, denied)
    if day is None:
        assert "There is a problem Enter the date on which the answer became public." == problem_text(response)
        assert "<title>Error: Rovers sign him. · Borneout</title>" in response.text
        assert '<a href="#known_at">' in response.text
        [control] = re.findall(r"<input[^>]*name=\"known_at\"[^>]*>", response.text)
        assert 'aria-invalid="true"' in control
        assert 'aria-describedby="known_at-hint known_at-mistake"' in control


def test_date_of_a_claim_that_is_not_due(world, editor):
    """
    If a claim has no due date, or is not due yet, the verdict false needs a date, too.
    """
    for claim in (world.record(), world.record(text="B.", kind="event", resolves_by="2100-01-01T00:00:00Z")):
        assert 422 == send(editor, claim, verdict="false").status_code
        assert 303 == send(editor, claim, verdict="false", known_at="2026-10-01 12:30").status_code
        assert "2026-10-01T12:30:00Z" == world.claim(claim)["resolution"]["known_at"]


def test_date_after_an_undo(world, editor, denied):
    """
    A reopened claim does not keep the date of the resolution that was undone.
    """
    send(editor, denied, verdict="true", known_at="2026-11-01")
    editor.undo(denied)
    send(editor, denied, verdict="false", supersedes=world.claim(denied)["supersedes"])

    assert "2026-09-01" == known_at(world, denied)


def test_due_at_a_time(world, editor):
    """
    The date of a false claim is the exact moment at which it was due.
    """
    claim = world.record(SUPPORT, kind="event", resolves_by="2026-09-01T18:30:00Z")
    send(editor, claim, verdict="false")

    assert "2026-09-01T18:30:00Z" == world.claim(claim)["resolution"]["known_at"]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-08-01", "1 report came after this date and will not count."),
        ("2026-07-31", "2 reports came after this date and will not count, so no report counts."),
        ("2026-10-15 12:00", "1 report came after this date and will not count."),
        ("2026-10-15 12:01", "Every report came before this date."),
    ],
)
def test_preview(world, editor, denied, day, words):
    """
    R6: without JavaScript, a button counts the reports that a date leaves out, and changes nothing.
    """
    path = f"/desk/claims/{denied['id']}/preview"
    page = editor.send(path, verdict="true", known_at=day, note=HOSTILE).text

    assert words in plain_text(page)
    assert (day, HOSTILE) == (field(page, "known_at"), field(page, "note"))
    assert "due" == world.claim(denied)["status"]


def test_correct(world, editor, denied):
    """
    The form on the page of a resolved claim has the values of its resolution, and corrects it.
    """
    first = world.resolve(
        denied, "partial", truth=0.37, known_at="2026-10-01T10:20:30.123456Z", evidence=["https://example.org/b"]
    )
    page = editor.page(f"/desk/claims/{denied['id']}")
    names = ("truth", "known_at", "supersedes")
    fields = {name: field(page, name) for name in names}

    assert ["37", "2026-10-01 10:20:30.123456", first["id"]] == list(fields.values())
    assert re.search(r'value="partial"[^>]* checked', page)
    assert 303 == send(editor, denied, verdict="partial", **fields).status_code
    corrected = world.claim(denied)["resolution"]
    assert [first[name] for name in ("truth", "known_at", "known_precision")] == [
        corrected[name] for name in ("truth", "known_at", "known_precision")
    ]


def test_evidence_from_the_reports(world, editor, denied):
    """
    The addresses of the reports are suggested as evidence, the latest first, and stay ticked if the form is rejected.
    """
    claim = due(world, HOSTILE, "2026-09-01", report(url=f"https://hostile.example/{HOSTILE}"))
    suggested = re.findall(
        r'type="checkbox" name="evidence" value="([^"]+)"', editor.page(f"/desk/claims/{denied['id']}")
    )
    assert [DENIAL["url"], SUPPORT["url"]] == suggested
    assert HOSTILE not in editor.page(f"/desk/claims/{claim['id']}")

    both = ["https://example.org/a https://example.org/a", SUPPORT["url"]]
    path = f"/desk/claims/{denied['id']}/resolutions"
    page = editor.send(path, verdict="true", evidence=both).text
    assert [SUPPORT["url"]] == re.findall(r'name="evidence" value="([^"]+)"[^>]* checked', page)
    editor.send(path, verdict="true", evidence=both, known_at="2026-10-01")
    assert ["https://example.org/a", SUPPORT["url"]] == world.claim(denied)["resolution"]["evidence"]


def test_all_mistakes_at_once(editor, denied):
    """
    All mistakes are listed with links to their fields, and shown beside the fields.
    """
    response = editor.resolve(denied, "true", known_at="", note="", truth="most", evidence="javascript:alert(1)")
    links = re.findall(r'<li><a href="#(\w+)">', response.text)

    assert 422 == response.status_code
    assert {"truth", "evidence", "known_at"} == set(links)
    for name in links:
        assert f'id="{name}-mistake"' in response.text
