"""service.operations.plain_request: the same as gunicorn's parser, or nothing"""

from __future__ import annotations

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import create
from hypothesis import given
from hypothesis import strategies as st

from service.operations.plain_request import read_plain

ADDRESS = ("127.0.0.1", 8000)
PLAIN = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HEAD /v1/outlets/herald/score HTTP/1.1\r\nhost: a\r\nCONNECTION: Keep-Alive\r\n\r\n",
    b"GET /v1/scores?outlet=a&outlet=b HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer b: c\r\nX-1: a  b\r\n\r\n",
    b"GET /v1/outlets/lookup?url=https%3A%2F%2Fa.example/b HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
    b"GET /a?b?c://d HTTP/1.1\r\nHost: [::1]:8000\r\nCookie: a=b\r\n\r\n",
]
OTHER = {
    "incomplete": b"GET / HTTP/1.1\r\nHost: a\r\n",
    "two requests": b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
    "more bytes": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n0",
    "empty line first": b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: a\n\n",
    "another method": b"POST / HTTP/1.1\r\nHost: a\r\n\r\n",
    "lower case": b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
    "another version": b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
    "absolute address": b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "two slashes": b"GET //a HTTP/1.1\r\nHost: a\r\n\r\n",
    "encoded path": b"GET /%61 HTTP/1.1\r\nHost: a\r\n\r\n",
    "fragment": b"GET /#a HTTP/1.1\r\nHost: a\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "no header": b"GET / HTTP/1.1\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\nX: a\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "length": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    "chunks": b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "expectation": b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
    "upgrade": b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n",
    "close": b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "two connections": b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nconnection: close\r\n\r\n",
    "underscore": b"GET / HTTP/1.1\r\nHost: a\r\nX_A: a\r\n\r\n",
    "space before a colon": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "space after a value": b"GET / HTTP/1.1\r\nHost: a \r\n\r\n",
    "no space": b"GET / HTTP/1.1\r\nHost:a\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    "byte above ASCII": b"GET / HTTP/1.1\r\nHost: a\r\nX: \xe9\r\n\r\n",
    "control character": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x0bb\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: a\r\n%b\r\n" % b"".join(b"X-%d: a\r\n" % number for number in range(99)),
}


def read_by_gunicorn(received):
    """Return the parts of the WSGI environment that gunicorn makes of one whole request without a body."""
    config = Config()
    config.set("header_map", "drop")
    parser = RequestParser(config, iter([received]), ADDRESS)
    request = next(parser)
    assert (b"", b"") == (request.body.read(), parser.unreader.take_buffered())
    assert not request.should_close()
    _, environ = create(request, None, ADDRESS, ADDRESS, config)
    passed = {"REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SCRIPT_NAME"}
    assert environ.keys().isdisjoint({"CONTENT_LENGTH", "CONTENT_TYPE"})
    return {name: value for name, value in environ.items() if name in passed or name.startswith("HTTP_")}


@pytest.mark.parametrize("received", PLAIN)
def test_plain_requests(received):
    """
    A plain request is read as gunicorn reads it.
    """
    assert read_by_gunicorn(received) == read_plain(received)


@pytest.mark.parametrize("received", OTHER.values(), ids=OTHER)
def test_other_requests(received):
    """
    Any other request is left to gunicorn.
    """
    assert read_plain(received) is None


PIECES = st.sampled_from(
    [
        *(bytes([byte]) for byte in b" \t\r\n\0:/?#%[]_-\x7f\x80\xff;,@"),
        *(b"\r\n", b"\r\n\r\n", b": ", b"HTTP/1.1", b"HTTP/1.0", b"GET ", b"POST ", b"//", b"%2e", b"..", b"http://"),
        *(b"Host: b\r\n", b"Content-Length: 1\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"),
        *(b"Expect: a\r\n", b"Upgrade: h2c\r\n", b" folded\r\n", b"0\r\n\r\n", b"x", b""),
    ]
)
CHANGES = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 3), PIECES), max_size=3)


@given(st.sampled_from(PLAIN), CHANGES)
def test_changed_requests(received, changes):
    """
    A request with pieces inserted or replaced is read as gunicorn reads it, or left to gunicorn.
    """
    for place, length, piece in changes:
        received = received[:place] + piece + received[place + length :]
    if (plain := read_plain(received)) is not None:
        assert read_by_gunicorn(received) == plain
