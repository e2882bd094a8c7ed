"""/docs in a real browser, which refuses what the policy does not allow"""

from __future__ import annotations

from tests.pages.site import visiting


def test_a_call_is_tried(site, browser):
    """
    Swagger UI shows the calls and sends one, under a policy that lets it run no script or style but its own files.
    """
    with visiting(browser, site) as page:
        page.goto("/docs#/outlets/listOutlets")
        call = page.locator("#operations-outlets-listOutlets")
        call.get_by_role("button", name="Try it out").click()
        call.get_by_role("button", name="Execute").click()

        assert "200" == call.locator(".live-responses-table .response-col_status").last.inner_text().split()[0]
