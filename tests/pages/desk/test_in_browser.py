"""The desk in a real browser: with the keyboard only, and without JavaScript"""

from __future__ import annotations

import datetime as dt
import re

import pytest

from tests.support.browser_site import check_accessibility, check_layout, open_page
from tests.support.editor import Editor, record_overdue, sign_in
from tests.support.world import HOSTILE, report


@pytest.fixture(scope="session")
def editor(site):
    return Editor(site.app)


@pytest.fixture
def due(site):
    """Two claims at the front of the queue."""
    return [record_overdue(site) for _ in range(2)]


def test_by_keyboard(site, browser, editor, due):
    """
    An editor resolves a claim, undoes it, and resolves another one with the keyboard only.
    """
    second, first = due
    with open_page(browser, site) as page:
        sign_in(page, editor)
        press = page.keyboard.press
        for key in ("j", "j", "k", "t", "1"):
            press(key)
        page.keyboard.type("https://example.org/seen")
        press("Enter")
        page.wait_for_url("**/desk?done=*")
        assert ("true", ["https://example.org/seen"]) == resolution_of(site, first)
        assert page.locator(f"#c{second['id']}").evaluate("one => one.open && one.contains(document.activeElement)")

        press("z")
        press("Enter")
        page.get_by_text("Open again").first.wait_for()
        assert "due" == site.claim(first)["status"]

        page.goto(f"/desk/claims/{second['id']}")
        press("p")
        page.keyboard.type("40")
        for key in ("Escape", "d"):
            press(key)
        page.keyboard.type("2026-11-01")
        for key in ("Escape", "n"):
            press(key)
        page.keyboard.type("Half of it, as seen.")
        press("Enter")
        page.wait_for_url("**/desk?done=*")
        resolution = site.claim(second)["resolution"]
        assert ("partial", 0.4, "Half of it, as seen.") == tuple(
            resolution[name] for name in ("verdict", "truth", "note")
        )
        check_layout(page)


def test_keys_switched_off(site, browser, editor, due):
    """
    A single-letter key only moves the focus, and single-letter keys can be switched off permanently.
    """
    with open_page(browser, site) as page:
        sign_in(page, editor)
        page.goto(f"/desk/claims/{due[0]['id']}")
        page.get_by_label("True", exact=False).first.check()
        page.get_by_label("Known since").fill("2026-11-01")
        page.get_by_label("Note").fill("Seen.")
        page.get_by_role("button", name="Resolve").click()
        page.wait_for_url("**/desk?done=*")
        page.keyboard.press("z")
        assert page.get_by_role("button", name="Undo").evaluate("one => one === document.activeElement")
        assert "resolved" == site.claim(due[0])["status"]

        page.keyboard.press("?")
        assert page.get_by_role("dialog").is_visible()
        check_accessibility(page)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Single-letter keys").click()
        page.goto(f"/desk/claims/{due[1]['id']}")
        assert "false" == page.get_by_role("button", name="Single-letter keys").get_attribute("aria-pressed")
        page.keyboard.press("t")
        assert 0 == page.locator("input:checked").count()
        check_layout(page)
        check_accessibility(page)


def test_refused_by_keyboard(site, browser, editor, due):
    """
    The problem of a rejected form gets the focus, and the form keeps its values.
    """
    with open_page(browser, site, refused=[422]) as page:
        sign_in(page, editor)
        page.goto(f"/desk/claims/{due[0]['id']}")
        page.keyboard.press("f")
        page.keyboard.type("not-an-address")
        with page.expect_response(re.compile("/resolutions$")) as answer:
            page.keyboard.press("Enter")
        page.wait_for_load_state()
        assert 422 == answer.value.status
        assert "Enter a full address that begins with http:// or https://." in page.locator(":focus").text_content()
        assert "not-an-address" == page.get_by_label("Evidence").input_value()
        check_accessibility(page)


def test_without_script(site, browser, editor, due):
    """
    Signing in, resolving, undoing, recording, merging and signing out work without JavaScript.
    """
    _, first = due
    with open_page(browser, site, script=False, width=360) as page:
        page.goto("/desk")
        page.get_by_label("API key").fill(editor.key.secret)
        page.get_by_role("button", name="Sign in").click()
        page.locator(f"#c{first['id']} summary").click()
        form = page.locator(f"#c{first['id']} form")
        form.get_by_label("False").check()
        form.get_by_role("button", name="Count reports that came too late").click()
        form = page.locator(".resolve")
        assert "2 reports came after the due date and will not count, so no report counts." in form.text_content()
        form.get_by_label("Note").fill("Seen.")
        form.get_by_role("button", name="Resolve").click()
        assert ("false", []) == resolution_of(site, first)
        page.get_by_role("button", name="Undo").click()
        assert "due" == site.claim(first)["status"]

        page.get_by_role("link", name="Record a claim").click()
        page.get_by_label("Address of the page").fill("https://hostile.example/1")
        page.get_by_label("Quote").fill("Rovers agreed terms.")
        page.get_by_role("button", name="Continue").click()
        assert HOSTILE in page.locator(".read").first.text_content()
        page.get_by_label("Published").fill("2026-01-05T09:30")
        page.get_by_label("In one sentence").fill("Rovers sign him by forms alone.")
        page.get_by_label("Kind of claim").select_option("fact")
        page.get_by_role("button", name="Save").click()
        assert "Rovers sign him by forms alone." == page.locator("h1").text_content()

        page.get_by_role("link", name="Merge outlets").click()
        site.outlet("Evening Star")
        site.outlet("Evning Star")
        page.get_by_label("This outlet").fill("evning-star")
        page.get_by_label("Merge into").fill("evening-star")
        page.get_by_role("button", name="Compare").click()
        page.get_by_role("button", name="Merge Evning Star into Evening Star").click()
        page.get_by_role("button", name="Undo the merge", exact=True).click()
        assert 200 == site.get("/v1/outlets/evning-star").status_code
        page.get_by_role("button", name="Sign out").click()
        page.goto("/desk")
        assert page.url.endswith("/desk/sign-in?next=%2Fdesk")


def test_twenty_claims(site, browser, editor):
    """
    An editor resolves 20 due claims with three keys each, not counting evidence, and each date is the intended one.
    """
    claims = [record_overdue(site) for _ in range(20)]
    with open_page(browser, site) as page:
        sign_in(page, editor)
        press = page.keyboard.press
        press("j")
        for number, claim in enumerate(reversed(claims)):
            keys = ("t", "1") if number % 2 else ("f",)
            for key in keys:
                press(key)
            page.keyboard.insert_text(f"https://example.org/{number}")
            press("Enter")
            page.wait_for_url(f"**/desk?done={claim['id']}*")
    today = dt.datetime.now(dt.UTC).date().isoformat()
    for number, claim in enumerate(reversed(claims)):
        resolution = site.claim(claim)["resolution"]
        verdict, day = ("true", today) if number % 2 else ("false", claim["resolves_by"][:10])
        assert (verdict, day, [f"https://example.org/{number}"]) == (
            resolution["verdict"],
            resolution["known_at"][:10],
            resolution["evidence"],
        )


def test_late_reports_while_typing(site, browser, editor):
    """
    R6: the number of reports that will not count follows the date, in words that screen readers announce.
    """
    claim = site.record(
        report("Herald", "2026-03-01"),
        report("Post", "2026-10-15", stance="deny"),
        kind="event",
        resolves_by="2026-09-01T23:59:59.999999Z",
    )
    with open_page(browser, site) as page:
        sign_in(page, editor)
        page.goto(f"/desk/claims/{claim['id']}")
        late, date = page.locator(".late"), page.get_by_label("Known since")
        page.keyboard.press("f")
        assert ("2026-09-01", "1 report came after this date and will not count.") == (
            date.input_value(),
            late.text_content(),
        )
        for text, words in (
            ("2026-02-28", "2 reports came after this date and will not count, so no report counts."),
            ("2026-10-15", "Every report came before this date."),
            ("2026-10-15 00:00", "1 report came after this date and will not count."),
            ("soon", ""),
        ):
            date.fill(text)
            assert words == late.text_content(), text
        assert "polite" == late.get_attribute("aria-live")


def resolution_of(site, claim):
    """Return the verdict and the evidence of a claim's resolution."""
    resolution = site.claim(claim)["resolution"]
    return resolution["verdict"], resolution["evidence"]
