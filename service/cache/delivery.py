"""Deliver queued invalidations to Redis, and prove that the cache is current. Runs in the worker."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

import redis
import sqlalchemy as sa

from service.cache import redis_link
from service.cache.cluster import HOME, hash_tag_of
from service.cache.invalidation import INVALIDATION
from service.cache.redis_link import HASH_TAGS, RANKING, RedisLink, generation_key, key_prefix, proof_key
from service.storage.db import Database
from service.storage.db_errors import is_unavailable
from service.storage.identity import Pairing, new_token, read_pairing, replace_redis_token
from service.storage.models import Outbox

log = logging.getLogger(__name__)

_BATCH_SIZE = 500
_ATTEMPTS = 3
_WARN_AT = 2  # deliveries; the token also differs once whenever another worker starts
_MARK_LIFE = 86_400_000  # milliseconds

# One script, so that the checks, the invalidations and the proof concern the same server and take effect together. A
# Redis without free memory refuses the mark, but not the deletions after it.
_DELIVER = """
local marked = redis.call('GET', KEYS[2]) == ARGV[3]
local paired = redis.call('GET', KEYS[1]) == ARGV[1]
local token = ARGV[1]
local stored = redis.pcall('SET', KEYS[2], ARGV[4], 'PX', ARGV[6])
for i = 5, #KEYS do redis.call('DEL', KEYS[i]) end
if not (marked and paired) then
    redis.call('DEL', KEYS[3], KEYS[4])
    token = ARGV[2]
end
if stored.err then return stored end
redis.call('SET', KEYS[1], token, 'PX', ARGV[6])
if marked and paired and ARGV[5] ~= '0' then redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5]) end
return {marked and 1 or 0, paired and 1 or 0}
"""

# The part of the script that runs for each hash tag in a cluster.
_DELIVER_PART = """
local marked = redis.call('GET', KEYS[1]) == ARGV[1]
local stored = redis.pcall('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
for i = 2, #KEYS do redis.call('DEL', KEYS[i]) end
if stored.err then return stored end
return marked and 1 or 0
"""


class Found(NamedTuple):
    """The state of Redis before a delivery. Unless both are true, the delivery invalidated all scores."""

    is_marked: bool
    """Whether Redis still had this worker's last mark, so it lost no invalidation delivered before."""
    is_paired: bool
    """Whether Redis and the database had the same token, so they are paired with each other only."""


class Delivery:
    """The delivery of a database's queued invalidations to Redis.

    Each delivery also stores a random mark of this worker. If the next one does not find the mark, Redis was restarted,
    emptied, restored, or replaced by a server that lacks the last writes, and every cached score is invalidated.

    When every row of the queue is delivered, the mark is also the proof that readers require (`RedisLink.is_current`).
    """

    def __init__(self, db: Database, link: RedisLink) -> None:
        self._db = db
        self._link = link
        self._deliver = link.writer.register_script(_DELIVER)
        self._deliver_part = link.writer.register_script(_DELIVER_PART)
        self._worker = new_token()
        self._mark: str | None = None
        self._pairing: Pairing | None = None
        self._unpaired = 0

    def run(self) -> bool:
        """Deliver all queued invalidations and delete their rows. If Redis fails, the remaining rows stay.

        Returns:
            Whether the cached scores are proven current.
        """
        for _ in range(_ATTEMPTS):
            found = self._run_queue()
            if found is None or (found.is_marked and not found.is_paired):
                return False
            if found.is_marked:
                return True
        return False

    def renew(self) -> None:
        """Renew the proof while the database is unavailable, so that cached scores can still be read.

        Queued invalidations are not delivered, but each writer also invalidates after its own commit.
        """
        if self._pairing is not None and not self._unpaired:
            self._send(self._pairing, [], new_token(), is_last=True)

    def _run_queue(self) -> Found | None:
        """Deliver all rows of the queue.

        Returns:
            The state of Redis before the last delivery; None if Redis failed.
        """
        while True:
            pairing = self._read_pairing()
            batch = self._next_batch()
            is_last = len(batch) < _BATCH_SIZE
            token = new_token()
            found = self._send(pairing, [row.payload["outlets"] for row in batch], token, is_last=is_last)
            if found is None:
                return None
            self._log(found)
            # Rows that this worker deletes are not delivered to another Redis. Its worker finds the new token instead.
            if all(found) or replace_redis_token(self._db, pairing, token):
                self._delete(batch, wait=not is_last)
            if is_last or not all(found):
                return found

    def _read_pairing(self) -> Pairing:
        pairing = read_pairing(self._db)
        if self._pairing is None or pairing.database_id != self._pairing.database_id:
            self._link.use_database(pairing.database_id)
            self._mark = None
        self._pairing = pairing
        return pairing

    def _next_batch(self) -> list[Outbox]:
        rows = sa.select(Outbox).where(Outbox.kind == INVALIDATION).order_by(Outbox.id).limit(_BATCH_SIZE)
        with self._db.read() as session:
            return list(session.scalars(rows))

    def _delete(self, batch: list[Outbox], *, wait: bool) -> None:
        """Delete delivered rows. Without `wait`, locked rows stay in the queue and are delivered again.

        Waiting for a long write on SQLite would delay the next proof.
        """
        if not batch:
            return
        try:
            with self._db.write() if wait else self._db.write_nowait() as session:
                session.execute(sa.delete(Outbox).where(Outbox.id.in_([row.id for row in batch])))
        except sa.exc.DBAPIError as exc:
            if wait or not is_unavailable(exc):
                raise

    def _send(self, pairing: Pairing, rows: Iterable[list[str] | None], token: str, *, is_last: bool) -> Found | None:
        """Run the delivery script in Redis for the outlets of outbox rows; None stands for all outlets.

        Returns:
            The state of Redis before; None if Redis failed.
        """
        prefix = key_prefix(pairing.database_id)
        names = [f"{prefix}{HOME}token", self._mark_key(prefix, HOME), proof_key(prefix), generation_key(prefix, None)]
        keys = [generation_key(prefix, subject) for subject in _subjects(rows)]
        expected, mark = self._mark or "", new_token()
        proof_life = round(redis_link.PROOF_LIFE * 1000) if is_last else 0
        # After a failure it is unknown which mark Redis has, and whether it is still the same server.
        self._mark = None
        try:
            if self._link.is_cluster and not self._send_parts(prefix, keys, expected, mark):
                expected = ""  # matches no mark
            home = [key for key in keys if not self._link.is_cluster or hash_tag_of(key) == HOME]
            reply = self._deliver(
                keys=[*names, *home], args=[pairing.redis_token, token, expected, mark, proof_life, _MARK_LIFE]
            )
        except redis.RedisError as exc:
            self._link.open_circuit("invalidate", exc)
            return None
        self._mark = mark
        return Found(*map(bool, cast("list[int]", reply)))

    def _send_parts(self, prefix: str, keys: Sequence[str], expected: str, mark: str) -> bool:
        """Run the script once per hash tag except HOME, because any node of a cluster may have lost writes.

        Returns:
            Whether every node had the last mark.
        """
        marked = [
            self._deliver_part(
                keys=[self._mark_key(prefix, hash_tag), *(key for key in keys if hash_tag_of(key) == hash_tag)],
                args=[expected, mark, _MARK_LIFE],
            )
            for hash_tag in HASH_TAGS
        ]
        return all(marked)

    def _mark_key(self, prefix: str, hash_tag: str) -> str:
        return f"{prefix}{hash_tag}mark:{self._worker}"

    def _log(self, found: Found) -> None:
        """Log an unexpected state of Redis. A different token is logged only from the second time in a row."""
        if not found.is_marked:
            log.info("Redis was restarted, or is new: all cached scores are invalidated")
        elif found.is_paired:
            self._unpaired = 0
        else:
            self._unpaired += 1
            if self._unpaired == _WARN_AT:
                log.warning(
                    "Another worker uses this database with another Redis, or this Redis with a copy of the database: "
                    "cached scores are not used. Set BORNEOUT_REDIS_URL to one Redis for each database."
                )


def _subjects(rows: Iterable[list[str] | None]) -> set[str | None]:
    """Return the subjects that the rows invalidate; None stands for all subjects."""
    subjects: set[str | None] = set()
    for outlets in rows:
        subjects |= {None} if outlets is None else {*outlets, RANKING}
    return subjects
