"""A stranger's dispute and an outlet's reply in a browser, from the form to the closed dispute"""

from __future__ import annotations

import pytest

from service.values.vocabulary import Scope
from tests.support.browser_site import check_accessibility, check_layout, open_page
from tests.support.editor import Editor
from tests.support.submissions import VERIFIED, WRONG
from tests.support.world import report

REPLY = "We corrected the story the same day."
CLOSING = "It is the same bridge, see its number."


@pytest.fixture
def claim(site):
    """A resolved claim of an outlet that no other test uses."""
    claim = site.record(report("Answering Gazette"), text="The bridge of the Answering Gazette opens.")
    site.resolve(claim, "true")
    return claim


def check(tab):
    check_layout(tab)
    check_accessibility(tab)


def send(tab, link, button, text, **fields):
    """Follow a link of a page to a form, send it, and return the address of the sender's link."""
    tab.get_by_role("link", name=link).click()
    tab.locator("#text").fill(text)
    for name, value in fields.items():
        tab.locator(f"#{name}").fill(value)
    tab.get_by_role("button", name=button).click()
    tab.get_by_text("Keep this link").wait_for()
    return tab.locator(".done a").get_attribute("href")


def text_of(tab, path):
    tab.goto(path)
    return tab.locator("main").inner_text()


def sign_in(tab, editor):
    tab.goto("/desk/pending")
    tab.get_by_label("API key").fill(editor.key.secret)
    tab.keyboard.press("Enter")
    tab.get_by_role("heading", name="Disputes and replies").wait_for()


def test_right_of_reply(site, browser, claim):
    """
    A stranger disputes a result and an outlet replies, without a key and without script. An editor accepts both on the
    desk, they are shown, and the editor closes the dispute.
    """
    path, outlet = f"/claims/{claim['id']}", "/outlets/answering-gazette"
    with open_page(browser, site, script=False, width=360) as tab:
        tab.goto(path)
        dispute_link = send(tab, "Dispute this result", "Send dispute", WRONG, email="reader@example.org")
        tab.goto(outlet)
        reply_link = send(tab, "Reply as this outlet", "Send reply", REPLY, links="https://gazette.example/1")
        assert WRONG not in text_of(tab, path)
        assert REPLY not in text_of(tab, outlet)
        assert "waiting for an editor" in text_of(tab, dispute_link)

    editor = Editor(site.app, Scope.RESOLUTIONS_WRITE, Scope.OUTLETS_WRITE)
    with open_page(browser, site, scheme="dark") as tab:
        sign_in(tab, editor)
        check(tab)
        cards = tab.locator("section.answer")
        assert "reader@example.org" in cards.filter(has_text=WRONG).inner_text()
        cards.filter(has_text=WRONG).get_by_role("button", name="Accept and publish").click()
        tab.locator(".done").get_by_text("The dispute was published").wait_for()
        cards.filter(has_text=REPLY).get_by_label("How did you verify it?").fill(VERIFIED)
        cards.filter(has_text=REPLY).get_by_role("button", name="Accept and publish").click()
        tab.locator(".done").get_by_text("The reply was published").wait_for()
        assert WRONG in text_of(tab, path)
        shown = text_of(tab, outlet)
        assert REPLY in shown
        assert VERIFIED in shown
        assert 0 == tab.locator('a[href^="https://gazette.example"]').count()
        tab.goto("/desk/disputes")
        check(tab)
        card = tab.locator("section.answer").filter(has_text=WRONG)
        card.get_by_label("Why is the result right?").fill(CLOSING)
        card.get_by_role("button", name="Close the dispute").click()
        tab.locator(".done").get_by_text("your reason is shown with it").wait_for()
        assert CLOSING in text_of(tab, path)
        for link in (dispute_link, reply_link):
            assert "was accepted" in text_of(tab, link)
            check(tab)
    assert not site.claim(claim)["disputed"]
