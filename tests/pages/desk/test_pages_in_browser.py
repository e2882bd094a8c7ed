"""The pages of the desk and of claims in a real browser"""

from __future__ import annotations

import pytest

from tests.support.browser_site import check_accessibility, check_layout, open_page
from tests.support.editor import Editor, record_overdue, sign_in
from tests.support.world import HOSTILE, report

PAGES = {
    "claim": "/claims/{resolved}",
    "claim that relays": "/claims/{relayed}",
    "claim with odd words": "/claims/{odd}",
    "queue": "/desk",
    "queue after a step": "/desk?done={resolved}",
    "claim to resolve": "/desk/claims/{due}",
    "claim to correct": "/desk/claims/{resolved}",
    "record": "/desk/record",
    "merge": "/desk/merge?outlet=herald&into=the-oracle",
    "pairs": "/desk/pairs",
    "today": "/desk/today?all",
    "keys": "/desk/keys",
    "claims without a date": "/desk?state=undated&q=rovers&age=week",
}
WITH_UNIQUE_PARTS = ("claim that relays", "queue", "claim to resolve", "record", "merge")
"""Pages with a form or a picture that no other page has."""


@pytest.fixture(scope="session")
def editor(site):
    return Editor(site.app)


@pytest.fixture(scope="session")
def editor_cookie(site, editor):
    """The cookie of an editor's session."""
    return {"name": "borneout_desk", "value": editor.signed_in().cookie, "url": f"{site.address}/desk"}


@pytest.fixture(scope="session")
def ids(site):
    """The ids in the addresses of pages."""
    resolved = record_overdue(site)
    first = site.resolve(resolved, "true", evidence=["https://example.org/a"])
    site.resolve(resolved, "false", supersedes=first["id"])
    relayed = site.record(
        report("Herald"),
        report("Post", "2026-01-02T12:00:00Z", relays={"outlet": "herald"}),
        report(
            "Wire", "2026-01-02T12:00:00Z", relays={"cited_as": "reports"}, quote="A quote.", url="https://w.example/"
        ),
        report("Mail", "2026-02-01T12:00:00Z", stance="deny", probability=0.2),
        report("Sun", "2026-02-03T12:00:00Z", stance="query"),
        text="Rovers sign him.",
        group="club",
    )
    [odd, *_] = site.get("/v1/claims", query_string={"topic": HOSTILE}).json["items"]
    return {"resolved": resolved["id"], "relayed": relayed["id"], "due": record_overdue(site)["id"], "odd": odd["id"]}


@pytest.mark.parametrize("name", PAGES)
def test_page(site, browser, editor_cookie, ids, name):
    """
    Each page loads without errors or requests to other hosts, does not shift, fits the screen and is accessible, on
    large and small screens, light and dark. The printed page has no controls.
    """
    for width, scheme in ((1280, "light"), (360, "dark")):
        with open_page(browser, site, width=width, scheme=scheme) as page:
            page.context.add_cookies([editor_cookie])
            page.goto(PAGES[name].format(**ids))
            check_layout(page)
            if scheme == "dark" or name in WITH_UNIQUE_PARTS:
                check_accessibility(page)
            page.emulate_media(media="print")
            assert 0 == page.locator(":is(form, button, input, dialog):visible").count()


def test_opened(site, browser, editor, ids):
    """
    The same holds for content that is collapsed at first: the table of a timeline, the form of a claim, and the preview
    of a report.
    """
    with open_page(browser, site, width=360) as page:
        page.goto(PAGES["claim that relays"].format(**ids))
        page.get_by_text("5 reports in a table").click()
        check_accessibility(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.goto("/desk/sign-in")
        check_layout(page)
        check_accessibility(page)
        sign_in(page, editor)
        page.keyboard.press("j")
        check_accessibility(page)
        check_layout(page)
        page.goto("/desk/record")
        page.get_by_label("Address of the page").fill("https://unknown.example/1")
        page.get_by_label("Quote").fill("Rovers agreed terms.")
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url("**/desk/record/reading")
        check_layout(page)
        check_accessibility(page)
