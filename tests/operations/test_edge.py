"""How a real gunicorn handles request headers that could change the path, the scheme, the user or the address"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import socket
from dataclasses import dataclass

import pytest

from service.access.keys import create_key
from service.storage.db import Database
from service.values.vocabulary import Scope
from tests.support.awaiting import wait_until
from tests.support.live_service import gunicorn_alone
from tests.support.redis_server import run_private_redis

pytestmark = pytest.mark.sqlite_alone  # headers do not depend on the database

QUOTA = 60
HEADERS = [
    b"SCRIPT_NAME: /x",
    b"SCRIPT_NAME: /v1",
    b"script_name: /v1/outlets",
    b"Script-Name: /x",
    b"X-Script-Name: /x",
    b"X-Forwarded-Prefix: /x",
    b"PATH_INFO: /metrics",
    b"Path-Info: /metrics",
    b"X-Original-URL: /metrics",
    b"X-Rewrite-URL: /metrics",
    b"RAW_URI: /metrics",
    b"REQUEST_METHOD: DELETE",
    b"X-HTTP-Method-Override: DELETE",
    b"REMOTE_USER: admin",
    b"REMOTE_ADDR: 203.0.113.7",
    b"HTTP_AUTHORIZATION: Bearer x",
    b"wsgi.url_scheme: https",
    b"X-Forwarded-Proto: https",
    b"X-Forwarded-Proto: gopher",
    b"X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off",
    b"X-Forwarded-Protocol: ssl\r\nX-Forwarded-Proto: http",
    b"X-Forwarded-Host: other.example",
    b"Forwarded: for=203.0.113.7;proto=https;host=other.example",
    b"Proxy: http://other.example",
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
]


@dataclass
class Response:
    """A raw response."""

    status: int
    head: str
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Edge:
    """A gunicorn, an API key for it, and raw requests to it."""

    def __init__(self, gunicorn, secret):
        self.port = gunicorn.port
        self.key = b"Authorization: Bearer " + secret.encode()

    def send(self, path, *headers, method=b"GET", body=b""):
        lines = [method + b" " + path + b" HTTP/1.1", b"Host: here.example", b"Connection: close", *headers]
        if body:
            lines += [b"Content-Type: application/x-www-form-urlencoded", b"Content-Length: %d" % len(body)]
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(b"\r\n".join([*lines, b"", body]))
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, content = received.partition(b"\r\n\r\n")
        return Response(int(head.split()[1]), head.decode("latin-1"), content)


@contextlib.contextmanager
def started(folder, sqlite_template, **env):
    """Run gunicorn behind one trusted proxy, with an empty database and a low rate limit."""
    database = f"sqlite:///{shutil.copy(sqlite_template, folder / 'test.db')}"
    with contextlib.closing(Database(database)) as db:
        key = create_key(db, name="edge", scopes=[Scope.ADMIN], now=dt.datetime.now(dt.UTC))
    with run_private_redis(folder) as redis:
        names = {"DATABASE_URL": database, "REDIS_URL": redis.url, "TRUSTED_PROXIES": "1", "DRAIN": "0"}
        names |= {"RATE_LIMIT": f"reads={QUOTA}/h"}
        env = {f"BORNEOUT_{name}": value for name, value in names.items()} | env
        with gunicorn_alone(folder / "data", "--workers", "1", log=folder / "gunicorn.log", **env) as gunicorn:
            wait_until(lambda: 200 == gunicorn.status("/readyz"))
            yield Edge(gunicorn, key.secret)


@pytest.fixture(scope="module")
def edge(tmp_path_factory, sqlite_template):
    """A gunicorn with SCRIPT_NAME in its environment."""
    with started(tmp_path_factory.mktemp("edge"), sqlite_template, SCRIPT_NAME="/x") as running:
        yield running


@pytest.fixture(scope="module")
def below(tmp_path_factory, sqlite_template):
    """A gunicorn with a base path."""
    folder = tmp_path_factory.mktemp("below")
    with started(folder, sqlite_template, BORNEOUT_BASE_PATH="/reliability") as running:
        yield running


@pytest.mark.parametrize("header", HEADERS)
def test_no_header_changes_the_path(edge, header):
    """
    No header changes the path, the method or the caller; nor does SCRIPT_NAME in the environment.
    """
    unknown = edge.send(b"/v1/nothing", header)
    listed = edge.send(b"/v1/outlets", header, edge.key)
    doubled = edge.send(b"/v1//outlets", header, edge.key)

    assert (404, "/v1/nothing", "/problems/not-found") == (
        unknown.status,
        unknown.json["instance"],
        unknown.json["type"],
    )
    assert (200, []) == (listed.status, listed.json["items"])
    assert (308, True) == (doubled.status, "\r\nLocation: /v1/outlets\r\n" in doubled.head)
    assert 401 == edge.send(b"/v1/keys", header).status


@pytest.mark.parametrize("header", [*HEADERS, b"SCRIPT_NAME: /reliability", b"X-Forwarded-Prefix: /reliability"])
def test_no_header_changes_the_base_path(below, header):
    """
    No header adds or removes the base path.
    """
    inside = below.send(b"/reliability/v1/nothing", header)
    outside = below.send(b"/v1/outlets", header)

    assert (404, "/reliability/v1/nothing") == (inside.status, inside.json["instance"])
    assert "/reliability/problems/not-found" == inside.json["type"]
    assert (404, "/v1/outlets") == (outside.status, outside.json["instance"])
    assert "reliability" not in outside.head + outside.body.decode()
    assert 200 == below.send(b"/reliability/v1/outlets", header, below.key).status
    assert [200, 200] == [below.send(path, header).status for path in (b"/healthz", b"/reliability/healthz")]


@pytest.mark.parametrize("header", [b"X-Forwarded-Proto: https", b"X-Forwarded-Ssl: on", b"X-Forwarded-Protocol: ssl"])
def test_no_header_changes_the_scheme(edge, header):
    """
    The cookie of the desk is secure if the Origin is https; proxy headers have no effect.
    """
    form = b"key=" + edge.key.rpartition(b" ")[2]
    responses = [
        edge.send(b"/desk/sign-in", header, b"Origin: " + scheme + b"://here.example", method=b"POST", body=form)
        for scheme in (b"http", b"https")
    ]

    assert [303, 303] == [response.status for response in responses]
    assert [False, True] == ["Secure" in response.head for response in responses]


@pytest.mark.parametrize(
    "value",
    [
        b"Bearer",
        b"Bearer ",
        b"bearer \t ",
        b"Bearer a b",
        b"Bearer \xff\xfe\x80",
        "Bearer bo_ключ".encode(),
        b"Bearer bo_" + b"a" * 7000,
        b"Bearer bo_guess_0123456789abcdef,",
        b"Bearer ,",
        b'Bearer "bo_guess_0123456789abcdef"',
        b"Bearer bo_guess_0123456789abcdef\r\nAuthorization: Bearer bo_guess_0123456789abcdef",
        b"Basic abc\r\nAuthorization: Bearer bo_guess_0123456789abcdef",
    ],
)
def test_malformed_key(edge, value):
    """
    A malformed bearer token is a 401 on a public read, not a 500.
    """
    response = edge.send(b"/v1/outlets", b"Authorization: " + value)

    assert (401, "/problems/unauthorized") == (response.status, response.json["type"])
    assert "\r\nWWW-Authenticate: Bearer\r\n" in response.head


@pytest.mark.parametrize("value", [b"", b"Basic dXNlcjpwYXNz", b"Negotiate \xff\xfe", b"Digest username=bearer, nc=1"])
def test_credentials_of_a_proxy(edge, value):
    """
    The credentials of a proxy's login are not taken for an API key: a read succeeds, and a write requires a key.
    """
    header = b"Authorization: " + value

    assert 200 == edge.send(b"/v1/outlets", header, b"X-Forwarded-For: 198.51.100.77").status
    assert 401 == edge.send(b"/v1/outlets", header, method=b"POST").status


def test_one_address_has_one_quota(edge):
    """
    Behind a proxy, an address has one quota, whatever its port, its spelling and other headers.
    """
    spellings = [b"203.0.113.7", b"203.0.113.7:1001", b"::ffff:203.0.113.7", b"[::ffff:203.0.113.7]:1002"]
    sent = [b"X-Forwarded-For: 192.0.2.%d, %s" % (number, spellings[number % 4]) for number in range(QUOTA)]
    sent += [
        b"X-Forwarded-For: 203.0.113.7:1003",
        b'X-Forwarded-For: "1, 203.0.113.7',
        b"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 203.0.113.7",
        b"X-Forwarded-For: 203.0.113.7\r\nX_Forwarded_For: 192.0.2.1",
        b"X-Forwarded-For: 203.0.113.7\r\nX-Real-IP: 192.0.2.1",
    ]

    statuses = [edge.send(b"/v1/outlets", header).status for header in sent]

    assert [200] * QUOTA + [429] * 5 == statuses
    assert 200 == edge.send(b"/v1/outlets", b"X-Forwarded-For: 192.0.2.1:1001").status
