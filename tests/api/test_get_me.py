"""GET /v1/me"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from service.access.keys import create_key, rotate_key
from service.values.vocabulary import Scope
from service.web.runtime import Runtime
from tests.support.editor import Editor
from tests.support.world import assert_problem

SOON = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(params=[True, False], ids=["open", "closed"])
def client(request, app, db, cache, settings):
    """Return a client of a service with public or closed reading."""
    app.extensions["runtime"] = Runtime(db, cache, replace(settings, public_read=request.param))
    return app.test_client()


def get_me(client, secret):
    return client.get("/v1/me", headers={"Authorization": f"Bearer {secret}"})


@pytest.mark.parametrize("scopes", [[scope] for scope in Scope] + [[Scope.READ, Scope.CLAIMS_WRITE]])
def test_my_key(client, db, scopes):
    """
    Any valid key, whatever its scopes, gets its own id, name, scopes and expiry, and the response is never cached.
    """
    key = create_key(db, name="feed", scopes=scopes, now=dt.datetime.now(dt.UTC))
    response = get_me(client, key.secret)

    expected = {"id": str(key.id), "name": "feed", "scopes": sorted(scopes), "expires_at": None}
    assert (200, expected) == (response.status_code, response.json)
    assert "no-store" == response.headers["Cache-Control"]
    assert "RateLimit" in response.headers


def test_key_that_expires(client, db):
    """
    The expiry is that of the key, even if the sent secret was rotated and expires earlier.
    """
    now = dt.datetime.now(dt.UTC)
    key = create_key(db, name="feed", scopes=[Scope.READ], expires_at=SOON, now=now)
    new = rotate_key(db, key.id, overlap=dt.timedelta(hours=1), now=now)

    for secret in (key.secret, new.secret):
        assert (str(key.id), "2999-01-01T00:00:00Z") == tuple(
            get_me(client, secret).json[name] for name in ("id", "expires_at")
        )


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer bo_guess_0123456789abcdef"}]
)
def test_without_a_key(client, headers):
    """
    Without a valid key the response is a 401.
    """
    response = client.get("/v1/me", headers=headers)

    assert_problem(response, 401, "unauthorized")
    assert "Bearer" == response.headers["WWW-Authenticate"]


def test_session_is_no_key(client):
    """
    A session of the desk is not accepted as a key.
    """
    editor = Editor(client.application).signed_in()

    assert_problem(editor.client.get("/v1/me"), 401, "unauthorized")


@pytest.mark.sqlite_alone
def test_unknown_parameter(client, db):
    """
    An unknown parameter is rejected.
    """
    key = create_key(db, name="feed", scopes=[Scope.READ], now=dt.datetime.now(dt.UTC))
    response = client.get("/v1/me?x=1", headers={"Authorization": f"Bearer {key.secret}"})

    assert_problem(response, 400, "invalid-query", "/x")
