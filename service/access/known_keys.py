"""A cache of valid API keys, so that reads with a key need no query."""

from __future__ import annotations

import datetime as dt
import hashlib
import time

from service.access.authenticate import ValidKey, find_key
from service.storage.db import Database
from service.storage.db_errors import is_unavailable
from service.values.vocabulary import Caller

_LIFE = 4.0  # seconds; reads reject a revoked key within 5
_PAUSE = 1.0  # seconds
_REMEMBERED = 10_000


class KnownKeys:
    """The valid API keys that this process read from the database in the last four seconds."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[bytes, tuple[float, ValidKey]] = {}
        self._failure: tuple[float, Exception] | None = None

    def find(self, secret: str, *, now: dt.datetime) -> Caller | None:
        """Return the owner of a secret; None if it is not a valid key.

        A key that was revoked in the last four seconds may still be found; an expired one is not. If the database is
        unavailable, its error is raised. For the next second, the same error is raised without another query.
        """
        if (caller := self.recall(secret, now=now)) is not None:
            return caller
        digest, started = _digest_of(secret), time.monotonic()
        if (key := self._look_up(secret, now=now)) is None:
            self._known.pop(digest, None)
            return None
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[digest] = (started + _LIFE, key)
        return key.caller

    def recall(self, secret: str, *, now: dt.datetime) -> Caller | None:
        """Return the cached owner of a secret, without querying the database; None if not cached or expired."""
        until, key = self._known.get(_digest_of(secret), (0.0, None))
        if key is None or time.monotonic() >= until:
            return None
        return key.caller if key.ends_at is None or now < key.ends_at else None

    def _look_up(self, secret: str, *, now: dt.datetime) -> ValidKey | None:
        if self._failure is not None and time.monotonic() < self._failure[0]:
            raise self._failure[1].with_traceback(None)
        try:
            return find_key(self._db, secret, now=now)
        except Exception as exc:
            if is_unavailable(exc):
                self._failure = (time.monotonic() + _PAUSE, exc)
            raise


def _digest_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="surrogateescape")).digest()
