"""Pages where reading requires a key: sessions of the desk can read them"""

from __future__ import annotations

import datetime as dt
import re

import pytest

from service.access.keys import revoke_key
from service.values.vocabulary import Scope
from tests.support.browser_site import check_accessibility, check_layout, open_page
from tests.support.editor import Editor, is_sign_in_redirect
from tests.support.world import assert_problem

pytestmark = pytest.mark.sqlite_alone  # cookies and headers do not depend on the database


def test_closed_reading(reconfigure):
    """
    If reading requires a key, the desk requires the scope `read`.
    """
    app = reconfigure(public_read=False)

    assert 403 == Editor(app, Scope.RESOLUTIONS_WRITE).signed_in().client.get("/desk").status_code
    assert 200 == Editor(app, Scope.RESOLUTIONS_WRITE, Scope.READ).signed_in().client.get("/desk").status_code


@pytest.fixture
def closed(reconfigure, world):
    """The application with closed reading and a resolved claim."""
    world.resolve(world.record(topic="roads"), "true")
    return reconfigure(public_read=False)


READ = [
    "/",
    "/outlets/herald",
    "/outlets/herald/badge.svg",
    "/ranking.csv",
    "/v1/outlets?q=he",
    "/v1/outlets/herald/score",
]


@pytest.mark.parametrize("path", READ)
def test_session_reads(closed, path):
    """
    If reading requires a key, a session can read with the scopes of its key, and responses may not be cached.
    """
    editor = Editor(closed, Scope.READ)
    without_session = editor.client.get(path)
    response = editor.signed_in().client.get(path)
    without_scope = Editor(closed, Scope.RESOLUTIONS_WRITE).signed_in().client.get(path)
    revoke_key(closed.extensions["runtime"].db, editor.key.id, now=dt.datetime.now(dt.UTC))

    assert [401, 200, 403, 401] == [
        each.status_code for each in (without_session, response, without_scope, editor.client.get(path))
    ]
    for each in (without_session, response, without_scope):
        assert ("no-store", {"Authorization", "Cookie"}) == (each.headers["Cache-Control"], set(each.vary))


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/keys"), ("GET", "/v1/audit"), ("POST", "/v1/claims"), ("POST", "/v1/outlets/lookup")],
)
def test_session_only_reads(closed, method, path):
    """
    A session is limited to reading the API, even for an admin, because browsers send the cookie automatically.
    """
    editor = Editor(closed, Scope.ADMIN).signed_in()

    assert_problem(editor.client.open(path, method=method, json={}), 401, "unauthorized")


def test_pages_and_keys(reconfigure, world):
    """
    A page ignores the key of a request if reading is open. Otherwise it requires a session or a valid key.
    """
    wrong = {"Authorization": "Bearer bo_guess_0123456789abcdef"}
    opened = [world.client.get("/topics", headers=headers).status_code for headers in (wrong, world.headers)]
    app = reconfigure(public_read=False)
    client, editor = app.test_client(), Editor(app, Scope.READ).signed_in()

    assert [200, 200] == opened
    assert [401, 200] == [client.get("/topics", headers=headers).status_code for headers in (wrong, world.headers)]
    assert 200 == editor.client.get("/topics", headers=wrong).status_code
    assert 200 == editor.client.get("/v1/outlets", headers={"Authorization": "Basic abc"}).status_code
    assert_problem(editor.client.get("/v1/outlets", headers=wrong), 401, "unauthorized")


def test_session_is_for_the_desk_where_reading_is_open(app):
    """
    If reading is open, the cookie is limited to the desk, and a cookie from before is deleted.
    """
    editor = Editor(app)
    created, deleted = editor.sign_in().headers.getlist("Set-Cookie")

    assert ["Path=/desk"] == re.findall(r"Path=[^;]*", created)
    assert re.match(r"borneout_desk=; .*Max-Age=0; .*Path=/$|borneout_desk=; .*Max-Age=0; .*Path=/;", deleted)


def test_reader_is_redirected_to_sign_in(closed):
    """
    A browser without a session is redirected to the sign-in page, and from there back to the page, but never to another
    site.
    """
    editor, page = Editor(closed, Scope.READ), {"Accept": "text/html"}
    redirect = editor.client.get("/outlets/herald?topic=roads", headers=page)
    sign_in_page = editor.client.get(redirect.headers["Location"])
    path = re.search(r'name="next" value="([^"]+)"', sign_in_page.text)[1].replace("&amp;", "&")

    assert (303, "no-store") == (redirect.status_code, redirect.headers["Cache-Control"])
    assert "sign in with an API key that has the scope read" in sign_in_page.text
    assert "/outlets/herald?topic=roads" == editor.sign_in(form={"next": path}).headers["Location"]
    assert 200 == editor.client.get(path, headers=page).status_code
    assert is_sign_in_redirect(editor.send("/desk/sign-out"))
    assert 303 == editor.client.get(path, headers=page).status_code
    for other_site in ("//example.org/", "/\\example.org", "https://example.org/", "/\t/example.org"):
        assert "/desk" == editor.sign_in(form={"next": other_site}).headers["Location"], other_site


def test_reader_signs_in(site, browser, monkeypatch):
    """
    In a browser, a reader signs in and is redirected back, and autocompletion works.
    """
    monkeypatch.setattr(type(site.runtime.settings), "public_read", False)
    with open_page(browser, site, refused=[401]) as tab:
        tab.goto("/compare?outlet=the-oracle")
        check_layout(tab)
        check_accessibility(tab)
        tab.keyboard.type(Editor(site.app, Scope.READ).key.secret)
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/compare?outlet=the-oracle")
        tab.get_by_label("Outlet 2").press_sequentially("hera")
        tab.locator("#outlets option").first.wait_for(state="attached")
        tab.goto("/desk")
        tab.get_by_role("button", name="Sign out").click()
        tab.goto("/")
        assert tab.url.endswith("/desk/sign-in?next=%2F")
