"""Requests sent over HTTP as they are, which http.client would not do."""

from __future__ import annotations

import http.client
import socket
from contextlib import suppress
from typing import NamedTuple

from bench.promise import Answer

_PATIENCE = 30.0  # seconds for an answer
_PER_CONNECTION = 50  # requests, so that all workers get some


class Request(NamedTuple):
    """A request: the target as it is in the first line, and headers that may come twice."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


class Wire:
    """A connection that is opened again when it breaks, and after every 50 requests."""

    def __init__(self, port: int) -> None:
        self._port, self._sent = port, 0
        self._socket: socket.socket | None = None

    def ask(self, request: Request) -> Answer | None:
        """Send a request; None if the connection is closed without an answer."""
        fresh = self._socket is None or self._sent % _PER_CONNECTION == 0
        self._sent += 1
        answer = self._ask_once(request, fresh=fresh)
        return answer if answer is not None or fresh else self._ask_once(request, fresh=True)

    def _ask_once(self, request: Request, *, fresh: bool) -> Answer | None:
        if fresh:
            self.close()
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=_PATIENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert self._socket is not None  # noqa: S101 - made just now
        with suppress(OSError):  # a body that is too long is refused before it is read whole
            self._socket.sendall(_written(request))
        answer = http.client.HTTPResponse(self._socket, method=request.method)
        try:
            answer.begin()
            body = answer.read()
        except (http.client.HTTPException, ConnectionError):
            self.close()
            return None
        finally:
            answer.close()
        if answer.will_close or len(request.body) > 1 << 20:
            self.close()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _written(request: Request) -> bytes:
    names = {name.lower() for name, _ in request.headers}
    headers = [*([] if "host" in names else [("Host", "127.0.0.1")]), *request.headers]
    if request.body or request.method in ("POST", "PATCH", "PUT"):
        headers.append(("Content-Length", str(len(request.body))))
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body
