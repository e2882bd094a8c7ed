"""Every documented operation without a key, with invalid keys, and with a key of each scope"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from service.access.keys import change_key, create_key, revoke_key
from service.values.vocabulary import Scope
from service.web.runtime import Runtime
from tests.support.contract import ARGUMENTS
from tests.support.world import World, assert_problem

pytestmark = pytest.mark.sqlite_alone  # keys are checked before anything else


def operations(app):
    """Yield every documented operation: its method, a path with arguments, and the scopes of which it requires one.

    The requests change nothing: their paths name no existing object, and their bodies are empty.
    """
    for name, item in app.extensions["document"]["paths"].items():
        for method, operation in item.items():
            takes_any_key = method != "parameters" and operation.get("security") == [{"apiKey": []}]
            if method != "parameters" and not takes_any_key:  # those have tests of their own
                scopes = [scope for each in operation.get("security", []) for scope in each.get("apiKey", [])]
                yield method.upper(), name.format(**ARGUMENTS), set(map(Scope, scopes))


def call(world, method, path, headers):
    body = {} if method in ("POST", "PATCH") else None
    return world.client.open(path, method=method, json=body, headers={"If-Match": "*", **headers})


@pytest.fixture(scope="module", params=["open", "closed"])
def reading(request):
    return request.param


@pytest.fixture
def guarded(app, db, cache, settings, reading):
    """Return a service with public reading, or with closed reading."""
    app.extensions["runtime"] = Runtime(db, cache, replace(settings, public_read=reading == "open"))
    return World(app)


def required_scopes(world):
    """Yield the operations with the scopes of which this service requires one; none if no key is required."""
    closed = not world.runtime.settings.public_read
    for method, path, scopes in operations(world.app):
        yield method, path, scopes if closed else scopes - {Scope.READ}


def invalid_headers(world):
    """Yield Authorization headers with an invalid, revoked or expired key."""
    db, now, secret = world.runtime.db, dt.datetime.now(dt.UTC), world.secret
    revoked, expired = (create_key(db, name=name, scopes=[Scope.ADMIN], now=now) for name in ("revoked", "expired"))
    revoke_key(db, revoked.id, now=now)
    change_key(db, expired.id, changes={"expires_at": now + dt.timedelta(microseconds=1)}, if_match=None, now=now)
    yield from (
        "Bearer",
        "Bearer ",
        "bearer",
        "Bearer,",
        f"Bearer:{secret}",
        f"Bearer: {secret}",
        f"Bearer={secret}",
        f"Bearer {secret} {secret}",
        f"Bearer {secret}, Bearer {secret}",
    )
    yield from (
        f"Basic abc, Bearer {secret}",
        f"Bearer {secret},Basic abc",
        f'Bearer "{secret}"',
        f"Bearer\u00a0{secret}",
    )
    yield from (f"Bearer {wrong}" for wrong in (f"{secret}x", f"x{secret}", secret[:-1], secret.upper()))
    yield from (f"Bearer bo_{odd}" for odd in ("a" * 24, "\x80\xff", "a" * 5000))
    yield from (f"Bearer {ended.secret}" for ended in (revoked, expired))


def test_without_a_key(guarded):
    """
    Without a key, exactly the operations that require one respond with 401.
    """
    for method, path, scopes in required_scopes(guarded):
        response = call(guarded, method, path, {})

        if scopes:
            assert_problem(response, 401, "unauthorized")
            assert "Bearer" == response.headers["WWW-Authenticate"]
        else:
            assert response.status_code not in (401, 403), (method, path)


def test_invalid_key(guarded):
    """
    A wrong, malformed, repeated, revoked or expired key causes a 401, even if no key is required.
    """
    for header in invalid_headers(guarded):
        headers = {"Authorization": header}
        for response in (call(guarded, method, "/v1/outlets", headers) for method in ("POST", "GET")):
            assert_problem(response, 401, "unauthorized")
            assert "Bearer" == response.headers["WWW-Authenticate"], header


@pytest.mark.parametrize("header", ["", "Basic {}", "Token {}", "{}", "Digest username=x, realm=Bearers", "Bearer{}"])
def test_other_schemes_are_ignored(guarded, reading, header):
    """
    A header of another scheme, such as one for a proxy, is ignored.
    """
    headers = {"Authorization": header.format(guarded.secret)}
    written, read = (call(guarded, method, "/v1/outlets", headers) for method in ("POST", "GET"))

    assert_problem(written, 401, "unauthorized")
    assert (200 if reading == "open" else 401) == read.status_code


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        *((method, "/v1/nothing", {}) for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")),
        *((method, "/v1/outlets", {}) for method in ("HEAD", "PUT", "OPTIONS")),
        *(("GET", path, {}) for path in ("/v1", "/v1/", "/v1//outlets", "/v1/outlets?x=1", "/v1/me", "/v1/%00")),
        ("GET", "/v1/outlets", {"If-None-Match": "*"}),
        ("GET", "/v1/nothing", {"Accept": "text/html"}),
        ("OPTIONS", "/v1/outlets", {"Origin": "https://example.org"}),
    ],
)
def test_invalid_key_on_any_path(guarded, method, path, headers):
    """
    A wrong key causes a 401 on every call under /v1 before any other check, even on unknown paths.
    """
    wrong = {"Authorization": "Bearer bo_guess_0123456789abcdef", **headers}
    response = guarded.client.open(path, method=method, headers=wrong)

    assert (401, "Bearer") == (response.status_code, response.headers["WWW-Authenticate"])
    assert "application/problem+json" == response.content_type
    assert "Location" not in response.headers
    assert ("*" == response.headers.get("Access-Control-Allow-Origin")) is (method in ("GET", "HEAD", "OPTIONS"))


def test_every_operation_rejects_a_wrong_key(guarded):
    """
    Every operation under /v1 rejects a wrong key.
    """
    wrong = {"Authorization": "Bearer bo_guess_0123456789abcdef"}
    for method, path, _ in operations(guarded.app):
        status = call(guarded, method, path, wrong).status_code
        assert (401 == status) is path.startswith("/v1/"), (method, path)


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        *(("GET", path, {}) for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/v2/outlets")),
        *(("GET", path, {}) for path in ("/problems/conflict", "/robots.txt", "/favicon.ico", "/desk/sign-in")),
        ("OPTIONS", "/v1/outlets", {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}),
    ],
)
def test_keys_are_ignored_elsewhere(guarded, method, path, headers):
    """
    Keys are not checked on paths outside /v1, nor on CORS preflight requests.
    """
    with guarded.client.open(path, method=method, headers=headers) as without:
        expected = without.status_code
    for sent in ("Bearer bo_guess_0123456789abcdef", "Bearer", "Basic abc"):
        with guarded.client.open(path, method=method, headers={"Authorization": sent, **headers}) as response:
            assert expected == response.status_code != 401


@pytest.mark.parametrize("given", Scope)
def test_key_of_one_scope(guarded, given):
    """
    A key may call exactly the operations that name its scope; `admin` may call all.
    """
    world = guarded.with_scopes(given)

    for method, path, scopes in required_scopes(world):
        response = call(world, method, path, world.headers)

        if not scopes or given in scopes or given is Scope.ADMIN:
            assert response.status_code in (200, 202, 400, 404, 422), (method, path, response.text)
        else:
            assert_problem(response, 403, "forbidden")


@pytest.mark.parametrize("missing", [scope for scope in Scope if scope is not Scope.ADMIN])
def test_key_that_lacks_one_scope(guarded, missing):
    """
    A key with every scope but one and `admin` receives 403 exactly for operations that name no other scope.
    """
    world = guarded.with_scopes(*(scope for scope in Scope if scope not in (missing, Scope.ADMIN)))

    for method, path, scopes in required_scopes(world):
        response = call(world, method, path, world.headers)

        is_forbidden = bool(scopes) and scopes <= {missing, Scope.ADMIN}
        assert is_forbidden is (response.status_code == 403), (method, path, response.text)


def test_every_scope_is_documented(guarded):
    """
    Every scope is required by some operation, and every operation under /v1 names a scope.
    """
    documented = list(operations(guarded.app))

    assert {Scope.READ, Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE, Scope.OUTLETS_WRITE, Scope.ADMIN} <= set().union(
        *(scopes for *_, scopes in documented)
    )
    assert [] == [path for _, path, scopes in documented if path.startswith("/v1/") and not scopes]
    assert len(documented) > 40
