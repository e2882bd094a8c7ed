"""When keys were last used: noted in Redis by whoever answers, written down by the worker. To the minute or so."""

from __future__ import annotations

import datetime as dt
import time
from uuid import UUID

import redis

from service.db import Database
from service.instants import format_instant, parse_instant
from service.models import ApiKey
from service.redis_link import PREFIX, RedisLink

_USES = f"{PREFIX}uses"
_COARSE = dt.timedelta(minutes=1)


class KeyUses:
    """The notes of one process, which makes one a minute for a key at most; without Redis it makes none."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._again: dict[UUID, float] = {}

    def note(self, key_id: UUID, *, now: dt.datetime) -> None:
        """Note that a key was used just now."""
        moment = time.monotonic()
        if self._link.is_resting or moment < self._again.get(key_id, 0.0):
            return
        try:
            self._link.writer.hset(_USES, str(key_id), format_instant(now))
            self._again[key_id] = moment + _COARSE.total_seconds()
        except redis.RedisError as exc:
            self._link.rest("note", exc)


def write_uses(db: Database, link: RedisLink) -> None:
    """Write down what was noted, for each key at most once a minute."""
    if link.is_resting:
        return
    try:
        with link.writer.pipeline(transaction=True) as pipe:
            pipe.hgetall(_USES)
            pipe.delete(_USES)
            noted: dict[bytes, bytes] = pipe.execute()[0]
    except redis.RedisError as exc:
        link.rest("note", exc)
        return
    if not noted:
        return
    with db.write() as session:
        for key_id, moment in noted.items():
            used = parse_instant(moment.decode())
            key = session.get(ApiKey, UUID(key_id.decode()))
            if key is not None and (key.last_used_at is None or key.last_used_at <= used - _COARSE):
                key.last_used_at = used
