"""The current request as its view sees it: the services to use, the caller, and the caller's address."""

from __future__ import annotations

import functools
import ipaddress
import logging
import math
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import TypeVar
from wsgiref.types import WSGIEnvironment

import sqlalchemy as sa
from flask import current_app, g, request

from service.access.known_keys import KnownKeys
from service.access.limits import Limiter
from service.access.waits import Waits
from service.cache.score_cache import ScoreCache
from service.config import Settings
from service.errors import NotFound, QueryTimeout
from service.storage.db import Database
from service.storage.db_errors import is_unavailable
from service.values.vocabulary import Caller

log = logging.getLogger(__name__)

R = TypeVar("R")

_PAUSE = 5.0  # seconds
MAX_EXPORTS = 2
"""The number of exports that a process sends at once, so that it still has threads for other calls."""

_PORT = re.compile(r"^(?:\[([^\]]*)\]|([0-9.]+))(?::[0-9]{1,5})?$", re.ASCII)


@dataclass(slots=True)
class Runtime:
    """The database, the cache and the settings of an application; each worker process has its own."""

    db: Database
    cache: ScoreCache
    settings: Settings
    replica: Database | None = None
    """The replica of the database; None without one."""
    replica_failed_at: float = -math.inf
    """The time on the monotonic clock at which the replica last failed."""
    export_slots: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(MAX_EXPORTS))
    limiter: Limiter = field(init=False)
    known_keys: KnownKeys = field(init=False)
    receiving: threading.Lock = field(init=False, default_factory=threading.Lock)
    """Held while this process receives the file of an import."""
    drawing: threading.Lock = field(init=False, default_factory=threading.Lock)
    """Held while this process draws a picture for link previews."""
    waits: Waits = field(init=False)

    def __post_init__(self) -> None:
        self.limiter = Limiter(self.cache.link)
        self.known_keys = KnownKeys(self.db)
        self.waits = Waits(self.cache.link)


def runtime() -> Runtime:
    """Return the runtime of the current application."""
    found: Runtime = current_app.extensions["runtime"]
    return found


def caller() -> Caller:
    """Return the caller of the current request; only for views that require an API key or a session."""
    found: Caller = g.caller
    return found


def read_late(read: Callable[[Database], R]) -> R:
    """Return the result of a read that may be some moments old: of the replica, or else of the database itself.

    The database is read if there is no replica, if the replica fails, or if an object is not on the replica yet. Never
    use this for a score that R20 covers, or for a response that is kept under stamps of the cache.
    """
    at = runtime()
    if at.replica is None or time.monotonic() < at.replica_failed_at + _PAUSE:
        return read(at.db)
    try:
        return read(at.replica)
    except NotFound:
        return read(at.db)
    except (sa.exc.SQLAlchemyError, QueryTimeout) as exc:
        if not is_unavailable(exc):
            raise
        at.replica_failed_at = time.monotonic()
        log.warning("The replica is not used for %.0f s: %s", _PAUSE, exc)
        return read(at.db)


def is_api_call() -> bool:
    """Return whether the request is for the API, and not for a page."""
    return f"{request.path}/".startswith("/v1/")


def client_address() -> str:
    """Return the address of the client as the name for its rate limits: an IPv4 address or an IPv6 network.

    Behind trusted proxies this is the entry of `X-Forwarded-For` that the outermost of them added. Clients can forge
    the entries to the left of it, so it is counted from the right.
    """
    return address_in(request.environ, trusted_proxies=runtime().settings.trusted_proxies)


def address_in(environ: WSGIEnvironment, *, trusted_proxies: int) -> str:
    """Return the address of the client of a WSGI request, as `client_address` does."""
    hops = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    is_forwarded = 0 < trusted_proxies <= len(hops) and "HTTP_X_FORWARDED_FOR" in environ
    return _network(hops[-trusted_proxies].strip() if is_forwarded else environ.get("REMOTE_ADDR", ""))


@functools.lru_cache(1024)
def _network(text: str) -> str:
    """Return the network of an address: an IPv4 address without its port, or the /64 network of an IPv6 address.

    All text that is not an address shares one name, so that a client gains no limit of its own by sending garbage.

    >>> _network("192.0.2.7"), _network("192.0.2.7:1001"), _network("[::ffff:192.0.2.7]:1002")
    ('ip:192.0.2.7', 'ip:192.0.2.7', 'ip:192.0.2.7')
    >>> _network("2001:db8::7"), _network("[2001:db8::8]:443"), _network("unknown")
    ('ip:2001:db8::/64', 'ip:2001:db8::/64', 'ip:none')
    """
    bare = _PORT.sub(r"\1\2", text)
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return "ip:none"
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return f"ip:{mapped or ipaddress.ip_network((int(address), 64), strict=False)}"
    return f"ip:{address}"
