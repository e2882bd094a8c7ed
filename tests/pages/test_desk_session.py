"""/desk/sign-in, and who is let in with what it gives"""

from __future__ import annotations

import base64
import datetime as dt
import re
import time
import zlib

import itsdangerous
import pytest

from service.access.keys import change_key, revoke_key, rotate_key
from service.access.limits import Limits, Quota
from service.values.vocabulary import Scope
from tests.support.awaiting import wait_until
from tests.support.editor import HTTPS, Editor, is_out, told
from tests.support.world import report

pytestmark = pytest.mark.sqlite_alone  # cookies and headers


@pytest.fixture
def editor(app):
    return Editor(app)


@pytest.fixture
def due(world):
    return world.record(kind="event", resolves_by="2026-02-01T00:00:00Z")


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

    assert editor.key.secret.encode() not in said
    assert not re.search(rb"bo_", said)
    for secret in re.findall(rb'"([^"]+)"', said):
        headers = {"Authorization": f"Bearer {secret.decode()}"}
        assert 401 == editor.client.post("/v1/claims", json={}, headers=headers).status_code


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
    claim = world.record()
    editor.signed_in()
    if end == "revoked":
        revoke_key(db, editor.key.id, now=now)
    elif end == "rotated":
        rotate_key(db, editor.key.id, overlap=dt.timedelta(days=1), now=now)
    else:
        soon = now + dt.timedelta(milliseconds=20)
        change_key(db, editor.key.id, changes={"expires_at": soon}, if_match=None, now=now)
        wait_until(lambda: dt.datetime.now(dt.UTC) > soon)

    assert is_out(editor.client.get("/desk"))
    response = editor.resolve(claim)
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
    world.headers = {"Authorization": f"Bearer {editor.key.secret}"}
    claim = world.record(report(), text="Own claim.")
    response = editor.resolve(claim)

    assert 403 == response.status_code
    assert told(response).startswith(f"Own claim This key filed the claim {claim['id']}")
