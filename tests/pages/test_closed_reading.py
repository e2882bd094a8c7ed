"""Pages where reading is closed: who has signed in at the desk reads them"""

from __future__ import annotations

import datetime as dt
import re

import pytest

from service.access.keys import revoke_key
from service.values.vocabulary import Scope
from tests.support.browser_site import audit, look, visiting
from tests.support.editor import Editor, is_out
from tests.support.world import assert_problem

pytestmark = pytest.mark.sqlite_alone  # cookies and headers


def test_closed_reading(set_to):
    """
    Where reading is closed, the desk opens for keys that may read.
    """
    app = set_to(public_read=False)

    assert 403 == Editor(app, Scope.RESOLUTIONS_WRITE).signed_in().client.get("/desk").status_code
    assert 200 == Editor(app, Scope.RESOLUTIONS_WRITE, Scope.READ).signed_in().client.get("/desk").status_code


@pytest.fixture
def closed(set_to, world):
    """The application with reading closed and something on record."""
    world.resolve(world.record(topic="roads"), "true")
    return set_to(public_read=False)


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
    Where reading is closed, who is signed in reads with the key's scopes, and nobody on the way keeps what was read.
    """
    editor = Editor(closed, Scope.READ)
    asked_before = editor.client.get(path)
    response = editor.signed_in().client.get(path)
    without_scope = Editor(closed, Scope.RESOLUTIONS_WRITE).signed_in().client.get(path)
    revoke_key(closed.extensions["runtime"].db, editor.key.id, now=dt.datetime.now(dt.UTC))

    assert [401, 200, 403, 401] == [
        one.status_code for one in (asked_before, response, without_scope, editor.client.get(path))
    ]
    for one in (asked_before, response, without_scope):
        assert ("no-store", {"Authorization", "Cookie"}) == (one.headers["Cache-Control"], set(one.vary))


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/keys"), ("GET", "/v1/audit"), ("POST", "/v1/claims"), ("POST", "/v1/outlets/lookup")],
)
def test_session_only_reads(closed, method, path):
    """
    The session opens nothing of the API but what is read, even to an admin: a cookie goes along unasked.
    """
    editor = Editor(closed, Scope.ADMIN).signed_in()

    assert_problem(editor.client.open(path, method=method, json={}), 401, "unauthorized")


def test_pages_and_keys(set_to, world):
    """
    A page ignores the key that is sent. Where reading is closed a key opens it, unless somebody is signed in.
    """
    wrong = {"Authorization": "Bearer bo_guess_0123456789abcdef"}
    opened = [world.client.get("/topics", headers=headers).status_code for headers in (wrong, world.headers)]
    app = set_to(public_read=False)
    client, editor = app.test_client(), Editor(app, Scope.READ).signed_in()

    assert [200, 200] == opened
    assert [401, 200] == [client.get("/topics", headers=headers).status_code for headers in (wrong, world.headers)]
    assert 200 == editor.client.get("/topics", headers=wrong).status_code
    assert 200 == editor.client.get("/v1/outlets", headers={"Authorization": "Basic abc"}).status_code
    assert_problem(editor.client.get("/v1/outlets", headers=wrong), 401, "unauthorized")


def test_session_is_for_the_desk_where_reading_is_open(app):
    """
    Where reading is open, the cookie goes to the desk alone; one from before it was opened is taken back.
    """
    editor = Editor(app)
    kept, forgotten = editor.sign_in().headers.getlist("Set-Cookie")

    assert ["Path=/desk"] == re.findall(r"Path=[^;]*", kept)
    assert re.match(r"borneout_desk=; .*Max-Age=0; .*Path=/$|borneout_desk=; .*Max-Age=0; .*Path=/;", forgotten)


def test_reader_is_led_to_the_door(closed):
    """
    Who comes to a page without a key is led to the door, and from there to the page; never to another site.
    """
    editor, page = Editor(closed, Scope.READ), {"Accept": "text/html"}
    sent = editor.client.get("/outlets/herald?topic=roads", headers=page)
    door = editor.client.get(sent.headers["Location"])
    asked = re.search(r'name="next" value="([^"]+)"', door.text)[1].replace("&amp;", "&")

    assert (303, "no-store") == (sent.status_code, sent.headers["Cache-Control"])
    assert "takes an API key that may read" in door.text
    assert "/outlets/herald?topic=roads" == editor.sign_in(form={"next": asked}).headers["Location"]
    assert 200 == editor.client.get(asked, headers=page).status_code
    assert is_out(editor.send("/desk/sign-out"))
    assert 303 == editor.client.get(asked, headers=page).status_code
    for elsewhere in ("//example.org/", "/\\example.org", "https://example.org/", "/\t/example.org"):
        assert "/desk" == editor.sign_in(form={"next": elsewhere}).headers["Location"], elsewhere


def test_reader_signs_in(site, browser, monkeypatch):
    """
    In a browser: from a page to the door and back, with the names of outlets while one is typed.
    """
    monkeypatch.setattr(type(site.runtime.settings), "public_read", False)
    with visiting(browser, site, refused=[401]) as tab:
        tab.goto("/compare?outlet=the-oracle")
        look(tab)
        audit(tab)
        tab.keyboard.type(Editor(site.app, Scope.READ).key.secret)
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/compare?outlet=the-oracle")
        tab.get_by_label("Outlet 2").press_sequentially("hera")
        tab.locator("#outlets option").first.wait_for(state="attached")
        tab.goto("/desk")
        tab.get_by_role("button", name="Sign out").click()
        tab.goto("/")
        assert tab.url.endswith("/desk/sign-in?next=%2F")
