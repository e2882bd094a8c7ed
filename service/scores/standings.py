"""Keep the stored order of outlets up to date, from which rankings are read.

A row of `standing` holds the numbers of a current score that rankings are sorted by. Every write that changes a score
adds its outlets to the outbox in the same transaction, and a worker then updates their rows. So in any snapshot of the
database, all rows are exact except those of the outlets in the outbox, which readers compute themselves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from uuid import UUID

import sqlalchemy as sa

from service.cache.invalidation import queue_standings
from service.scores.moved_outlets import IN_QUEUE, moved_outlets, outlets_in
from service.scores.places import Measures
from service.scores.standing_rows import COMPUTED, compute_standings
from service.storage.bulk import insert_rows
from service.storage.db import Database
from service.storage.db_errors import WriteConflict
from service.storage.locks import lock_name
from service.storage.models import Outbox, Outlet, Standing
from service.storage.predicates import is_among
from service.values.vocabulary import Basis

_QUEUED = 500
"""The number of outbox rows that are read at a time."""


def update_standings(db: Database, *, now: dt.datetime) -> bool:
    """Update the standings of the outlets listed in the outbox and of those with a claim that fell due.

    Returns:
        Whether there may be more to update.
    """
    _queue_due(db, now=now)
    with db.read(unlimited=True) as session:
        rows = session.execute(IN_QUEUE.limit(_QUEUED)).all()
        if not rows:
            return False
        if (outlets := outlets_in(rows)) is None:
            rows = session.execute(IN_QUEUE).all()
        chosen = sa.true() if outlets is None else is_among(session, Outlet.slug, outlets)
        standings = list(compute_standings(session, chosen, now=now))
    with suppress(WriteConflict):
        _store(db, [row.id for row in rows], outlets, standings)
    return len(rows) >= _QUEUED


def _queue_due(db: Database, *, now: dt.datetime) -> None:
    """Add outlets with a claim that fell due to the outbox, so that their standings are updated."""
    due = sa.select(Standing.slug).where(Standing.basis == Basis.MATURED, Standing.valid_until <= now)
    with db.read() as session:
        outlets = session.scalars(due.limit(COMPUTED)).all()
    if outlets:
        with db.write() as session:
            queue_standings(session, outlets, now=now)


def _store(db: Database, done: Sequence[UUID], outlets: Collection[str] | None, standings: Sequence[Standing]) -> None:
    """Replace the standings of these outlets, or of all, and delete the outbox rows that listed them.

    Raises:
        WriteConflict: Another worker has already updated them, perhaps from newer sums.
    """
    with db.write() as session:
        lock_name(session, "standings")
        deleted = sa.delete(Outbox).where(is_among(session, Outbox.id, done)).returning(Outbox.id)
        if len(session.connection().execute(deleted).all()) < len(done):
            raise WriteConflict("Another worker has updated these standings.")
        replaced = sa.delete(Standing)
        if outlets is not None:
            replaced = replaced.where(is_among(session, Standing.slug, outlets))
        session.connection().execute(replaced)
        insert_rows(session, {Standing: standings})


def wrong_standings(db: Database, *, now: dt.datetime) -> Iterator[tuple[Basis, str]]:
    """Yield the basis and the slug of each outlet with a stored standing that differs from its score.

    Outlets whose standings are queued for an update are left out.
    """
    with db.read(unlimited=True) as session:
        stored = {_key(row): row for row in session.scalars(sa.select(Standing))}
        computed = {_key(row): row for row in compute_standings(session, sa.true(), now=now)}
        moved = {basis: moved_outlets(session, basis, at=now) for basis in Basis}
    wrong = {key[:2] for key in stored.keys() | computed.keys() if _place(stored.get(key)) != _place(computed.get(key))}
    for basis, slug in sorted(wrong):
        outlets = moved[basis]
        if outlets is not None and slug not in outlets:
            yield basis, slug


def _key(row: Standing) -> tuple[Basis, str, str]:
    return row.basis, row.slug, row.topic


def _place(row: Standing | None) -> tuple[object, ...] | None:
    return None if row is None else (row.kind, *(getattr(row, name) for name in Measures._fields))
