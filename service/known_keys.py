"""Whose key a secret was within the last minute: enough to know for whom a read is counted, never to let anyone in."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import time
from uuid import UUID

from service.db import Database, is_away
from service.keys import find_caller

log = logging.getLogger(__name__)

_LIFE = 60.0  # seconds
_REMEMBERED = 10_000


class KnownKeys:
    """So that a cached score which is asked for with a key costs the database nothing."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[bytes, tuple[float, UUID | None]] = {}

    def find(self, secret: str) -> UUID | None:
        """The key with this secret; None if there is none, or the database cannot say."""
        digest = hashlib.sha256(secret.encode(errors="surrogateescape")).digest()
        until, key_id = self._known.get(digest, (0.0, None))
        if time.monotonic() < until:
            return key_id
        try:
            caller = find_caller(self._db, secret, now=dt.datetime.now(dt.UTC))
        except Exception as exc:
            if not is_away(exc):
                raise
            log.warning("The database is away: %s", exc)
            return None
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        key_id = None if caller is None else caller.key_id
        self._known[digest] = (time.monotonic() + _LIFE, key_id)
        return key_id
