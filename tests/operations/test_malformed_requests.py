"""Malformed requests, sent to gunicorn byte by byte: each is rejected with a problem document, and none is a 500"""

from __future__ import annotations

import json
import socket
from urllib.parse import quote

import pytest

from service.errors import problem_types
from tests.support.awaiting import DEADLINE
from tests.support.live_service import KEY, running

NEXT = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
"""A second request, smuggled where a lenient server would parse it."""
HERALD = b'{"name": "Herald"}'


def get(target, *headers, version=b"HTTP/1.1"):
    """Return the bytes of a GET request."""
    return b"GET " + target + b" " + version + b"\r\n" + b"\r\n".join([b"Host: a", *headers, b"", b""])


def post(*headers, body=b"", version=b"HTTP/1.1"):
    """Return the bytes of a request that would record an outlet."""
    known = [b"Host: a", f"Authorization: Bearer {KEY}".encode(), b"Content-Type: application/json"]
    return b"POST /v1/outlets " + version + b"\r\n" + b"\r\n".join([*known, *headers, b"", b""]) + body


def chunks(body):
    """Return the bytes of a request with a chunked body."""
    return post(b"Transfer-Encoding: chunked", body=body)


MALFORMED = {
    "nothing but line breaks": (b"\r\n\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /v1/outlets\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "HTTP/3": (get(b"/v1/outlets", version=b"HTTP/3.0"), 400),
    "PROXY line": (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + NEXT, 400),
    "line feeds alone": (b"GET /v1/outlets HTTP/1.1\nHost: a\n\n", 400),
    "method in lower case": (b"get /v1/outlets HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "no slash": (get(b"v1/outlets"), 400),
    "long address": (get(b"/v1/outlets?q=" + b"x" * 33_000), 414),
    "bytes in the address": (get(b"/v1/outlets?q=\xff"), 400),
    "NUL in the address": (get(b"/v1/out\0lets"), 400),
    "NUL in the path, encoded": (get(b"/v1/outlets/%00"), 404),
    "NUL in the query, encoded": (get(b"/v1/outlets?q=%00"), 400),
    "half a percent encoding": (get(b"/v1/outlets/%z"), 404),
    "percent encoding that is no text": (get(b"/v1/outlets/%FF"), 404),
    "lone surrogate in the path": (get(b"/v1/outlets/%ED%A0%80"), 404),
    "lone surrogate in the body": (post(b"Content-Length: 18", body=b'{"name": "\\ud800"}'), 422),
    "absolute address": (get(b"http://other.example/v1/outlets/nobody"), 404),
    "absolute address that is cut off": (get(b"http://["), 400),
    "tunnel": (b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    "huge header": (get(b"/v1/outlets", b"X-A: " + b"x" * 9000), 431),
    "many headers": (get(b"/v1/outlets", *(b"X-%d: a" % number for number in range(200))), 431),
    "NUL in a header's name": (get(b"/v1/outlets", b"X\0: a"), 400),
    "NUL in a header": (get(b"/v1/outlets", b"X: a\0b"), 400),
    "space before a colon": (get(b"/v1/outlets", b"Host : a"), 400),
    "folded header": (get(b"/v1/outlets", b"X: a", b" b"), 400),
    "two hosts": (get(b"/v1/outlets", b"Host: b"), 400),
    "unknown expectation": (get(b"/v1/outlets", b"Expect: something"), 400),
    "key that is no text": (get(b"/v1/keys", b"Authorization: Bearer \xff"), 401),
    "negative length": (post(b"Content-Length: -1", body=HERALD), 400),
    "length that is no number": (post(b"Content-Length: +18", body=HERALD), 400),
    "two lengths": (post(b"Content-Length: 18", b"Content-Length: 17", body=HERALD), 400),
    "huge length": (post(b"Content-Length: 99999999999999999999", body=HERALD), 413),
    "body that is cut off": (post(b"Content-Length: 100", body=HERALD), 400),
    "length and chunks": (post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + NEXT), 400),
    "chunks twice": (
        post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n" + NEXT),
        400,
    ),
    "coding that is not known": (post(b"Transfer-Encoding: x, chunked", body=b"0\r\n\r\n"), 400),
    "chunks in HTTP/1.0": (post(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + NEXT, version=b"HTTP/1.0"), 400),
    "chunk without a size": (chunks(b"zz\r\n{}\r\n0\r\n\r\n" + NEXT), 400),
    "negative chunk": (chunks(b"-1\r\n{}\r\n0\r\n\r\n" + NEXT), 400),
    "chunk longer than its size": (chunks(b"2\r\n" + HERALD + b"\r\n0\r\n\r\n" + NEXT), 400),
    "chunk that is cut off": (chunks(b"ff\r\n" + HERALD), 400),
    "chunks without an end": (chunks(b"12\r\n" + HERALD + b"\r\n"), 400),
    "NUL in a trailer": (chunks(b"12\r\n" + HERALD + b"\r\n0\r\nX\0: a\r\n\r\n" + NEXT), 400),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service for all tests of this file."""
    with running(tmp_path_factory.mktemp("malformed"), workers=1) as started:
        yield started


def exchange(service, sent):
    """Send bytes, close the sending side, and return all bytes received."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=DEADLINE) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while more := connection.recv(1 << 16):
            received += more
        return received


@pytest.mark.parametrize("name", MALFORMED)
def test_refused(service, name):
    """
    The response is one problem document with the expected status, nothing is recorded, and a smuggled request is not
    answered.
    """
    sent, expected = MALFORMED[name]

    head, _, body = exchange(service, sent).partition(b"\r\n\r\n")

    status, headers = head.split(b"\r\n")[0].split()[1], head.lower()
    problem = json.loads(body)
    assert (expected, expected) == (int(status), problem["status"]), problem
    assert b"content-type: application/problem+json" in headers
    assert problem["type"].removeprefix("/problems/") in {kind.name for kind in problem_types()}
    assert [] == service.call("GET", "/v1/outlets")[1]["items"]


FORM = [
    b"Host: a",
    b"Origin: http://a",
    b"Sec-Fetch-Site: same-origin",
    b"Content-Type: application/x-www-form-urlencoded",
]


@pytest.mark.parametrize(
    ("header", "body"),
    [(b"Content-Length: 100", b"key=a"), (b"Transfer-Encoding: chunked", b"zz\r\nkey=a\r\n0\r\n\r\n")],
    ids=["cut off", "chunks"],
)
def test_form_is_refused(service, header, body):
    """
    A form with a truncated or malformed body is a 400 page.
    """
    sent = b"POST /desk/sign-in HTTP/1.1\r\n" + b"\r\n".join([*FORM, header, b"", b""]) + body

    assert exchange(service, sent).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("character", ["x", "\u7d22", "\U0001f3c6"])
@pytest.mark.parametrize("parameter", ["q", "like"])
def test_long_search_in_any_script(service, parameter, character):
    """
    A search takes 1,000 characters of any script, although each may be twelve in the address.
    """
    target = f"/v1/claims?{parameter}={quote(character * 1000)}".encode()

    assert exchange(service, get(target, b"Connection: close")).startswith(b"HTTP/1.1 200 ")


def test_connection_without_a_request(service):
    """
    An empty or incomplete request gets no response, and the next client is served.
    """
    assert [b"", b""] == [exchange(service, sent) for sent in (b"", b"GET /v1/outlets HTTP/1.1\r\nHost:")]
    assert 200 == service.status("/healthz")


def test_connection_ends_after_malformed_chunks(service):
    """
    The connection is closed after malformed chunks, so that the bytes after them are never parsed as a request.
    """
    with socket.create_connection(("127.0.0.1", service.port), timeout=DEADLINE) as connection:
        connection.sendall(chunks(b"zz\r\n"))
        received = b""
        while more := connection.recv(1 << 16):
            received += more

    assert received.startswith(b"HTTP/1.1 400 ")
