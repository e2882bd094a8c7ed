"""/desk/sign-in, and who is let in with what it gives"""

from __future__ import annotations

import base64
import datetime as dt
import re
import time
import zlib
from dataclasses import replace

import itsdangerous
import pytest

from service.keys import change_key, revoke_key, rotate_key
from service.limits import Limits, Quota
from service.runtime import Runtime
from service.vocabulary import Scope
from tests.pages.editor import ON_SQLITE, Editor, told
from tests.pages.site import audit, look, visiting
from tests.world import assert_problem, report

HTTPS = {"Origin": "https://desk.example", "Host": "desk.example"}


@pytest.fixture
def editor(app):
    return Editor(app)


@pytest.fixture
def set_to(app, db, cache, settings):
    """Gives the application other settings, as if it were another process."""

    def change(**members):
        app.extensions["runtime"] = Runtime(db, cache, replace(settings, **members))
        return app

    return change


@pytest.fixture
def due(world):
    return world.record(kind="event", resolves_by="2026-02-01T00:00:00Z")


def is_out(response):
    """Whether somebody is sent to the door."""
    return 303 == response.status_code and response.headers["Location"].startswith("/desk/sign-in")


def get_with(app, cookie):
    """The desk, as whoever sends this cookie gets it."""
    client = app.test_client(use_cookies=False)
    return client.get("/desk", headers={"Cookie": f"borneout_desk={cookie}"})


def test_sign_in(editor):
    """
    Who has a key is let in, by a cookie that no script reads and no other site sends, for 12 hours at most.
    """
    response = editor.sign_in()

    assert (303, "/desk") == (response.status_code, response.headers["Location"])
    parts = response.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "Path=/desk", "SameSite=Strict", "Max-Age=43200"} <= set(parts)
    assert "Secure" not in parts
    assert "editor" in editor.page()


def test_https(editor):
    """
    A cookie that was got over https goes back over https alone, whatever proxies stand between.
    """
    assert "; Secure;" in editor.sign_in(headers=HTTPS).headers["Set-Cookie"]


def test_cookie_does_not_open_the_api(editor):
    """
    Nothing in the cookie is the key, or a part or hash of it that would be taken for one.
    """
    editor.sign_in()
    payload = editor.cookie.split(".")[1 if editor.cookie.startswith(".") else 0]
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    said = zlib.decompress(raw) if editor.cookie.startswith(".") else raw

    assert editor.key["secret"].encode() not in said
    assert not re.search(rb"bo_", said)
    for secret in re.findall(rb'"([^"]+)"', said):
        headers = {"Authorization": f"Bearer {secret.decode()}"}
        assert 401 == editor.client.post("/v1/claims", json={}, headers=headers).status_code


@ON_SQLITE
@pytest.mark.parametrize("secret", ["bo_00000000000000000000", "guess", "bo_ä", "bo_\x00" + 20 * "x"])
def test_wrong_key(editor, secret):
    """
    What is no key is answered beside the form, and gives no cookie.
    """
    response = editor.sign_in(secret)

    assert 401 == response.status_code
    assert told(response).endswith("This is not an API key, or no longer one.")
    assert editor.cookie is None


def test_nobody(editor):
    """
    Who is not signed in is sent to the door, and from there to where they wanted to go.
    """
    sent = editor.client.get("/desk/record?claim=x&y=%20")
    door = editor.client.get(sent.headers["Location"])
    asked = re.search(r'name="next" value="([^"]+)"', door.text)[1].replace("&amp;", "&")

    assert is_out(sent)
    assert "/desk/record?claim=x&y=%20" == editor.sign_in(form={"next": asked}).headers["Location"]


@ON_SQLITE
@pytest.mark.parametrize(
    "elsewhere", ["https://example.org/", "//example.org/desk", "/desk.example.org", "/desk\\x", "/desk\r\nX: y", ""]
)
def test_leads_nowhere_else(editor, elsewhere):
    """
    Signing in leads to the desk, whatever the form says.
    """
    assert "/desk" == editor.sign_in(form={"next": elsewhere}).headers["Location"]


@pytest.mark.parametrize("end", ["revoked", "rotated", "expired"])
def test_key_ends(app, db, world, end):
    """
    A session ends at once with its key, or with the secret that it was begun with, though the API still takes that one
    for a while; a form that comes later changes nothing and says so.
    """
    editor, now = Editor(app), dt.datetime.now(dt.UTC)
    claim, token = world.record(), editor.signed_in().token()
    if end == "revoked":
        revoke_key(db, editor.key["id"], now=now)
    elif end == "rotated":
        rotate_key(db, editor.key["id"], overlap=dt.timedelta(days=1), now=now)
    else:
        soon = now + dt.timedelta(milliseconds=20)
        change_key(db, editor.key["id"], changes={"expires_at": soon}, seen=None, now=now)
        time.sleep(0.03)

    assert is_out(editor.client.get("/desk"))
    response = editor.resolve(claim, token=token)
    assert 401 == response.status_code
    assert "Nothing was changed" in told(response)
    assert "open" == world.claim(claim)["status"]
    assert 401 == editor.sign_in().status_code


def test_session_ends_by_itself(editor, monkeypatch):
    """
    After 12 hours one signs in again, even if the browser still sends the cookie.
    """
    began = int(time.time()) - 12 * 3600
    with monkeypatch.context() as past:
        past.setattr(itsdangerous.TimestampSigner, "get_timestamp", lambda _: began + 60)
        editor.sign_in()
    assert "editor" in editor.page()
    with monkeypatch.context() as past:
        past.setattr(itsdangerous.TimestampSigner, "get_timestamp", lambda _: began - 60)
        editor.sign_in()

    assert is_out(editor.client.get("/desk"))


def test_cookie_of_somebody_else(set_to, editor):
    """
    A cookie that was changed, or signed by another service, is none.
    """
    mine = editor.signed_in().cookie
    app = set_to(secret_key="s" * 32)
    for cookie in (mine, "A" + mine[1:], mine[:-1] + ("A" if mine[-1] != "A" else "B"), "", "..", "ä", 9000 * "x"):
        assert is_out(get_with(app, cookie)), cookie[:20]


@pytest.mark.parametrize("secret", [None, "s" * 32])
def test_one_secret_for_all_workers(set_to, settings, secret):
    """
    Who signs in with one process is signed in with all on the same data, or with the same BORNEOUT_SECRET_KEY.
    """
    cookie = Editor(set_to(secret_key=secret)).signed_in().cookie
    other = set_to(secret_key=secret, data_dir=settings.data_dir if secret is None else settings.data_dir / "other")

    assert 200 == get_with(other, cookie).status_code
    assert (secret is None) == (settings.data_dir / "secret_key").exists()


@ON_SQLITE
@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("wrong", {}),
        ("ä", {}),
        (None, {"Sec-Fetch-Site": "cross-site"}),
        (None, {"Sec-Fetch-Site": "same-site"}),
        (None, {"Sec-Fetch-Site": "none"}),
        (None, {"Origin": "https://example.org"}),
        (None, {"Origin": "http://localhost.example.org"}),
        (None, {"Origin": "null"}),
    ],
)
def test_forged_form(world, due, token, headers):
    """
    A form that no page of this session has sent is refused, and changes nothing.
    """
    response = Editor(world.app).signed_in().resolve(due, token=token, headers=headers)

    assert 403 == response.status_code
    assert "text/html; charset=utf-8" == response.content_type
    assert "due" == world.claim(due)["status"]


def test_form_of_another_session(app, world, editor, due):
    """
    So is one without a token, or with that of another session.
    """
    other, form = Editor(app).signed_in().token(), {"verdict": "true", "note": "x"}
    for given in ({}, {"token": other}):
        response = editor.signed_in().client.post(f"/desk/claims/{due['id']}/resolutions", data=form | given)
        assert 403 == response.status_code
    assert "due" == world.claim(due)["status"]


@ON_SQLITE
@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {"Origin": "https://localhost"}, {}]
)
def test_form_from_here(world, editor, due, headers):
    """
    What a browser says of a form that one of our pages has sent is taken, and so is what is said by no browser.
    """
    assert 303 == editor.signed_in().resolve(due, headers=headers).status_code
    assert "resolved" == world.claim(due)["status"]


def test_sign_in_from_elsewhere(editor):
    """
    Another site signs nobody in: what they did then would be done by its key.
    """
    response = editor.sign_in(headers={"Sec-Fetch-Site": "cross-site"})

    assert 403 == response.status_code
    assert editor.cookie is None


def test_link_from_elsewhere(editor):
    """
    Whoever follows a link from another site, with which the cookie is not sent, is told how to go on.
    """
    response = editor.client.get("/desk/sign-in?next=/desk/today", headers={"Sec-Fetch-Site": "cross-site"})

    assert '<a href="/desk/today">Go on</a>' in response.text


def test_sign_out(editor):
    """
    Signing out has the browser forget; another site cannot do it.
    """
    editor.signed_in()
    forged = editor.send("/desk/sign-out", headers={"Sec-Fetch-Site": "cross-site"})

    assert 403 == forged.status_code
    assert editor.cookie is not None
    assert is_out(editor.send("/desk/sign-out"))
    assert editor.cookie is None
    assert is_out(editor.client.get("/desk"))


def test_guessing(set_to):
    """
    An address that sent too many wrong keys is heard with none, as at the API, and is told how long.
    """
    editor = Editor(set_to(limits=Limits(failures=Quota(2, 60))))
    wrong = [editor.sign_in("bo_00000000000000000000").status_code for _ in range(3)]
    response = editor.sign_in()

    assert [401, 401, 429] == wrong
    assert 429 == response.status_code
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert "failures in 60 s" in told(response)


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
    revoke_key(closed.extensions["runtime"].db, editor.key["id"], now=dt.datetime.now(dt.UTC))

    assert [401, 200, 403, 401] == [
        one.status_code for one in (asked_before, response, without_scope, editor.client.get(path))
    ]
    for one in (asked_before, response, without_scope):
        assert ("no-store", {"Authorization", "Cookie"}) == (one.headers["Cache-Control"], set(one.vary))


@ON_SQLITE
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


@ON_SQLITE
def test_session_is_for_the_desk_where_reading_is_open(app):
    """
    Where reading is open, the cookie goes to the desk alone; one from before it was opened is taken back.
    """
    editor = Editor(app)
    kept, forgotten = editor.sign_in().headers.getlist("Set-Cookie")

    assert ["Path=/desk"] == re.findall(r"Path=[^;]*", kept)
    assert re.match(r"borneout_desk=; .*Max-Age=0; .*Path=/$|borneout_desk=; .*Max-Age=0; .*Path=/;", forgotten)


@ON_SQLITE
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
        tab.keyboard.type(Editor(site.app, Scope.READ).key["secret"])
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/compare?outlet=the-oracle")
        tab.get_by_label("Outlet 2").press_sequentially("hera")
        tab.locator("#outlets option").first.wait_for(state="attached")
        tab.goto("/desk")
        tab.get_by_role("button", name="Sign out").click()
        tab.goto("/")
        assert tab.url.endswith("/desk/sign-in?next=%2F")


@ON_SQLITE
@pytest.mark.parametrize("path", ["/desk", "/desk/record", "/desk/merge", "/desk/today", "/desk/sign-in"])
def test_kept_nowhere(editor, path):
    """
    Nothing of the desk is kept by a browser or on the way.
    """
    assert "no-store" == editor.signed_in().client.get(path).headers["Cache-Control"]


def test_scope(app, world, due):
    """
    What a key may not do by the API it may not do here, and is told in the same words beside the form.
    """
    reader = Editor(app, Scope.CLAIMS_WRITE).signed_in()
    resolver = Editor(app, Scope.RESOLUTIONS_WRITE).signed_in()
    answers = {
        "resolutions:write": reader.resolve(due),
        "claims:write": resolver.send("/desk/record", text="x", url="https://example.org/"),
        "outlets:write": resolver.send("/desk/merge", outlet="herald", into="x"),
    }

    for scope, response in answers.items():
        assert (403, f"Scope missing This call needs the scope {scope}.") == (response.status_code, told(response))
    assert "due" == world.claim(due)["status"]


def test_own_claim(app, world):
    """
    R14: who filed a claim does not resolve it at the desk either, unless an operator said so.
    """
    editor = Editor(app, Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE).signed_in()
    world.headers = {"Authorization": f"Bearer {editor.key['secret']}"}
    claim = world.record(report(), text="Own claim.")
    response = editor.resolve(claim)

    assert 403 == response.status_code
    assert told(response).startswith(f"Own claim This key filed the claim {claim['id']}")
