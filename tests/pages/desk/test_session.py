"""/desk/sign-in and the sessions of the desk"""

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
from tests.support.editor import HTTPS, Editor, is_sign_in_redirect, problem_text
from tests.support.world import report

pytestmark = pytest.mark.sqlite_alone  # cookies and headers do not depend on the database


@pytest.fixture
def editor(app):
    return Editor(app)


@pytest.fixture
def due(world):
    return world.record(kind="event", resolves_by="2026-02-01T00:00:00Z")


def get_with(app, cookie):
    """Request the desk with a cookie."""
    client = app.test_client(use_cookies=False)
    return client.get("/desk", headers={"Cookie": f"borneout_desk={cookie}"})


def test_sign_in(editor):
    """
    A key starts a session of at most 12 hours, whose cookie is hidden from scripts and other sites.
    """
    response = editor.sign_in()

    assert (303, "/desk") == (response.status_code, response.headers["Location"])
    parts = response.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "Path=/desk", "SameSite=Strict", "Max-Age=43200"} <= set(parts)
    assert "Secure" not in parts
    assert "editor" in editor.page()


def test_https(editor):
    """
    A cookie set over https is only sent over https, even behind proxies.
    """
    assert "; Secure;" in editor.sign_in(headers=HTTPS).headers["Set-Cookie"]


def test_cookie_does_not_open_the_api(editor):
    """
    The cookie contains neither the key nor anything that the API accepts as a key.
    """
    editor.sign_in()
    payload = editor.cookie.split(".")[1 if editor.cookie.startswith(".") else 0]
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    content = zlib.decompress(raw) if editor.cookie.startswith(".") else raw

    assert editor.key.secret.encode() not in content
    assert not re.search(rb"bo_", content)
    for secret in re.findall(rb'"([^"]+)"', content):
        headers = {"Authorization": f"Bearer {secret.decode()}"}
        assert 401 == editor.client.post("/v1/claims", json={}, headers=headers).status_code


@pytest.mark.parametrize("secret", ["bo_00000000000000000000", "guess", "bo_ä", "bo_\x00" + 20 * "x"])
def test_wrong_key(editor, secret):
    """
    An invalid key is rejected beside the form, without a cookie.
    """
    response = editor.sign_in(secret)

    assert 401 == response.status_code
    assert problem_text(response).endswith("It may be mistyped, expired or revoked.")
    assert editor.cookie is None


def test_without_a_session(editor):
    """
    Without a session, a page of the desk redirects to the sign-in page, which redirects back after signing in.
    """
    redirect = editor.client.get("/desk/record?claim=x&y=%20")
    sign_in_page = editor.client.get(redirect.headers["Location"])
    path = re.search(r'name="next" value="([^"]+)"', sign_in_page.text)[1].replace("&amp;", "&")

    assert is_sign_in_redirect(redirect)
    assert "/desk/record?claim=x&y=%20" == editor.sign_in(form={"next": path}).headers["Location"]


@pytest.mark.parametrize(
    "path",
    [
        *("https://example.org/", "//example.org/desk", "/desk.example.org", "/desk\\x", "/desk\r\nX: y", ""),
        *("/desk/../../other", "/desk/%2e%2E/other", "/desk/.%2e"),
    ],
)
def test_no_open_redirect(editor, path):
    """
    Signing in only redirects to the desk.
    """
    assert "/desk" == editor.sign_in(form={"next": path}).headers["Location"]


@pytest.mark.parametrize("end", ["revoked", "rotated", "expired"])
def test_key_ends(app, db, world, end):
    """
    A session ends at once when its key is revoked, expired or rotated, even during the overlap of a rotation. A form
    sent later changes nothing and says so.
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

    assert is_sign_in_redirect(editor.client.get("/desk"))
    response = editor.resolve(claim)
    assert 401 == response.status_code
    assert "Nothing was saved" in problem_text(response)
    assert "open" == world.claim(claim)["status"]
    assert 401 == editor.sign_in().status_code


def test_session_expires(editor, monkeypatch):
    """
    A session expires after 12 hours, even if the browser still sends the cookie.
    """
    started_at = int(time.time()) - 12 * 3600
    with monkeypatch.context() as past:
        past.setattr(itsdangerous.TimestampSigner, "get_timestamp", lambda _: started_at + 60)
        editor.sign_in()
    assert "editor" in editor.page()
    with monkeypatch.context() as past:
        past.setattr(itsdangerous.TimestampSigner, "get_timestamp", lambda _: started_at - 60)
        editor.sign_in()

    assert is_sign_in_redirect(editor.client.get("/desk"))


def test_forged_cookie(reconfigure, editor):
    """
    A cookie that was modified, or signed by another service, is ignored.
    """
    mine = editor.signed_in().cookie
    app = reconfigure(secret_key="s" * 32)
    for cookie in (mine, "A" + mine[1:], mine[:-1] + ("A" if mine[-1] != "A" else "B"), "", "..", "ä", 9000 * "x"):
        assert is_sign_in_redirect(get_with(app, cookie)), cookie[:20]


@pytest.mark.parametrize("secret", [None, "s" * 32])
def test_one_secret_for_all_workers(reconfigure, settings, secret):
    """
    A session is valid in all processes with the same data directory or the same BORNEOUT_SECRET_KEY.
    """
    cookie = Editor(reconfigure(secret_key=secret)).signed_in().cookie
    other = reconfigure(
        secret_key=secret, data_dir=settings.data_dir if secret is None else settings.data_dir / "other"
    )

    assert 200 == get_with(other, cookie).status_code
    assert (secret is None) == (settings.data_dir / "secret_key").exists()


def test_sign_out(editor):
    """
    Signing out deletes the cookie, and other sites cannot sign a user out.
    """
    editor.signed_in()
    forged = editor.send("/desk/sign-out", headers={"Sec-Fetch-Site": "cross-site"})

    assert 403 == forged.status_code
    assert editor.cookie is not None
    assert is_sign_in_redirect(editor.send("/desk/sign-out"))
    assert editor.cookie is None
    assert is_sign_in_redirect(editor.client.get("/desk"))


def test_guessing(reconfigure):
    """
    An address that sent too many invalid keys receives 429, as for the API, with Retry-After.
    """
    editor = Editor(reconfigure(limits=Limits(failures=Quota(2, 60))))
    statuses = [editor.sign_in("bo_00000000000000000000").status_code for _ in range(3)]
    response = editor.sign_in()

    assert [401, 401, 429] == statuses
    assert 429 == response.status_code
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert "invalid keys in 60 s" in problem_text(response)


@pytest.mark.parametrize(
    "path", ["/desk", "/desk/record", "/desk/merge", "/desk/pairs", "/desk/today", "/desk/sign-in"]
)
def test_desk_is_not_cached(editor, path):
    """
    Responses of the desk may not be cached.
    """
    assert "no-store" == editor.signed_in().client.get(path).headers["Cache-Control"]


def test_scope(app, world, due):
    """
    The desk requires the same scopes as the API, and shows the same problem beside the form.
    """
    reader = Editor(app, Scope.CLAIMS_WRITE).signed_in()
    resolver = Editor(app, Scope.RESOLUTIONS_WRITE).signed_in()
    responses = {
        "resolutions:write": reader.resolve(due),
        "claims:write": resolver.send("/desk/record", text="x", url="https://example.org/"),
        "outlets:write": resolver.send("/desk/merge", outlet="herald", into="x"),
    }

    for scope, response in responses.items():
        assert (403, f"Scope missing Your key lacks the scope {scope}. Use a key that has it.") == (
            response.status_code,
            problem_text(response),
        )
    assert "due" == world.claim(due)["status"]


def test_own_claim(app, world):
    """
    R14: a key that filed a claim may not resolve it at the desk either.
    """
    editor = Editor(app, Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE).signed_in()
    world.headers = {"Authorization": f"Bearer {editor.key.secret}"}
    claim = world.record(report(), text="Own claim.")
    response = editor.resolve(claim)

    assert 403 == response.status_code
    assert problem_text(response).startswith("Own claim This key filed the claim “Own claim”")
