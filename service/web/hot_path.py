"""The hot path: a WSGI layer that sends a response again without Flask, for as long as it is current (R20).

The application notes under which stamps of the cache a response is current. A later request for the same is answered
from the memory of this process:

* under a lease, without asking anyone. A lease lasts for `BORNEOUT_LEASE_MS` from before this process last asked Redis,
  and every write waits that long after it has invalidated scores, so no process can still hold a lease when the write
  is answered (Gray and Cheriton, 1989);
* otherwise after one round trip to Redis, which confirms the stamps;
* if that is impossible, by the application.

The response differs from that of the application only in its request id, the rate limit and `Cache-Status`.
"""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from service.access.limits import Limits, LimitStatus
from service.cache.score_cache import RANKING, CacheStatus
from service.telemetry.logs import log_response
from service.telemetry.metrics import count_response, count_score_read
from service.values.instants import utc_now
from service.web.auth import BEARER_KEY, FAILURES
from service.web.middleware import ROUTE, request_id_in
from service.web.responses import CURRENT_UNDER, Validity
from service.web.runtime import Runtime, address_in

if TYPE_CHECKING:
    from types import TracebackType

_CAPACITY = 32 << 20  # bytes
_LARGEST = 1 << 20  # bytes
_LONGEST_BODY = 64 << 10  # bytes
_OVERHEAD = 1 << 10  # bytes that a response takes besides its body
_SEND_AGAIN = ("200 OK", "304 NOT MODIFIED")
_LOOKUP = "/v1/outlets/lookup"
_PASSING = frozenset({"cache-status", "ratelimit", "ratelimit-policy", "x-request-id"})
"""The headers that differ between two responses to the same request."""
_UNUSUAL = frozenset(
    {
        "HTTP_CONTENT_ENCODING",
        "HTTP_COOKIE",
        "HTTP_RANGE",
        "HTTP_TRANSFER_ENCODING",
    }
)
"""Headers of requests that only the application answers."""

Key: TypeAlias = tuple[object, ...]
"""Everything in a request that the response depends on."""
Headers: TypeAlias = list[tuple[str, str]]


@dataclass(slots=True)
class _Kept:
    """A response, and the stamps under which it is current."""

    status: str
    headers: Headers
    body: bytes
    route: str
    path: str
    is_counted: bool
    """Whether the call counts against a limit."""
    is_score: bool
    validity: Validity
    expires_at: float
    mark: bytes = b""
    """The stamp of all outlets when the stamps were last confirmed."""

    @property
    def is_page(self) -> bool:
        """Whether the response is not part of the API, so that the key of a request does not count."""
        return not self.path.startswith("/v1/")

    @property
    def size(self) -> int:
        return len(self.body) + _OVERHEAD


def set_up_hot_path(app: Flask) -> None:
    """Put the hot path before an application."""
    app.wsgi_app = HotPath(app.wsgi_app, app.extensions)  # type: ignore[method-assign]


class HotPath:
    """The responses that this process can send again, the longest unused of which make room for new ones."""

    def __init__(self, app: WSGIApplication, extensions: Mapping[str, Runtime]) -> None:
        self.app = app
        self._extensions = extensions
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self.size = 0
        """The size of all responses in bytes."""
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._lease: tuple[float, bytes] = (0.0, b"")
        """The end of the lease on the monotonic clock, and the stamp of all outlets for which it was taken."""

    @property
    def _at(self) -> Runtime:
        return self._extensions["runtime"]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request from memory, or else by the application."""
        began_at = time.perf_counter()
        # If public reading is closed, every response depends on its reader.
        key = _key_of(environ) if self._at.settings.public_read else None
        if key is None:
            return self.app(environ, start_response)
        kept = self._kept.get(key)
        if kept is None or not self._is_current(kept):
            return self._ask(key, environ, start_response)
        request_id = request_id_in(environ)
        limit: LimitStatus | None = None
        if kept.is_counted and (limits := self._at.settings.limits) is not None:
            limit = self._count(kept, environ, limits)
            if limit is None or limit.is_over:
                return self.app(environ, start_response)
        self._touch(key)
        start_response(kept.status, _complete(kept, request_id, limit))
        _record(kept, environ["REQUEST_METHOD"], request_id, seconds=time.perf_counter() - began_at)
        return [kept.body]

    def _is_current(self, kept: _Kept) -> bool:
        """Return whether a response may be sent again: under the lease, or after asking Redis."""
        if time.time() >= kept.expires_at:
            return False
        if self._is_leased(kept):
            return True
        with self._asking:  # when a lease ends, one thread asks, and the others wait for its answer
            return self._is_leased(kept) or self._confirm(kept)

    def _is_leased(self, kept: _Kept) -> bool:
        until, mark = self._lease
        return kept.mark == mark and time.monotonic() < until

    def _confirm(self, kept: _Kept) -> bool:
        """Ask Redis whether a response is current, and take a lease."""
        asked_at = time.monotonic()
        stamps = self._at.cache.stamps(dict.fromkeys((RANKING, *kept.validity.stamps)))
        if not stamps:
            return False
        self._lease = (asked_at + self._at.cache.lease, stamps[RANKING])
        if any(stamps[subject] != stamp for subject, stamp in kept.validity.stamps.items()):
            return False
        kept.mark = stamps[RANKING]
        return True

    def _count(self, kept: _Kept, environ: WSGIEnvironment, limits: Limits) -> LimitStatus | None:
        """Count a call against its limit; None if the application must authenticate it, or Redis is unavailable."""
        address = address_in(environ, trusted_proxies=self._at.settings.trusted_proxies)
        if kept.is_page or (credentials := environ.get("HTTP_AUTHORIZATION")) is None:
            return self._at.limiter.count("reads", address, limits.reads)
        sent = BEARER_KEY.fullmatch(credentials)
        if sent is None or self._at.limiter.known_over(FAILURES, address, limits.failures):
            return None
        caller = self._at.known_keys.recall(sent[1], now=utc_now())
        return None if caller is None else self._at.limiter.count("reads", f"key:{caller.key_id}", limits.reads)

    def _ask(self, key: Key, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let the application answer, and keep the response if it is current under stamps."""
        noted = _Noted(start_response)
        body = self.app(environ, noted)
        validity: Validity | None = environ.get(CURRENT_UNDER)
        if validity is None or noted.status not in _SEND_AGAIN:
            return body
        try:
            content = b"".join(body)
        finally:
            if (close := getattr(body, "close", None)) is not None:
                close()
        if len(content) <= _LARGEST:
            self._keep(key, _kept_response(noted, content, environ, validity))
        return [content]

    def _keep(self, key: Key, kept: _Kept) -> None:
        with self._lock:
            if (old := self._kept.pop(key, None)) is not None:
                self.size -= old.size
            self._kept[key] = kept
            self.size += kept.size
            while self.size > _CAPACITY:
                self.size -= self._kept.popitem(last=False)[1].size

    def _touch(self, key: Key) -> None:
        """Mark a response as used just now, unless another thread has dropped it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)


class _Noted:
    """A `start_response` that notes the status and headers it was called with."""

    def __init__(self, start_response: StartResponse) -> None:
        self._start_response = start_response
        self.status = ""
        self.headers: Headers = []

    def __call__(
        self,
        status: str,
        headers: Headers,
        exc_info: tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None = None,
        /,
    ) -> Callable[[bytes], object]:
        self.status, self.headers = status, headers
        return self._start_response(status, headers, exc_info)


def _complete(kept: _Kept, request_id: str, limit: LimitStatus | None) -> Headers:
    """Return the headers of a response, with those that differ each time."""
    headers = [*kept.headers, ("X-Request-ID", request_id)]
    if limit is not None:
        headers += limit.headers().items()
    if kept.is_score:
        headers.append(("Cache-Status", f"borneout; {CacheStatus.HIT.header}"))
    return headers


def _record(kept: _Kept, method: str, request_id: str, *, seconds: float) -> None:
    """Count the response in the metrics, and log it, as the application does."""
    status = int(kept.status[:3])
    count_response(method, kept.route, status, seconds=seconds)
    if kept.is_score:
        count_score_read(CacheStatus.HIT)
    log_response(method=method, path=kept.path, status=status, seconds=seconds, request_id=request_id)


def _key_of(environ: WSGIEnvironment) -> Key | None:
    """Return the key of a request; None if only the application answers it."""
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if not _UNUSUAL.isdisjoint(environ):
        return None
    key = (
        method,
        path,
        environ.get("QUERY_STRING", ""),
        environ.get("HTTP_ACCEPT_ENCODING"),
        environ.get("HTTP_IF_NONE_MATCH"),
        environ.get("SERVER_NAME"),  # for the public address of the service, which pages contain
        environ.get("SERVER_PORT"),
    )
    if method in ("GET", "HEAD"):
        return None if environ.get("CONTENT_LENGTH", "0") not in ("", "0") else key
    if method == "POST" and path.endswith(_LOOKUP):
        return _with_body(key, environ)
    return None


def _with_body(key: Key, environ: WSGIEnvironment) -> Key | None:
    """Return the key with the body and its type; the body is read, and replaced for the application."""
    length = environ.get("CONTENT_LENGTH", "")
    if not (length.isascii() and length.isdigit()) or int(length) > _LONGEST_BODY:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return (*key, environ.get("CONTENT_TYPE"), hashlib.sha256(body).digest()) if len(body) == int(length) else None


def _kept_response(noted: _Noted, content: bytes, environ: WSGIEnvironment, validity: Validity) -> _Kept:
    names: Mapping[str, str] = {name.lower(): value for name, value in noted.headers}
    return _Kept(
        noted.status,
        [(name, value) for name, value in noted.headers if name.lower() not in _PASSING],
        content,
        environ[ROUTE],
        environ["PATH_INFO"],
        "ratelimit" in names,
        "cache-status" in names,
        validity,
        validity.expires_at.timestamp(),
    )
