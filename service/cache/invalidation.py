"""Invalidation of cached scores after a transaction.

Cached scores are invalidated right after the commit. The transaction also adds a row to the outbox, which the worker
delivers (see delivery.py) in case the writer died after the commit, or Redis was unavailable.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.score_cache import ScoreCache
from service.storage.db import Database, after_commit
from service.storage.models import Outbox
from service.telemetry.metrics import Backlog
from service.values.ids import new_id

INVALIDATION = "invalidate"
"""The kind of an outbox row that invalidates cached scores."""
_QUEUE = sa.insert(Outbox)


def invalidate_scores(session: Session, cache: ScoreCache, outlets: Collection[str], *, now: dt.datetime) -> None:
    """Invalidate the cached scores of outlets when the transaction is committed."""
    queue_invalidation(session, outlets, now=now)
    after_commit(session, lambda: cache.invalidate(outlets))


def invalidate_all_scores(session: Session, cache: ScoreCache, *, now: dt.datetime) -> None:
    """Invalidate all cached scores when the transaction is committed, because the context of all scores changes."""
    queue_invalidation_of_all(session, now=now)
    after_commit(session, cache.invalidate_all)


def queue_invalidation(session: Session, outlets: Collection[str], *, now: dt.datetime) -> None:
    """Queue the invalidation of the cached scores of outlets for the worker."""
    _queue(session, sorted(outlets), now=now)


def queue_invalidation_of_all(session: Session, *, now: dt.datetime) -> None:
    """Queue the invalidation of all cached scores for the worker."""
    _queue(session, None, now=now)


def _queue(session: Session, outlets: list[str] | None, *, now: dt.datetime) -> None:
    # Not with `session.add`, because a flush of one row takes several times as long.
    row = {"id": new_id(), "kind": INVALIDATION, "payload": {"outlets": outlets}, "recorded_at": now}
    session.connection().execute(_QUEUE, row)


def measure_backlog(db: Database, *, now: dt.datetime) -> Backlog:
    """Return the number of rows in the outbox, and the age of the oldest."""
    with db.read() as session:
        rows, oldest = session.execute(sa.select(sa.func.count(), sa.func.min(Outbox.recorded_at))).one()
    return Backlog(rows, 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()))
