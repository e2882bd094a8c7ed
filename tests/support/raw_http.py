"""HTTP requests that are sent unchanged, unlike those of http.client."""

from __future__ import annotations

import http.client
import socket
from contextlib import suppress
from typing import NamedTuple

from tests.support.api_document import RawResponse

_TIMEOUT = 30.0  # seconds
_PER_CONNECTION = 50  # requests, so that they are spread over all workers


class RawRequest(NamedTuple):
    """A request, with its target as in the request line, and headers that may be repeated."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


class RawConnection:
    """A connection that is reopened when it breaks, and after every 50 requests."""

    def __init__(self, port: int) -> None:
        self._port, self._count = port, 0
        self._socket: socket.socket | None = None

    def send(self, request: RawRequest) -> RawResponse | None:
        """Send a request; return None if the connection is closed without a response."""
        reopen = self._socket is None or self._count % _PER_CONNECTION == 0
        self._count += 1
        response = self._send_once(request, reopen=reopen)
        return response if response is not None or reopen else self._send_once(request, reopen=True)

    def _send_once(self, request: RawRequest, *, reopen: bool) -> RawResponse | None:
        if reopen:
            self.close()
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=_TIMEOUT)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert self._socket is not None
        with suppress(OSError):  # a body that is too long is rejected before it is read
            self._socket.sendall(_serialize(request))
        response = http.client.HTTPResponse(self._socket, method=request.method)
        try:
            response.begin()
            body = response.read()
        except (http.client.HTTPException, ConnectionError):
            self.close()
            return None
        finally:
            response.close()
        if response.will_close or len(request.body) > 1 << 20:
            self.close()
        return RawResponse(response.status, {name.lower(): value for name, value in response.getheaders()}, body)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _serialize(request: RawRequest) -> bytes:
    names = {name.lower() for name, _ in request.headers}
    headers = [*([] if "host" in names else [("Host", "127.0.0.1")]), *request.headers]
    if request.body or request.method in ("POST", "PATCH", "PUT"):
        headers.append(("Content-Length", str(len(request.body))))
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body
