"""Invalidate cached scores after a transaction that changes them.

Cached scores are invalidated right after the commit. The transaction also adds a row to the outbox, which the worker
delivers (see delivery.py) in case the writer died after the commit, or Redis was unavailable. Another row asks the
worker which places in the stored rankings to update (see scores/standings.py).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection, Iterable

import redis
import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache import redis_link
from service.cache.redis_link import RANKING, RedisLink, generation_key, proof_key
from service.cache.score_cache import ScoreCache
from service.storage.base import table_of
from service.storage.db import Database, after_commit
from service.storage.models import Outbox
from service.telemetry.metrics import Backlog
from service.values.ids import new_id

INVALIDATION = "invalidate"
"""The kind of an outbox row that invalidates cached scores."""
STANDING = "standing"
"""The kind of an outbox row after which the worker updates outlets' places in the stored rankings."""
_WAIT_INTERVAL = 0.05  # seconds
_INSERT = sa.insert(table_of(Outbox))


def invalidate_scores(session: Session, cache: ScoreCache, outlets: Collection[str], *, now: dt.datetime) -> None:
    """Invalidate the cached scores of outlets when the transaction is committed."""
    queue_invalidation(session, outlets, now=now)
    after_commit(session, lambda: invalidate(cache, outlets))


def invalidate_all_scores(session: Session, cache: ScoreCache, *, are_moved: bool = True, now: dt.datetime) -> None:
    """Invalidate all cached scores when the transaction is committed.

    Args:
        session: The session of the transaction.
        cache: The score cache.
        are_moved: Whether scores change, so that outlets' places in the stored rankings must be updated.
        now: The time of the call.
    """
    _queue(session, (INVALIDATION, STANDING) if are_moved else (INVALIDATION,), None, now=now)
    after_commit(session, lambda: invalidate_all(cache))


def queue_invalidation(session: Session, outlets: Collection[str], *, now: dt.datetime) -> None:
    """Queue the invalidation of outlets' cached scores, and the update of their standings, for the worker."""
    _queue(session, (INVALIDATION, STANDING), sorted(outlets), now=now)


def queue_invalidation_of_all(session: Session, *, now: dt.datetime) -> None:
    """Queue the invalidation of all cached scores, and the update of all standings, for the worker."""
    _queue(session, (INVALIDATION, STANDING), None, now=now)


def queue_standings(session: Session, outlets: Collection[str], *, now: dt.datetime) -> None:
    """Queue the update of the standings of outlets whose scores changed only because time has passed."""
    _queue(session, (STANDING,), sorted(outlets), now=now)


def _queue(session: Session, kinds: Iterable[str], outlets: list[str] | None, *, now: dt.datetime) -> None:
    queued = {"payload": {"outlets": outlets}, "recorded_at": now}
    session.connection().execute(_INSERT, [{"id": new_id(), "kind": kind, **queued} for kind in kinds])


def invalidate(cache: ScoreCache, outlets: Iterable[str]) -> bool:
    """Invalidate cached responses about outlets and rankings; wait until no process may still serve them.

    Returns:
        Whether Redis confirmed the invalidation. If not, the worker retries it from the outbox.
    """
    return _end_generations(cache, [*outlets, RANKING])


def invalidate_all(cache: ScoreCache) -> bool:
    """Invalidate all cached responses; wait until no process may still serve them.

    Returns:
        Whether Redis confirmed the invalidation.
    """
    return _end_generations(cache, [None])


def _end_generations(cache: ScoreCache, subjects: Iterable[str | None]) -> bool:
    if (prefix := cache.link.prefix) is None:
        return False
    # The tokens are deleted, not replaced, because a Redis without free memory rejects SET but not DEL.
    try:
        cache.link.remove(generation_key(prefix, subject) for subject in subjects)
    except redis.RedisError as exc:
        cache.link.open_circuit("invalidate", exc)
        if isinstance(exc, redis.ResponseError):
            _await_delivery(cache.link, prefix)
        return False
    time.sleep(cache.lease)  # a process may serve a response that it read before, until its lease ends (R20)
    return True


def _await_delivery(link: RedisLink, prefix: str) -> None:
    """Wait until no process serves the scores that Redis refused to invalidate.

    Other processes serve them until the proof expires, or until the worker has delivered the invalidation. The worker
    has delivered it when the proof has been renewed twice, because the second renewal began after the first. Later
    writes do not wait, because the proof is gone.
    """
    seen: set[bytes | str] = set()
    deadline = time.monotonic() + redis_link.PROOF_LIFE
    try:
        while len(seen) <= 2 and time.monotonic() < deadline:
            if (proof := link.writer.get(proof_key(prefix))) is None:
                return
            seen.add(proof)
            time.sleep(_WAIT_INTERVAL)
    except redis.RedisError as exc:
        link.open_circuit("invalidate", exc)


def measure_backlog(db: Database, *, now: dt.datetime) -> Backlog:
    """Return the number of invalidations queued in the outbox, and the age of the oldest, for metrics."""
    counted = sa.select(sa.func.count(), sa.func.min(Outbox.recorded_at)).where(Outbox.kind == INVALIDATION)
    with db.read() as session:
        rows, oldest = session.execute(counted).one()
    return Backlog(rows, 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()))
