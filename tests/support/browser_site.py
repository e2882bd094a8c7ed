"""Pages in a real browser, whose errors fail the test, and as HTML."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from html import unescape
from html.parser import HTMLParser

from axe_playwright_python.sync_playwright import Axe
from werkzeug.serving import make_server

from tests.support.awaiting import DEADLINE
from tests.support.world import World

_WATCH_SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted.push(entry.value);
}).observe({ type: "layout-shift", buffered: true });
"""


class Site(World):
    """A client of the API, and the address of the service for the browser."""

    def __init__(self, app, address):
        super().__init__(app)
        self.address = address

    def html(self, path):
        """Return the HTML of a page."""
        response = self.client.get(path, headers={"Accept": "text/html"})
        assert (200, "text/html; charset=utf-8") == (response.status_code, response.content_type), response.text
        return response.text


@contextmanager
def serving(app):
    """Serve the application on a port, and yield its address."""
    server = make_server("127.0.0.1", 0, _buffered(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _buffered(app):
    """Return an application that closes its files before sending them, because this server does not close them if a tab
    closes.
    """

    def answer(environ, start_response):
        parts = app(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            if hasattr(parts, "close"):
                parts.close()

    return answer


@contextmanager
def open_page(browser, site, *, width=1280, scheme="light", script=True, refused=()):
    """Open a tab. Errors in it, and requests to other hosts, fail the test.

    Args:
        browser: The browser.
        site: The service.
        width: The width of the screen in pixels.
        scheme: `light` or `dark`.
        script: Whether JavaScript is enabled.
        refused: Expected error statuses, which Chromium logs as errors.
    """
    context = browser.new_context(
        base_url=site.address,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        java_script_enabled=script,
        timezone_id="Pacific/Auckland",
    )
    context.set_default_timeout(DEADLINE * 1000)
    errors = []
    context.on("request", lambda request: request.url.startswith(site.address) or errors.append(request.url))
    page = context.new_page()
    page.add_init_script(_WATCH_SHIFTS)
    expected = [f"the server responded with a status of {status} " for status in refused]

    def record(message):
        if message.type in ("error", "warning") and not any(words in message.text for words in expected):
            errors.append(message.text)

    page.on("console", record)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfailed", lambda request: _was_cancelled(request) or errors.append(f"failed: {request.url}"))
    try:
        yield page
    finally:
        context.close()
    assert not errors, errors


def _was_cancelled(request):
    """Return whether a request was cancelled because the tab navigated away."""
    return request.failure == "net::ERR_ABORTED"


def check_layout(page):
    """Check that the current page did not shift, and fits the width of the screen."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shifts = page.evaluate("window.shifted")
    assert not [shift for shift in shifts if shift > 0.001], shifts
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"


def check_accessibility(page):
    """Check the accessibility of the current page with axe."""
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    found = [(violation["id"], [node["html"][:150] for node in violation["nodes"]][:3]) for violation in violations]
    assert not found, found


class _DataParser(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag == "data":
            self.found.append(float(dict(attrs)["value"]))


def data_values(html):
    """Return the values of the data elements in HTML, in order."""
    reader = _DataParser()
    reader.feed(html)
    return reader.found


def section(html, name):
    """Return the HTML of the section with a name."""
    [found] = re.findall(rf'<section[^>]*aria-label(?:ledby)?="{name}".*?</section>', html, re.DOTALL)
    return found


def estimate(score):
    """Return the mean and the bounds of an estimate."""
    return [score["reliability"][name] for name in ("mean", "lower", "upper")]


def claim_page(world, claim):
    """Return the HTML of a claim's page."""
    response = world.client.get(f"/claims/{claim['id']}", headers={"Accept": "text/html"})
    assert 200 == response.status_code, response.text
    return response.text


def plain_text(text):
    """Return the text of HTML."""
    plain = unescape(re.sub(r"<[^>]+>", " ", text)).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r" ([.,;:])", r"\1", " ".join(plain.split()))
