"""BORNEOUT_BASE_PATH: the service below a path of a site"""

from __future__ import annotations

import contextlib
import io
import re
from collections import deque
from html import unescape
from pathlib import Path

import pytest

from service import pages
from service.app import create_app
from service.cli.server_client import Server
from service.config import Settings
from service.errors import DomainTaken, InvalidQuery
from service.transfer.files.options import FileOptions
from service.values.ids import new_id
from tests.support.browser_site import Site, check_layout, open_page, serving
from tests.support.editor import SAME_ORIGIN, Editor
from tests.support.import_jobs import process_imports
from tests.support.world import World, assert_problem, report

pytestmark = pytest.mark.sqlite_alone  # links do not depend on the database

BASE = "/reliability/v1"
"""A base path whose end is the beginning of the paths of the API."""
PAGE = {"Accept": "text/html"}
LINK = re.compile(r'\s(?:href|src|action|formaction)="([^"#]*)')
OUTSIDE = (
    *(
        "/",
        "/v1/outlets",
        "/v1//outlets",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/desk",
        "/reliability",
        "/reliability/",
    ),
    *("/reliability/v1x", "/reliability/V1/", "//reliability/v1/", "/reliability//v1/", "/x/reliability/v1/"),
    *("/healthz/", "/problems/not-found", "/robots.txt"),
)
"""Paths that are not below the base path."""
MAX_PAGES = 120
"""The number of pages that are crawled, breadth first."""


def make(stack, folder, database_url, redis_url, base_path=BASE):
    """Create an application below a base path."""
    names = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "RATE_LIMIT": "off", "BASE_PATH": base_path}
    settings = Settings.from_env({f"BORNEOUT_{name}": value for name, value in names.items()}, data_dir=folder)
    app = create_app(settings)
    stack.callback(app.extensions["runtime"].db.close)
    stack.callback(app.extensions["runtime"].cache.close)
    return app


@pytest.fixture(scope="module")
def site_below(site, tmp_path_factory):
    """The service with test data below a base path, on the same database and Redis as the one without."""
    settings = site.runtime.settings
    with contextlib.ExitStack() as stack:
        folder = tmp_path_factory.mktemp("below")
        app = make(stack, folder, settings.database_url, settings.redis_url)
        address = stack.enter_context(serving(app))
        yield Site(app, address + BASE)


@pytest.fixture
def world_below(tmp_path, database_url, redis_url):
    """An empty service below a base path."""
    with contextlib.ExitStack() as stack:
        yield World(make(stack, tmp_path, database_url, redis_url))


def links(html):
    """Return the links of a page to this site."""
    return {path for path in map(unescape, LINK.findall(html)) if path.startswith("/")}


def crawl(client, *first):
    """Visit pages by following their links, and yield each path with its response."""
    waiting, seen = deque(first), set(first)
    while waiting and len(seen) - len(waiting) < MAX_PAGES:
        path = waiting.popleft()
        with client.get(path, headers=PAGE) as response:
            yield path, response
            found = links(response.text) if response.mimetype == "text/html" else set()
        waiting.extend(sorted(found - seen))
        seen |= found


def test_every_link_stays_below(site, site_below):
    """
    Every link, asset, form and redirect of the pages stays below the base path and works, even though pages without a
    base path are in the same cache.
    """
    for path in ("/", "/topics", "/outlets/herald"):
        site.client.get(path, headers=PAGE)
    editor = Editor(site_below.app)
    editor.client.post(f"{BASE}/desk/sign-in", data={"key": editor.key.secret}, headers=SAME_ORIGIN)
    visited = 0
    for path, response in crawl(editor.client, f"{BASE}/", f"{BASE}/desk", f"{BASE}/desk/record", f"{BASE}/docs"):
        visited += 1
        html = response.text if response.mimetype == "text/html" else ""
        is_form = re.search(
            r"/desk/(?:sign-out|claims/[^/]+/(?:resolutions|preview|skip)|record/reading|merge/undo)$", path
        )
        assert (405 if is_form else 200) == response.status_code or response.status_code in (302, 303), path
        assert [] == [link for link in links(html) if not link.startswith(f"{BASE}/")], path
        assert response.headers.get("Location", f"{BASE}/").startswith(f"{BASE}/"), path

    assert MAX_PAGES == visited
    assert not [link for link in links(site.html("/")) if link.startswith(BASE)]


@pytest.mark.parametrize("template", sorted(Path(pages.__path__[0]).rglob("*.html")), ids=lambda path: path.name)
def test_every_template_begins_links_with_the_base_path(template):
    """
    Every link in a template begins with the base path.
    """
    assert [] == re.findall(r'(?:href|src|action|formaction|poster|content)="/[^"]*', template.read_text())


def test_paths_of_the_api(world_below):
    """
    Location, Link, type and instance, redirects and replayed responses contain paths below the base path, and the paths
    work.
    """
    headers = {"Idempotency-Key": "1"}
    created = [world_below.post(f"{BASE}/v1/outlets", {"name": "Herald"}, headers=headers) for _ in range(2)]
    claims = [world_below.post(f"{BASE}/v1/claims", {"text": f"Claim {n}.", "reports": [report()]}) for n in range(3)]
    key = world_below.post(f"{BASE}/v1/keys", {"name": "x", "scopes": ["read"]})
    world_below.post(f"{BASE}/v1/outlets", {"name": "Tribune"})
    merge = world_below.post(f"{BASE}/v1/outlets/tribune/merge", {"into": "herald"})
    moved = world_below.get(f"{BASE}/v1/outlets/tribune/score?basis=matured")
    doubled = world_below.get(f"{BASE}//v1//outlets")

    assert [f"{BASE}/v1/outlets/herald"] * 2 == [response.headers["Location"] for response in created]
    assert f"{BASE}/v1/outlets/herald/score?basis=matured" == moved.headers["Location"]
    assert (308, f"{BASE}/v1/outlets") == (doubled.status_code, doubled.headers["Location"])
    for response in (*created, *claims, key, merge, moved, doubled):
        assert 200 == world_below.get(response.headers["Location"]).status_code, response.headers["Location"]
    assert 3 == len(list(walk(world_below, f"{BASE}/v1/claims?limit=1")))
    for response in (
        world_below.get(f"{BASE}/v1/outlets/nobody"),
        world_below.get(f"{BASE}/v1/nothing"),
        world_below.client.get(f"{BASE}/v1/me"),
    ):
        assert response.json["type"].startswith(f"{BASE}/problems/")
        assert response.request.path == response.json["instance"]
        assert 200 == world_below.client.get(response.json["type"]).status_code


def walk(world, path):
    """Yield the items of a list, by following its Link headers."""
    while path:
        response = world.get(path)
        yield from response.json["items"]
        link = response.headers.get("Link", "")
        assert link == "" or link.startswith(f"<{BASE}/v1/")
        path = link and link[1 : link.index(">")]


def test_document(site_below):
    """
    The API document and its page name the base path as the server.
    """
    document = site_below.client.get(f"{BASE}/openapi.json").json

    assert [{"url": BASE}] == document["servers"]
    assert "/v1/outlets" in document["paths"]


@pytest.mark.parametrize(("public_read", "expected"), [("true", f"{BASE}/desk"), ("false", BASE)])
def test_cookies(world_below, monkeypatch, public_read, expected):
    """
    The cookie of the desk is limited to the path of the desk, and signing out removes it.
    """
    monkeypatch.setattr(type(world_below.runtime.settings), "public_read", public_read == "true")
    editor = Editor(world_below.app)
    sent = editor.client.post(f"{BASE}/desk/sign-in", data={"key": editor.key.secret}, headers=SAME_ORIGIN)
    out = editor.client.post(f"{BASE}/desk/sign-out", headers=SAME_ORIGIN)

    assert f"{BASE}/desk" == sent.headers["Location"]
    kept = [cookie for cookie in sent.headers.getlist("Set-Cookie") if "Max-Age=0" not in cookie]
    assert [expected] == [re.search(r"Path=([^;]*)", cookie)[1] for cookie in kept]
    paths = {re.search(r"Path=([^;]*)", cookie)[1] for cookie in out.headers.getlist("Set-Cookie")}
    assert {BASE, f"{BASE}/desk"} == paths
    assert f"{BASE}/desk/sign-in" == out.headers["Location"]
    assert 303 == editor.client.get(f"{BASE}/desk").status_code


@pytest.mark.parametrize("path", OUTSIDE)
def test_outside(world_below, path):
    """
    A path outside the base path is a 404 for every method and key, and the response does not reveal the base path.
    """
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        for headers in ({}, PAGE, world_below.headers, {"Authorization": "Bearer bo_guess_0123456789abcdef"}):
            response = world_below.client.open(path, method=method, headers=headers)
            assert_problem(response, 404, "not-found")
            content = f"{response.headers} {response.text}".replace(path, "")
            assert "reliability" not in content, content
            assert "Location" not in response.headers


def test_health(world_below):
    """
    Health checks work with and without the base path.
    """
    for path in ("/healthz", "/readyz"):
        assert [200, 200] == [world_below.client.get(start + path).status_code for start in ("", BASE)]


def test_without_the_last_slash(world_below):
    """
    The base path itself is the first page, with or without a trailing slash.
    """
    shown = [world_below.client.get(path, headers=PAGE) for path in (BASE, f"{BASE}/")]

    assert [200, 200] == [page.status_code for page in shown]
    assert shown[0].headers["ETag"] == shown[1].headers["ETag"]


@pytest.mark.parametrize(
    "header", ["Script-Name", "X-Script-Name", "X-Forwarded-Prefix", "X-Forwarded-Path", "Forwarded"]
)
def test_no_header_sets_it(world_below, header):
    """
    No request header sets the base path.
    """
    response = world_below.client.get(f"{BASE}/v1/outlets/nobody", headers={header: "/injected"})

    assert (f"{BASE}/problems/unknown-outlet", 404) == (response.json["type"], response.status_code)
    assert "injected" not in response.text


def test_crawlers(world_below):
    """
    robots.txt contains paths below the base path.
    """
    lines = world_below.client.get(f"{BASE}/robots.txt").text.splitlines()

    assert f"Disallow: {BASE}/compare" in lines
    assert lines[-1].endswith(f"{BASE}/sitemap.xml")
    assert all(line.startswith(f"Disallow: {BASE}/") for line in lines[1:-1])


def test_import_into_a_remote_service(world_below):
    """
    `borneout import --server` sends files to a service below a base path, and understands its problems.
    """
    world_below.post(f"{BASE}/v1/outlets", {"name": "Herald", "domains": ["herald.example"]})
    line = b'{"type": "outlet", "name": "Tribune", "domains": ["herald.example"]}\n'
    with serving(world_below.app) as address:
        server = Server(address + BASE, world_below.secret)
        job = server.start(io.BytesIO(line), FileOptions(), size=len(line), dry_run=False, call=new_id())
        process_imports(world_below)
        [result] = server.results(job)
        with pytest.raises(InvalidQuery):
            server.start(io.BytesIO(line), FileOptions(locale="xx"), size=len(line), dry_run=False, call=new_id())

    assert isinstance(result.error, DomainTaken)


def test_in_a_browser(site_below, browser):
    """
    In a browser, a page, its script, the API document and the sign-in work below the base path.
    """
    with open_page(browser, site_below) as page:
        page.goto(f"{site_below.address}/compare?outlet=the-oracle")
        check_layout(page)
        page.get_by_label("Outlet 2").press_sequentially("hera")
        page.locator("#outlets option").first.wait_for(state="attached")
        page.goto(f"{site_below.address}/docs")
        page.get_by_text("/v1/outlets/lookup").first.wait_for()
        page.goto(f"{site_below.address}/desk")
        page.get_by_label("API key").fill(Editor(site_below.app).key.secret)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/reliability/v1/desk/sign-in")


def test_cached_pages_are_apart(world_below, tmp_path, redis_url):
    """
    Services with different base paths on one Redis do not share cached pages.
    """
    world_below.post(f"{BASE}/v1/outlets", {"name": "Herald"})
    with contextlib.ExitStack() as stack:
        other = make(stack, tmp_path, world_below.runtime.settings.database_url, redis_url, "/other").test_client()
        for _ in range(2):
            ours, theirs = (
                client.get(f"{base}/outlets/herald", headers=PAGE)
                for client, base in ((world_below.client, BASE), (other, "/other"))
            )
            assert {True} == {link.startswith(f"{BASE}/") for link in links(ours.text)}
            assert {True} == {link.startswith("/other/") for link in links(theirs.text)}
