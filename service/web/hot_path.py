"""The hot path: a WSGI layer that resends earlier responses without Flask while they are valid (R20).

Redis has a stamp for each outlet and one for all outlets. Invalidating an outlet changes both. The application records
the stamps that a response depends on; the response is current until one of them changes. The next request with the same
content gets the response from the memory of the process:

* under a lease, without a call to Redis. The lease ends `BORNEOUT_LEASE_MS` after the start of the last call to Redis.
  Every write waits that long after it has invalidated scores, so that no process has an older lease when the response
  to the write is sent (Gray and Cheriton, 1989);
* without a lease, after one call to Redis, which confirms the stamps. The same call returns the response to a request
  about one outlet if another process has stored it there.

In all other cases the application responds. A resent response differs from its response only in the request id, the
rate limit and `Cache-Status`.
"""

from __future__ import annotations

import hashlib
import io
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from service import __version__
from service.access.limits import LimitStatus, Quota, address_in
from service.cache.lease import LeaseEnded
from service.cache.redis_link import RANKING
from service.cache.score_cache import CacheKey, CacheStatus, EncodedResponse
from service.telemetry.responses import count_score_read, observe_response
from service.values.ids import is_slug
from service.values.instants import utc_now
from service.web.auth import BEARER_KEY, FAILURES
from service.web.kept_responses import CURRENT_UNDER, Headers, KeptResponse, Memory, NotedStart, Validity, unpack
from service.web.middleware import request_id_in
from service.web.runtime import Runtime

_LARGEST = 1 << 20  # bytes
_LONGEST_BODY = 64 << 10  # bytes
_ENDING = 0.4  # the share of a lease that is left when it is renewed
_LOOKUP = "/v1/outlets/lookup"
_OF_OUTLET = "/v1/outlets/"
_PLACES = 8
"""The maximum number of responses for an outlet in Redis, so that unusual requests cannot fill it."""
_UNUSUAL = frozenset(
    {
        "HTTP_CONTENT_ENCODING",
        "HTTP_COOKIE",
        "HTTP_RANGE",
        "HTTP_TRANSFER_ENCODING",
    }
)
"""Request headers in the WSGI environment; a request with one of them is passed to the application."""

Count: TypeAlias = Callable[[str, str, Quota], LimitStatus | None]
"""A function that counts a call of a client against a limit; it returns None if it cannot count."""


class Key(NamedTuple):
    """The parts of a request that its response depends on, as the key of the response in memory."""

    method: str
    path: str
    query: str
    encodings: str | None
    tag: str | None
    site: tuple[str | None, str | None, str | None]
    """The name, port and base path of the service, which are part of the links in pages."""
    content: tuple[str | None, bytes] | None = None
    """The type and the hash of the body."""


def set_up_hot_path(app: Flask) -> None:
    """Wrap an application in the hot path."""
    app.wsgi_app = HotPath(app.wsgi_app, app.extensions)  # type: ignore[method-assign]


class HotPath:
    """A WSGI layer that sends responses from the memory of this process."""

    def __init__(self, app: WSGIApplication, extensions: Mapping[str, Runtime]) -> None:
        self.app = app
        self._extensions = extensions
        self.memory: Memory[Key] = Memory()
        self._asking = threading.Lock()
        self._lease: tuple[float, bytes] = (0.0, b"")
        """The end of the lease on the monotonic clock, and the stamp of all outlets at its start."""

    @property
    def _at(self) -> Runtime:
        return self._extensions["runtime"]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond from memory, or else call the application."""
        began_at = time.perf_counter()
        if (key := self._key_of(environ)) is None:
            return self.app(environ, start_response)
        kept = self.memory.find(key)
        if (kept := self._fetch(key) if kept is None else self._confirmed(kept)) is None:
            return self._ask(key, environ, start_response)
        headers = self._complete(key, kept, environ, self._at.limiter.count, began_at)
        if headers is None:
            return self.app(environ, start_response)
        start_response(kept.status, headers)
        return [kept.body]

    def recall(self, environ: WSGIEnvironment) -> tuple[str, Headers, bytes] | None:
        """Return a response from memory as status, headers and body; None if it is missing or may be stale.

        The method never blocks, so the thread that polls all connections can call it.

        Raises:
            LeaseEnded: The response is in memory, but this process needs a new lease.
        """
        began_at = time.perf_counter()
        if (key := self._key_of(environ)) is None or (kept := self.memory.find(key)) is None:
            return None
        until, mark = self._lease
        if time.monotonic() >= until and self._at.cache.lease:
            raise LeaseEnded
        if kept.mark != mark or time.time() >= kept.expires_at or time.monotonic() >= until:
            return None
        headers = self._complete(key, kept, environ, self._at.limiter.count_locally, began_at)
        return None if headers is None else (kept.status, headers, kept.body)

    @property
    def is_lease_ending(self) -> bool:
        """Whether the lease ends so soon that it should be renewed, before requests have to wait for that."""
        return time.monotonic() > self._lease[0] - _ENDING * self._at.cache.lease

    def renew_lease(self) -> None:
        """Get a new lease from Redis."""
        with self._asking:
            self._look_up([RANKING])

    def _key_of(self, environ: WSGIEnvironment) -> Key | None:
        # If public reading is off, a response also depends on the caller.
        return _read_key(environ) if self._at.settings.public_read else None

    def _complete(
        self, key: Key, kept: KeptResponse, environ: WSGIEnvironment, count: Count, began_at: float
    ) -> Headers | None:
        """Count and log a response from memory, and return its headers; None if the application must respond."""
        request_id = request_id_in(environ)
        limit: LimitStatus | None = None
        if kept.is_counted and (limits := self._at.settings.limits) is not None:
            limit = self._count(kept, environ, limits.reads, limits.failures, count)
            if limit is None or limit.is_over:
                return None
        self.memory.touch(key)
        _record(kept, environ["REQUEST_METHOD"], request_id, seconds=time.perf_counter() - began_at)
        return kept.complete(request_id, limit)

    def _confirmed(self, kept: KeptResponse) -> KeptResponse | None:
        """Return a response from memory if it is current under the lease or according to Redis, else None."""
        if time.time() >= kept.expires_at:
            return None
        if self._is_leased(kept):
            return kept
        with self._asking:  # when a lease ends, one thread calls Redis, and the others wait for the new lease
            return kept if self._is_leased(kept) or self._confirm(kept) else None

    def _is_leased(self, kept: KeptResponse) -> bool:
        until, mark = self._lease
        return kept.mark == mark and time.monotonic() < until

    def _confirm(self, kept: KeptResponse) -> bool:
        """Return whether a response is current according to Redis."""
        stamps, _ = self._look_up((RANKING, *kept.validity.stamps))
        if not stamps or any(stamps[subject] != stamp for subject, stamp in kept.validity.stamps.items()):
            return False
        kept.mark = stamps[RANKING]
        return True

    def _fetch(self, key: Key) -> KeptResponse | None:
        """Return the response to a request about one outlet from Redis, if any, and keep it in memory."""
        if (place := self._place_of(key)) is None:
            return None
        stamps, found = self._look_up((RANKING, place.subject), [place])
        if (response := found.get(place)) is None or response.expires_at is None:
            return None
        kept = unpack(response.body, _text_of(key), Validity(response.stamps, response.expires_at))
        if kept is not None:
            kept.mark = stamps[RANKING]
            self.memory.keep(key, kept)
        return kept

    def _look_up(
        self, subjects: Iterable[str], places: Sequence[CacheKey] = ()
    ) -> tuple[dict[str, bytes], dict[CacheKey, EncodedResponse]]:
        """Return stamps and responses from Redis, and start a lease."""
        asked_at = time.monotonic()
        stamps, found = self._at.cache.look_up(dict.fromkeys(subjects), places)
        if stamps:
            self._lease = (asked_at + self._at.cache.lease, stamps[RANKING])
        return stamps, found

    def _place_of(self, key: Key) -> CacheKey | None:
        """Return the Redis key for the response to a request about one outlet; None for other requests."""
        slug = key.path.removeprefix(_OF_OUTLET).partition("/")[0]
        if not key.path.startswith(_OF_OUTLET) or not is_slug(slug) or key.tag is not None:
            return None
        return CacheKey(slug, f"whole:{zlib.crc32(_text_of(key).encode()) % _PLACES}")

    def _count(
        self, kept: KeptResponse, environ: WSGIEnvironment, reads: Quota, failures: Quota, count: Count
    ) -> LimitStatus | None:
        """Count a call against its limit; None if the application must do that or check the key."""
        address = address_in(environ, trusted_proxies=self._at.settings.trusted_proxies)
        if kept.is_page or (credentials := environ.get("HTTP_AUTHORIZATION")) is None:
            return count("reads", address, reads)
        sent = BEARER_KEY.fullmatch(credentials)
        if sent is None or self._at.limiter.known_over(FAILURES, address, failures):
            return None
        caller = self._at.known_keys.recall(sent[1], now=utc_now())
        return None if caller is None else count("reads", f"key:{caller.key_id}", reads)

    def _ask(self, key: Key, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Call the application, and keep its response in memory if the application recorded its validity."""
        noted = NotedStart(start_response)
        body = self.app(environ, noted)
        validity: Validity | None = environ.get(CURRENT_UNDER)
        if validity is None or not noted.is_complete:
            return body
        try:
            content = b"".join(body)
        finally:
            if (close := getattr(body, "close", None)) is not None:
                close()
        if len(content) <= _LARGEST:
            kept = noted.keep(content, environ, validity)
            self.memory.keep(key, kept)
            self._share(key, kept)
        return [content]

    def _share(self, key: Key, kept: KeptResponse) -> None:
        """Store the response to a request about one outlet in Redis, for other processes."""
        place, validity = self._place_of(key), kept.validity
        if place is not None and validity.stamps.keys() == {place.subject}:
            packed = EncodedResponse(
                kept.pack(_text_of(key)), etag="", expires_at=validity.expires_at, stamps=validity.stamps
            )
            self._at.cache.store({place: packed})


def _record(kept: KeptResponse, method: str, request_id: str, *, seconds: float) -> None:
    """Count and log a response, as the application does."""
    status = int(kept.status[:3])
    if kept.is_score:
        count_score_read(CacheStatus.HIT)
    observe_response(
        method=method, route=kept.route, path=kept.path, status=status, seconds=seconds, request_id=request_id
    )


def _text_of(key: Key) -> str:
    return repr((__version__, *key))


def _read_key(environ: WSGIEnvironment) -> Key | None:
    """Return the key of a request; None if only the application can respond to it."""
    if not _UNUSUAL.isdisjoint(environ):
        return None
    key = Key(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        environ.get("HTTP_ACCEPT_ENCODING"),
        environ.get("HTTP_IF_NONE_MATCH"),
        (environ.get("SERVER_NAME"), environ.get("SERVER_PORT"), environ.get("SCRIPT_NAME")),
    )
    if key.method in ("GET", "HEAD"):
        return None if environ.get("CONTENT_LENGTH", "0") not in ("", "0") else key
    if key.method == "POST" and key.path.endswith(_LOOKUP):
        return _with_body(key, environ)
    return None


def _with_body(key: Key, environ: WSGIEnvironment) -> Key | None:
    """Read the body, and return a key with its hash and type. The application can still read the body."""
    length = environ.get("CONTENT_LENGTH", "")
    if not (length.isascii() and length.isdigit()) or int(length) > _LONGEST_BODY:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    content = environ.get("CONTENT_TYPE"), hashlib.sha256(body).digest()
    return key._replace(content=content) if len(body) == int(length) else None
