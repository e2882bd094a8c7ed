"""BORNEOUT_BASE_PATH: the service below a path of a site"""

from __future__ import annotations

import contextlib
import re
from collections import deque
from html import unescape
from pathlib import Path

import pytest

from service import pages
from service.app import create_app
from service.cli.remote import Remote
from service.config import Settings
from service.errors import DomainTaken
from service.schemas.lines import read_line
from service.transfer.lines import ReadLine
from tests.support.browser_site import Site, look, serving, visiting
from tests.support.editor import HERE, Editor
from tests.support.world import World, assert_problem, report

pytestmark = pytest.mark.sqlite_alone  # addresses, which no database has to do with

BASE = "/reliability/v1"
"""A base path that ends as the paths of the API begin."""
PAGE = {"Accept": "text/html"}
LINK = re.compile(r'\s(?:href|src|action|formaction)="([^"#]*)')
ENOUGH = 120
"""Pages that are visited, the nearest to the first one first."""


def make(stack, folder, database_url, redis_url, base_path=BASE):
    names = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "RATE_LIMIT": "off", "BASE_PATH": base_path}
    settings = Settings.from_env({f"BORNEOUT_{name}": value for name, value in names.items()}, data_dir=folder)
    app = create_app(settings)
    stack.callback(app.extensions["runtime"].db.close)
    stack.callback(app.extensions["runtime"].cache.close)
    return app


@pytest.fixture(scope="module")
def below(site, tmp_path_factory):
    """The service with everything in it, below a path, on the same database and Redis as the one without."""
    settings = site.runtime.settings
    with contextlib.ExitStack() as stack:
        folder = tmp_path_factory.mktemp("below")
        app = make(stack, folder, settings.database_url, settings.redis_url)
        address = stack.enter_context(serving(app))
        yield Site(app, address + BASE)


@pytest.fixture
def own(tmp_path, database_url, redis_url):
    """An empty service below a path."""
    with contextlib.ExitStack() as stack:
        yield World(make(stack, tmp_path, database_url, redis_url))


def links(html):
    """The addresses that a page names on this site."""
    return {path for path in map(unescape, LINK.findall(html)) if path.startswith("/")}


def crawl(client, *first):
    """Visit pages, following their links; each path with the response."""
    waiting, seen = deque(first), set(first)
    while waiting and len(seen) - len(waiting) < ENOUGH:
        path = waiting.popleft()
        with client.get(path, headers=PAGE) as response:
            yield path, response
            found = links(response.text) if response.mimetype == "text/html" else set()
        waiting.extend(sorted(found - seen))
        seen |= found


def test_every_link_stays_below(site, below):
    """
    Every link, asset, form and redirect of the pages stays below the base path, and leads to something, though the
    pages without a base path are in the same cache.
    """
    for path in ("/", "/topics", "/outlets/herald"):
        site.client.get(path, headers=PAGE)
    editor = Editor(below.app)
    editor.client.post(f"{BASE}/desk/sign-in", data={"key": editor.key.secret}, headers=HERE)
    visited = 0
    for path, response in crawl(editor.client, f"{BASE}/", f"{BASE}/desk", f"{BASE}/desk/record", f"{BASE}/docs"):
        visited += 1
        html = response.text if response.mimetype == "text/html" else ""
        is_form = re.search(r"/desk/(?:sign-out|claims/[^/]+/resolutions|record/reading|merge/undo)$", path)
        assert (405 if is_form else 200) == response.status_code or response.status_code in (302, 303), path
        assert [] == [link for link in links(html) if not link.startswith(f"{BASE}/")], path
        assert response.headers.get("Location", f"{BASE}/").startswith(f"{BASE}/"), path

    assert ENOUGH == visited
    assert not [link for link in links(site.html("/")) if link.startswith(BASE)]


@pytest.mark.parametrize("template", sorted(Path(pages.__path__[0]).rglob("*.html")), ids=lambda path: path.name)
def test_every_template_begins_links_with_the_base_path(template):
    """
    No template names a path of ours without the base path before it.
    """
    assert [] == re.findall(r'(?:href|src|action|formaction|poster|content)="/[^"]*', template.read_text())


def test_paths_of_the_api(own):
    """
    Location, Link, type and instance, redirects and replays name paths below the base path, which answer.
    """
    once = {"Idempotency-Key": "1"}
    made = [own.post(f"{BASE}/v1/outlets", {"name": "Herald"}, headers=once) for _ in range(2)]
    claims = [own.post(f"{BASE}/v1/claims", {"text": f"Claim {n}.", "reports": [report()]}) for n in range(3)]
    key = own.post(f"{BASE}/v1/keys", {"name": "x", "scopes": ["read"]})
    own.post(f"{BASE}/v1/outlets", {"name": "Tribune"})
    merge = own.post(f"{BASE}/v1/outlets/tribune/merge", {"into": "herald"})
    moved = own.get(f"{BASE}/v1/outlets/tribune/score?basis=matured")
    doubled = own.get(f"{BASE}//v1//outlets")

    assert [f"{BASE}/v1/outlets/herald"] * 2 == [response.headers["Location"] for response in made]
    assert f"{BASE}/v1/outlets/herald/score?basis=matured" == moved.headers["Location"]
    assert (308, f"{BASE}/v1/outlets") == (doubled.status_code, doubled.headers["Location"])
    for response in (*made, *claims, key, merge, moved, doubled):
        assert 200 == own.get(response.headers["Location"]).status_code, response.headers["Location"]
    assert 3 == len(list(walk(own, f"{BASE}/v1/claims?limit=1")))
    for response in (
        own.get(f"{BASE}/v1/outlets/nobody"),
        own.get(f"{BASE}/v1/nothing"),
        own.client.get(f"{BASE}/v1/me"),
    ):
        assert response.json["type"].startswith(f"{BASE}/problems/")
        assert response.request.path == response.json["instance"]
        assert 200 == own.client.get(response.json["type"]).status_code


def walk(world, path):
    """The items of a list, by following its Link headers."""
    while path:
        response = world.get(path)
        yield from response.json["items"]
        link = response.headers.get("Link", "")
        assert link == "" or link.startswith(f"<{BASE}/v1/")
        path = link and link[1 : link.index(">")]


def test_document(below):
    """
    The API's document and its page name the base path as the server.
    """
    document = below.client.get(f"{BASE}/openapi.json").json

    assert [{"url": BASE}] == document["servers"]
    assert "/v1/outlets" in document["paths"]


@pytest.mark.parametrize(("public_read", "expected"), [("true", f"{BASE}/desk"), ("false", BASE)])
def test_cookies(own, monkeypatch, public_read, expected):
    """
    The cookie of the desk goes to no other path of the site, and signing out takes it back.
    """
    monkeypatch.setattr(type(own.runtime.settings), "public_read", public_read == "true")
    editor = Editor(own.app)
    sent = editor.client.post(f"{BASE}/desk/sign-in", data={"key": editor.key.secret}, headers=HERE)
    out = editor.client.post(f"{BASE}/desk/sign-out", headers=HERE)

    assert f"{BASE}/desk" == sent.headers["Location"]
    kept = [cookie for cookie in sent.headers.getlist("Set-Cookie") if "Max-Age=0" not in cookie]
    assert [expected] == [re.search(r"Path=([^;]*)", cookie)[1] for cookie in kept]
    paths = {re.search(r"Path=([^;]*)", cookie)[1] for cookie in out.headers.getlist("Set-Cookie")}
    assert {BASE, f"{BASE}/desk"} == paths
    assert f"{BASE}/desk/sign-in" == out.headers["Location"]
    assert 303 == editor.client.get(f"{BASE}/desk").status_code


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1/outlets",
        "/v1//outlets",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/desk",
        "/reliability",
        "/reliability/",
        "/reliability/v1x",
        "/reliability/V1/",
        "//reliability/v1/",
        "/reliability//v1/",
        "/x/reliability/v1/",
        "/healthz/",
        "/problems/not-found",
        "/robots.txt",
    ],
)
def test_outside(own, path):
    """
    A path outside the base path is unknown, whatever the method and the key, and the answer says nothing of what is
    inside.
    """
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        for headers in ({}, PAGE, own.headers, {"Authorization": "Bearer bo_guess_0123456789abcdef"}):
            response = own.client.open(path, method=method, headers=headers)
            assert_problem(response, 404, "not-found")
            said = f"{response.headers} {response.text}".replace(path, "")
            assert "reliability" not in said, said
            assert "Location" not in response.headers


def test_health(own):
    """
    Those who watch the process ask with the base path or without it.
    """
    for path in ("/healthz", "/readyz"):
        assert [200, 200] == [own.client.get(start + path).status_code for start in ("", BASE)]


def test_without_the_last_slash(own):
    """
    The base path itself is the first page, with or without a slash at its end.
    """
    shown = [own.client.get(path, headers=PAGE) for path in (BASE, f"{BASE}/")]

    assert [200, 200] == [page.status_code for page in shown]
    assert shown[0].headers["ETag"] == shown[1].headers["ETag"]


@pytest.mark.parametrize(
    "header", ["Script-Name", "X-Script-Name", "X-Forwarded-Prefix", "X-Forwarded-Path", "Forwarded"]
)
def test_no_header_sets_it(own, header):
    """
    The base path comes from the setting alone.
    """
    response = own.client.get(f"{BASE}/v1/outlets/nobody", headers={header: "/elsewhere"})

    assert (f"{BASE}/problems/unknown-outlet", 404) == (response.json["type"], response.status_code)
    assert "elsewhere" not in response.text


def test_crawlers(own):
    """
    robots.txt names the paths below the base path.
    """
    said = own.client.get(f"{BASE}/robots.txt").text.splitlines()

    assert f"Disallow: {BASE}/compare" in said
    assert all(line.startswith(f"Disallow: {BASE}/") for line in said[1:])


def test_import_from_elsewhere(own):
    """
    `borneout import --server` understands the problems of a service below a path.
    """
    own.post(f"{BASE}/v1/outlets", {"name": "Herald", "domains": ["herald.example"]})
    line = read_line({"type": "outlet", "name": "Tribune", "domains": ["herald.example"]}, feed=None)
    with serving(own.app) as address:
        result = Remote(address + BASE, own.secret).load(ReadLine(1, line))

    assert isinstance(result.error, DomainTaken)


def test_in_a_browser(below, browser):
    """
    In a browser a page, its script, the document's page and the way to the desk work below the base path.
    """
    with visiting(browser, below) as page:
        page.goto(f"{below.address}/compare?outlet=the-oracle")
        look(page)
        page.get_by_label("Outlet 2").press_sequentially("hera")
        page.locator("#outlets option").first.wait_for(state="attached")
        page.goto(f"{below.address}/docs")
        page.get_by_text("/v1/outlets/lookup").first.wait_for()
        page.goto(f"{below.address}/desk")
        page.get_by_label("API key").fill(Editor(below.app).key.secret)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/reliability/v1/desk/sign-in")


def test_cached_pages_are_apart(own, tmp_path, redis_url):
    """
    Services with other base paths on one Redis do not get each other's pages.
    """
    own.post(f"{BASE}/v1/outlets", {"name": "Herald"})
    with contextlib.ExitStack() as stack:
        other = make(stack, tmp_path, own.runtime.settings.database_url, redis_url, "/other").test_client()
        for _ in range(2):
            ours, theirs = (
                client.get(f"{base}/outlets/herald", headers=PAGE)
                for client, base in ((own.client, BASE), (other, "/other"))
            )
            assert {True} == {link.startswith(f"{BASE}/") for link in links(ours.text)}
            assert {True} == {link.startswith("/other/") for link in links(theirs.text)}
