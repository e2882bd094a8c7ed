"""The responses that the hot path sends again, in the memory of a process and in Redis."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import request

from service.access.limits import LimitStatus
from service.cache.score_cache import CacheStatus
from service.values.instants import utc_now
from service.web.middleware import ROUTE

if TYPE_CHECKING:
    from types import TracebackType

CURRENT_UNDER = "borneout.current-under"
"""The key in the WSGI environment of the `Validity` of the response."""
_LONGEST = dt.timedelta(minutes=10)
_CAPACITY = 32 << 20  # bytes
_OVERHEAD = 1 << 10  # the assumed size of a response without its body, in bytes
_PASSING = frozenset({"cache-status", "ratelimit", "ratelimit-policy", "x-request-id"})
"""The headers that are not kept, because they are set each time a response is sent."""

Headers: TypeAlias = list[tuple[str, str]]


class Validity(NamedTuple):
    """The conditions for a response to be current: its stamps are unchanged, and it has not expired."""

    stamps: Mapping[str, bytes]
    expires_at: dt.datetime


def note_validity(stamps: Mapping[str, bytes], expires_at: dt.datetime | None) -> None:
    """Record how long the current response is valid, so that the hot path can send it again."""
    if stamps:
        latest = utc_now() + _LONGEST
        request.environ[CURRENT_UNDER] = Validity(stamps, latest if expires_at is None else min(latest, expires_at))


@dataclass(slots=True)
class KeptResponse:
    """A response that can be sent again, with the conditions under which it is current."""

    status: str
    headers: Headers
    body: bytes
    route: str
    path: str
    is_counted: bool
    """Whether requests for this response count against a rate limit."""
    is_score: bool
    validity: Validity
    mark: bytes = b""
    """The stamp of all outlets at the time when Redis last confirmed that the response is current."""
    expires_at: float = 0.0

    def __post_init__(self) -> None:
        self.expires_at = self.validity.expires_at.timestamp()

    @property
    def is_page(self) -> bool:
        """Whether the response is a page. The rate limit of pages applies to addresses, not to keys."""
        return not self.path.startswith("/v1/")

    @property
    def size(self) -> int:
        """The memory that the response uses, in bytes."""
        return len(self.body) + _OVERHEAD

    def complete(self, request_id: str, limit: LimitStatus | None) -> Headers:
        """Return the kept headers, with those that are set each time the response is sent."""
        headers = [*self.headers, ("X-Request-ID", request_id)]
        if limit is not None:
            headers += limit.headers().items()
        if self.is_score:
            headers.append(("Cache-Status", f"borneout; {CacheStatus.HIT.header}"))
        return headers

    def pack(self, question: str) -> bytes:
        """Return the response as bytes without its validity, with the text of the request's key (`question`)."""
        members = (question, self.status, self.headers, self.route, self.path, self.is_counted, self.is_score)
        return json.dumps(members).encode() + b"\n" + self.body


def unpack(packed: bytes, question: str, validity: Validity) -> KeptResponse | None:
    """Return a response from its packed bytes; None if they belong to a request with another key."""
    head, body = packed.split(b"\n", 1)
    asked, status, headers, route, path, is_counted, is_score = json.loads(head)
    if asked != question:
        return None
    pairs = [(name, value) for name, value in headers]
    return KeptResponse(status, pairs, body, route, path, is_counted, is_score, validity)


K = TypeVar("K")


class Memory(Generic[K]):
    """The responses in the memory of a process. When it is full, the least recently used ones are removed."""

    def __init__(self) -> None:
        self._kept: OrderedDict[K, KeptResponse] = OrderedDict()
        self._lock = threading.Lock()
        self.size = 0
        """The size of all responses in bytes."""

    def find(self, key: K) -> KeptResponse | None:
        """Return the response for a key; None if there is none."""
        return self._kept.get(key)

    def keep(self, key: K, kept: KeptResponse) -> None:
        """Add or replace a response. If the memory is full, remove the least recently used responses."""
        with self._lock:
            if (old := self._kept.pop(key, None)) is not None:
                self.size -= old.size
            self._kept[key] = kept
            self.size += kept.size
            while self.size > _CAPACITY:
                self.size -= self._kept.popitem(last=False)[1].size

    def touch(self, key: K) -> None:
        """Mark a response as the most recently used one, unless another thread has removed it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)


class NotedStart:
    """A WSGI `start_response` callable that records the status and the headers of the response."""

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

    @property
    def is_complete(self) -> bool:
        """Whether the response can be kept: it is a 304, or a 200 with a `Content-Length`."""
        is_sized = any(name.lower() == "content-length" for name, _ in self.headers)
        return self.status == "304 NOT MODIFIED" or (self.status == "200 OK" and is_sized)

    def keep(self, content: bytes, environ: WSGIEnvironment, validity: Validity) -> KeptResponse:
        """Return the response to keep, with the recorded status and headers."""
        names: Mapping[str, str] = {name.lower(): value for name, value in self.headers}
        return KeptResponse(
            self.status,
            [(name, value) for name, value in self.headers if name.lower() not in _PASSING],
            content,
            environ[ROUTE],
            environ["PATH_INFO"],
            "ratelimit" in names,
            "cache-status" in names,
            validity,
        )
