"""The services and the caller of the current request."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from threading import BoundedSemaphore
from typing import TypeVar

import sqlalchemy as sa
from flask import g

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


runtime: Callable[[], Runtime] = partial(attrgetter("runtime"), g)
"""Return the runtime of the application that serves the current request."""
caller: Callable[[], Caller] = partial(attrgetter("caller"), g)
"""Return the caller of the current request; only for views that require an API key or a session."""


def read_late(read: Callable[[Database], R]) -> R:
    """Read from the replica, or from the database if that fails. The result may be a few moments old.

    The database is also read if there is no replica, or if an object is not on the replica yet. Never use this for a
    score that R20 covers, or for a response that the hot path keeps.
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
