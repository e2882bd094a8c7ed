"""/docs in a real browser, which enforces the Content-Security-Policy"""

from __future__ import annotations

import pytest

from tests.support.browser_site import Site, open_page, serving


def test_a_call_is_tried(site, browser):
    """
    Swagger UI shows the calls and sends one, although the policy allows only its own scripts and styles.
    """
    with open_page(browser, site) as page:
        page.goto("/docs#/outlets/listOutlets")
        call = page.locator("#operations-outlets-listOutlets")

        assert "200" == _try_out(call)


@pytest.mark.sqlite_alone
def test_a_claim_is_recorded_as_shown(app, browser):
    """
    "Try it out" on POST /v1/claims records the example without edits; sending it again returns the recorded claim.
    """
    with serving(app) as address, open_page(browser, empty := Site(app, address)) as page:
        page.goto("/docs#/claims/recordClaim")
        page.get_by_role("button", name="Authorize").click()
        page.get_by_role("textbox", name="auth-bearer-value").fill(empty.secret)
        page.get_by_role("button", name="Apply credentials").click()
        page.get_by_role("button", name="Close", exact=True).click()
        call = page.locator("#operations-claims-recordClaim")

        first = _try_out(call)
        call.get_by_role("button", name="Clear").click()
        call.get_by_role("button", name="Execute").click()

        second = _status(call)

    [claim] = empty.get("/v1/claims").json["items"]
    assert ("201", "200") == (first, second)
    assert "Xabi Alonso" in claim["text"]


def _try_out(call):
    """Send a call with its example, and return the status of the response."""
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("button", name="Execute").click()
    return _status(call)


def _status(call):
    return call.locator(".live-responses-table .response-col_status").last.inner_text().split()[0]
