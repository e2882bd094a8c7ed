"""What follows from a transaction: today, that the cached scores it made old are forgotten.

That is done as soon as it is committed. A row in the transaction says so too, for the writer that dies
in between and for the Redis that is away just then; the worker goes by it.
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

_FORGET = "forget"
_AT_ONCE = 500


def invalidate_scores(session: Session, cache: ScoreCache, outlets: Collection[str], *, now: dt.datetime) -> None:
    """Forget the scores of these outlets once the transaction that changes them is committed."""
    leave_forget(session, outlets, now=now)
    after_commit(session, lambda: cache.invalidate(outlets))


def invalidate_all_scores(session: Session, cache: ScoreCache, *, now: dt.datetime) -> None:
    """Forget all scores once the transaction that changes what they are held against is committed."""
    leave_forget_all(session, now=now)
    after_commit(session, cache.invalidate_all)


def leave_forget(session: Session, outlets: Collection[str], *, now: dt.datetime) -> None:
    """Leave it to the worker to forget the scores of these outlets."""
    session.add(Outbox(kind=_FORGET, payload={"outlets": sorted(outlets)}, recorded_at=now))


def leave_forget_all(session: Session, *, now: dt.datetime) -> None:
    """Leave it to the worker to forget all scores."""
    session.add(Outbox(kind=_FORGET, payload={"outlets": None}, recorded_at=now))


def sweep(db: Database, cache: ScoreCache) -> int:
    """Forget what the rows say, then delete them; what Redis does not take stays for the next time.

    Returns:
        How many rows were done with.
    """
    done = 0
    while batch := _next_batch(db):
        if not _forget(cache, [row.payload["outlets"] for row in batch]):
            break
        with db.write() as session:
            session.execute(sa.delete(Outbox).where(Outbox.id.in_([row.id for row in batch])))
        done += len(batch)
    return done


def measure_backlog(db: Database, *, now: dt.datetime) -> Backlog:
    """How much waits in the outbox, and since when."""
    with db.read() as session:
        rows, oldest = session.execute(sa.select(sa.func.count(), sa.func.min(Outbox.recorded_at))).one()
    return Backlog(rows, 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()))


def _forget(cache: ScoreCache, named: list[list[str] | None]) -> bool:
    """Forget what is named; None stands for everything."""
    if any(outlets is None for outlets in named):
        return cache.invalidate_all()
    return cache.invalidate({outlet for outlets in named for outlet in outlets or ()})


def _next_batch(db: Database) -> list[Outbox]:
    with db.read() as session:
        return list(
            session.scalars(sa.select(Outbox).where(Outbox.kind == _FORGET).order_by(Outbox.id).limit(_AT_ONCE))
        )
