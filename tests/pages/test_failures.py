"""Error pages, and assets"""

from __future__ import annotations

import re

import pytest

from service.scores import portrait
from tests.support.browser_site import check_accessibility, check_layout, open_page
from tests.support.world import assert_problem

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    "path", ["/nothing", "/outlets/nobody/nothing", "/%00", "/v2", "/problems/nothing", "/docs/nothing"]
)
def test_unknown_path(site, path):
    """
    A browser gets a page for an unknown path; other clients, such as curl, get a problem document.
    Vary: Accept keeps caches from mixing them up.
    """
    page = site.client.get(path, headers=HTML)

    assert (404, "text/html; charset=utf-8") == (page.status_code, page.content_type)
    assert "Page not found" in page.text
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "text/*, text/html;q=0"}):
        response = site.client.get(path, headers=accept)
        assert_problem(response, 404, "not-found")
        assert {"Accept"} == set(response.vary) - {"Accept-Encoding"} == set(page.vary)


def test_api_never_answers_with_a_page(site):
    """
    Under /v1, browsers get problem documents, too.
    """
    for path in ("/v1", "/v1/", "/v1/nothing"):
        assert_problem(site.client.get(path, headers=HTML), 404, "not-found")
    assert_problem(site.client.get("/v1/outlets/nobody", headers=HTML), 404, "unknown-outlet")


@pytest.mark.parametrize(
    ("path", "name", "address"),
    [
        *((f"/outlets/heraldd{tail}", "Herald", "/outlets/herald") for tail in ("", "/why", "/badge.svg")),
        ("/outlets/sportbild", "Sport Bild", "/outlets/sport-bild"),
        ("/topics/raods", "roads", "/topics/roads"),
    ],
)
def test_similar_names(site, path, name, address):
    """
    The page for an unknown outlet or topic suggests similar ones.
    """
    response = site.client.get(path)

    assert (404, "text/html; charset=utf-8") == (response.status_code, response.content_type)
    assert f'<li><a href="{address}">{name}</a></li>' in response.text


@pytest.mark.parametrize(
    ("path", "target"),
    [
        *((f"/{page}/", f"/{page}") for page in ("topics", "compare", "method", "docs", "claims", "outlets", "search")),
        ("/outlets/herald/?topic=roads", "/outlets/herald?topic=roads"),
        ("/outlets/herald/why/", "/outlets/herald/why"),
        ("/topics/roads/", "/topics/roads"),
        ("/topics/Roads", "/topics/roads"),
        ("/outlets/Herald?topic=roads", "/outlets/herald?topic=roads"),
        ("/outlets/HERALD/why", "/outlets/herald/why"),
        ("/outlets/Sport%20Bild", "/outlets/sport-bild"),
    ],
)
def test_other_spellings_of_an_address(site, path, target):
    """
    An address with a trailing slash, or with another spelling of an outlet or topic, redirects to its page.
    """
    response = site.client.get(path)

    assert (308, target) == (response.status_code, response.headers["Location"])


@pytest.mark.parametrize("path", ["/nothing/", "/v1/outlets/", "/outlets/herald/nothing/"])
def test_a_slash_after_nothing(site, path):
    """
    An unknown path with a slash at its end, and a path of the API, is a 404.
    """
    assert 404 == site.client.get(path, headers=HTML).status_code


def test_wrong_method(site):
    """
    A method that a page does not support is a 405 page.
    """
    response = site.client.post("/method", headers=HTML)

    assert 405 == response.status_code
    assert {"GET", "HEAD", "OPTIONS"} == set(response.headers["Allow"].split(", "))
    assert "This page does not support that" in response.text


def test_unexpected(site, monkeypatch):
    """
    An unexpected error is a page with the request id, but without the cause.
    """
    monkeypatch.setattr(portrait, "describe_outlet", None)
    response = site.client.get("/outlets/bild?basis=matured", headers={"X-Request-ID": "r-1"})

    assert (500, "text/html; charset=utf-8") == (response.status_code, response.content_type)
    assert "Status 500, request r-1" in response.text
    assert "NoneType" not in response.text


def test_reading_that_is_closed(site, monkeypatch):
    """
    If reading requires a key, a page says so.
    """
    monkeypatch.setattr(type(site.runtime.settings), "public_read", False)
    for path in ("/", "/outlets/herald", "/method", "/search?q=x"):
        response = site.client.get(path)
        assert (401, "Bearer") == (response.status_code, response.headers["WWW-Authenticate"]), path
        assert "This page requires an API key" in response.text
        assert 303 == site.client.get(path, headers=HTML).status_code
    assert 200 == site.get("/method").status_code


def test_failure_is_accessible(site, browser):
    """
    An error page is accessible like other pages.
    """
    with open_page(browser, site, width=360, scheme="dark") as page:
        page.goto("/search?q=nothing.example")
        check_layout(page)
        check_accessibility(page)
        page.get_by_role("link", name="Borneout").click()
        assert page.url == f"{site.address}/"


def test_assets(site):
    """
    An asset may be cached indefinitely under the hash of its content, but not under another hash.
    """
    paths = re.findall(r'(?:src|href)="(/assets/[^"]+)"', site.html("/method"))
    for path in paths:
        with site.client.get(path) as response:
            assert (200, "public, max-age=31536000, immutable") == (
                response.status_code,
                response.headers["Cache-Control"],
            )
        with site.client.get(re.sub("/[0-9a-f]{16}/", "/0123456789abcdef/", path)) as response:
            assert (200, "no-store") == (response.status_code, response.headers["Cache-Control"])

    assert 3 == len(paths)
    for path in ("/assets/0/nothing.css", "/assets/0/..", "/assets/0/%2e%2e"):
        assert 404 == site.client.get(path).status_code


def test_no_inline_script_or_style(site):
    """
    No page contains inline styles or scripts, and its policy blocks them.
    """
    for path in ("/", "/outlets/the-oracle", "/outlets/the-oracle/why", "/compare", "/method", "/search?q=a"):
        response = site.client.get(path)
        own = re.sub(r"<pre .*?</pre>|http://localhost", "", response.text, flags=re.DOTALL)  # parts to share
        assert not re.search(r"<style|\sstyle=|<script(?! src)|\son\w+=|javascript:|https?://", own), path
        assert "script-src 'self'; style-src 'self'" in response.headers["Content-Security-Policy"]
