"""Invalidation of cached scores after a transaction.

Cached scores are invalidated right after the commit. The transaction also adds a row to the outbox, which the worker
delivers (see delivery.py) in case the writer died after the commit, or Redis was unavailable, and another row by which
the stored rankings are updated (see scores/standings.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.score_cache import ScoreCache
from service.storage.base import detached
from service.storage.bulk import insert_rows
from service.storage.db import Database, after_commit
from service.storage.models import Outbox
from service.telemetry.metrics import Backlog
from service.values.ids import new_id

INVALIDATION = "invalidate"
"""The kind of an outbox row that invalidates cached scores."""
STANDING = "standing"
"""The kind of an outbox row that names outlets whose places in the stored rankings are to be updated."""


def invalidate_scores(session: Session, cache: ScoreCache, outlets: Collection[str], *, now: dt.datetime) -> None:
    """Invalidate the cached scores of outlets when the transaction is committed."""
    queue_invalidation(session, outlets, now=now)
    after_commit(session, lambda: cache.invalidate(outlets))


def invalidate_all_scores(session: Session, cache: ScoreCache, *, are_moved: bool = True, now: dt.datetime) -> None:
    """Invalidate all cached scores when the transaction is committed.

    Args:
        session: The session of the transaction.
        cache: The score cache.
        are_moved: Whether estimates change, and with them the places of outlets in the rankings.
        now: The time of the call.
    """
    _queue(session, (INVALIDATION, STANDING) if are_moved else (INVALIDATION,), None, now=now)
    after_commit(session, cache.invalidate_all)


def queue_invalidation(session: Session, outlets: Collection[str], *, now: dt.datetime) -> None:
    """Queue the invalidation of the cached scores of outlets for the worker, and the update of their standings."""
    _queue(session, (INVALIDATION, STANDING), sorted(outlets), now=now)


def queue_invalidation_of_all(session: Session, *, now: dt.datetime) -> None:
    """Queue the invalidation of all cached scores for the worker, and the update of all standings."""
    _queue(session, (INVALIDATION, STANDING), None, now=now)


def queue_standings(session: Session, outlets: Collection[str], *, now: dt.datetime) -> None:
    """Queue the update of the standings of outlets, whose scores have changed only because time has passed."""
    _queue(session, (STANDING,), sorted(outlets), now=now)


def _queue(session: Session, kinds: Iterable[str], outlets: list[str] | None, *, now: dt.datetime) -> None:
    queued = {"payload": {"outlets": outlets}, "recorded_at": now}
    insert_rows(session, {Outbox: [detached(Outbox, {"id": new_id(), "kind": kind, **queued}) for kind in kinds]})


def measure_backlog(db: Database, *, now: dt.datetime) -> Backlog:
    """Return the number of rows in the outbox, and the age of the oldest."""
    counted = sa.select(sa.func.count(), sa.func.min(Outbox.recorded_at)).where(Outbox.kind == INVALIDATION)
    with db.read() as session:
        rows, oldest = session.execute(counted).one()
    return Backlog(rows, 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()))
