"""The pages as people have them: in a real browser, which notes whatever a page should not do."""

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
    """The API of the service that the browser opens, and where that is."""

    def __init__(self, app, address):
        super().__init__(app)
        self.address = address

    def html(self, path):
        """A page, as it is sent."""
        response = self.client.get(path, headers={"Accept": "text/html"})
        assert (200, "text/html; charset=utf-8") == (response.status_code, response.content_type), response.text
        return response.text


@contextmanager
def serving(app):
    """The application at an address that a browser can open."""
    server = make_server("127.0.0.1", 0, _whole(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _whole(app):
    """An application that has closed its files before it sends them: this server leaves them open if a tab closes."""

    def answer(environ, start_response):
        parts = app(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            parts.close()

    return answer


@contextmanager
def visiting(browser, site, *, width=1280, scheme="light", script=True, refused=()):
    """A tab; what goes wrong in it fails the test: an error, a request to elsewhere.

    Args:
        browser: Where it is opened.
        site: What it can open.
        width: How wide it is.
        scheme: Light or dark.
        script: Whether there is JavaScript.
        refused: Statuses that a page may have been answered with; Chromium calls them errors.
    """
    context = browser.new_context(
        base_url=site.address,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        java_script_enabled=script,
        timezone_id="Pacific/Auckland",
    )
    context.set_default_timeout(DEADLINE * 1000)
    wrong = []
    context.on("request", lambda request: request.url.startswith(site.address) or wrong.append(request.url))
    page = context.new_page()
    page.add_init_script(_WATCH_SHIFTS)
    fine = [f"the server responded with a status of {status} " for status in refused]

    def note(message):
        if message.type in ("error", "warning") and not any(words in message.text for words in fine):
            wrong.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: _was_left(request) or wrong.append(f"failed: {request.url}"))
    try:
        yield page
    finally:
        context.close()
    assert not wrong, wrong


def _was_left(request):
    """Whether a request was given up because the tab went on to another page."""
    return request.failure == "net::ERR_ABORTED"


def look(page):
    """Make sure that nothing of the page at hand moved by itself, or reaches beyond the screen."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shifts = page.evaluate("window.shifted")
    assert not [shift for shift in shifts if shift > 0.001], shifts
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "reaches beyond the screen"


def audit(page):
    """Make sure that everyone can use the page at hand, as far as axe can tell."""
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    found = [(one["id"], [node["html"][:150] for node in one["nodes"]][:3]) for one in violations]
    assert not found, found


class _Figures(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag == "data":
            self.found.append(float(dict(attrs)["value"]))


def figures(html):
    """The figures of a piece of a page as the API has them, in order."""
    reader = _Figures()
    reader.feed(html)
    return reader.found


def section(html, name):
    """The piece of a page under a heading."""
    [found] = re.findall(rf'<section[^>]*aria-label(?:ledby)?="{name}".*?</section>', html, re.DOTALL)
    return found


def estimate(score):
    """An estimate as it is shown: its mean and its ends."""
    return [score["reliability"][name] for name in ("mean", "lower", "upper")]


def claim_page(world, claim):
    """The page of a claim, as it is sent."""
    response = world.client.get(f"/claims/{claim['id']}", headers={"Accept": "text/html"})
    assert 200 == response.status_code, response.text
    return response.text


def words(text):
    """The words of a piece of a page."""
    plain = unescape(re.sub(r"<[^>]+>", " ", text)).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r" ([.,;:])", r"\1", " ".join(plain.split()))
