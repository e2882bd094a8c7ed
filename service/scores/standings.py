"""The stored order of outlets, from which a page of the ranking is read without computing the others.

A row of `standing` holds the members of a current score that rankings are sorted by. Every write that changes a score
names its outlets in the outbox, in the same transaction, and the worker updates their rows. So in each snapshot of the
database the rows are exact, apart from those of the outlets that the outbox names, and readers compute these.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import STANDING, queue_standings
from service.methods.context import Context
from service.methods.tally import tally
from service.outlets.track_record import EVERYTHING, Condition, Lens, OutletRecord
from service.scores.contexts import context_of
from service.scores.read import read_records
from service.storage.base import detached
from service.storage.bulk import insert_rows
from service.storage.db import Database
from service.storage.db_errors import WriteConflict
from service.storage.locks import lock_name
from service.storage.models import Outbox, Outlet, Standing
from service.storage.models.outbox import Invalidation
from service.storage.predicates import by_bytes, is_among
from service.values.vocabulary import Basis, Order, OutletKind, RankBy, Role

_QUEUED = 500
"""The number of rows of the outbox that are read at a time."""
_COMPUTED = 500
"""The number of outlets that are computed at a time."""
_COLUMNS = {
    RankBy.LOWER: Standing.lower,
    RankBy.MEAN: Standing.mean,
    RankBy.RECORD: Standing.share,
    RankBy.RESOLVED: Standing.resolved,
}
_IN_QUEUE = sa.select(Outbox.id, Outbox.payload).where(Outbox.kind == STANDING).order_by(Outbox.id)


@dataclass(frozen=True, slots=True)
class Slice:
    """The outlets of a part of a ranking."""

    basis: Basis
    sort: RankBy
    order: Order
    min_resolved: int
    kind: OutletKind | None
    """Only outlets of this kind; None for all."""
    after: tuple[float, str] | None
    """The value and the slug of the outlet before them; None for the first ones."""
    limit: int
    """The largest number of outlets."""


def is_stored(lens: Lens) -> bool:
    """Return whether the order of outlets under a lens is stored: that of current scores, with the usual interval."""
    return lens == replace(EVERYTHING, basis=lens.basis)


def moved_outlets(session: Session, basis: Basis, *, at: dt.datetime) -> set[str] | None:
    """Return the outlets whose standings are not those of a moment, by slug; None for all."""
    if (queued := _outlets_in(session.execute(_IN_QUEUE))) is None:
        return None
    if basis is Basis.MATURED:
        outdated = sa.or_(Standing.valid_until <= at, Standing.computed_at > at)
        queued.update(session.scalars(sa.select(Standing.slug).where(Standing.basis == basis, outdated)))
    return queued


def slugs_in(session: Session, part: Slice, *, without: Collection[str]) -> Sequence[str]:
    """Return the slugs of the outlets of a part of the stored order, without the outlets that have moved."""
    column, slug = _COLUMNS[part.sort], by_bytes(session, Standing.slug)
    is_descending = part.order is Order.DESC
    # Not plainly `resolved`, or the planner may use its index and then sort all outlets that it finds.
    enough = Standing.resolved + 0 >= part.min_resolved
    rows = sa.select(Standing.slug).where(Standing.basis == part.basis, enough)
    if part.kind is not None:
        rows = rows.where(Standing.kind == part.kind)
    if part.after is not None:
        value, last = part.after
        reached, passed = (column <= value, column < value) if is_descending else (column >= value, column > value)
        rows = rows.where(reached, sa.or_(passed, slug > last))
    if without:
        rows = rows.where(~is_among(session, Standing.slug, without))
    return session.scalars(rows.order_by(column.desc() if is_descending else column, slug).limit(part.limit)).all()


def next_change(session: Session, basis: Basis, *, after: dt.datetime) -> dt.datetime | None:
    """Return the moment at which a standing changes although nothing is recorded, because a claim falls due."""
    moments = sa.select(Standing.valid_until).where(Standing.basis == basis, Standing.valid_until > after)
    return session.scalar(moments.order_by(Standing.valid_until).limit(1))


def update_standings(db: Database, *, now: dt.datetime) -> bool:
    """Update the standings of the outlets that the outbox names or of which a claim fell due.

    Returns:
        Whether there may be more to update.
    """
    _queue_due(db, now=now)
    with db.read(unlimited=True) as session:
        rows = session.execute(_IN_QUEUE.limit(_QUEUED)).all()
        if not rows:
            return False
        if (outlets := _outlets_in(rows)) is None:
            rows = session.execute(_IN_QUEUE).all()
        chosen = sa.true() if outlets is None else is_among(session, Outlet.slug, outlets)
        standings = list(compute_standings(session, chosen, now=now))
    with suppress(WriteConflict):
        _store(db, [row.id for row in rows], outlets, standings)
    return len(rows) >= _QUEUED


def _queue_due(db: Database, *, now: dt.datetime) -> None:
    """Queue the outlets of which a claim fell due."""
    due = sa.select(Standing.slug).where(Standing.basis == Basis.MATURED, Standing.valid_until <= now)
    with db.read() as session:
        outlets = session.scalars(due.limit(_COMPUTED)).all()
    if outlets:
        with db.write() as session:
            queue_standings(session, outlets, now=now)


def compute_standings(session: Session, chosen: Condition, *, now: dt.datetime) -> Iterator[Standing]:
    """Yield the standings of each outlet that meets a condition, as new rows."""
    kinds = dict(session.execute(sa.select(Outlet.slug, Outlet.kind).where(Outlet.scorable, chosen)).all())
    slugs = list(kinds)
    for basis in Basis:
        context, lens = context_of(session, basis), replace(EVERYTHING, basis=basis)
        for start in range(0, len(slugs), _COMPUTED):
            some = is_among(session, Outlet.slug, slugs[start : start + _COMPUTED])
            for record in read_records(session, some, lens, now=now):
                if (members := _members(record, context, lens)) is not None:
                    members |= {"basis": basis, "kind": kinds[record.slug], "computed_at": now}
                    yield detached(Standing, members)


def _members(record: OutletRecord, context: Context, lens: Lens) -> dict[str, object] | None:
    """Return the members of a standing that depend on the record; None without a score, now or when claims fall due."""
    own = tally(record.parts, Role.OWN, scorable=record.scorable)
    members = {"slug": record.slug, "resolved": own.resolved, "valid_until": record.changes_at}
    if (rating := own.rating(context, topic=None, level=lens.level)) is not None:
        adjusted = rating.adjusted
        return members | {"lower": adjusted.lower, "mean": adjusted.mean, "share": own.right / own.resolved}
    return None if record.changes_at is None else members | dict.fromkeys(("lower", "mean", "share"), 0.0)


def _store(db: Database, done: Sequence[UUID], outlets: Collection[str] | None, standings: Sequence[Standing]) -> None:
    """Replace the standings of outlets, or all, and delete the rows of the outbox that named them.

    Raises:
        WriteConflict: Another worker has done so, perhaps from newer sums.
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
    """Yield the basis and the slug of each standing that differs from the score, apart from those to be updated."""
    with db.read(unlimited=True) as session:
        stored = {(row.basis, row.slug): row for row in session.scalars(sa.select(Standing))}
        computed = {(row.basis, row.slug): row for row in compute_standings(session, sa.true(), now=now)}
        moved = {basis: moved_outlets(session, basis, at=now) for basis in Basis}
    for key in sorted(stored.keys() | computed.keys()):
        outlets = moved[key[0]]
        if outlets is not None and key[1] not in outlets and _place(stored.get(key)) != _place(computed.get(key)):
            yield key


def _place(row: Standing | None) -> tuple[object, ...] | None:
    return None if row is None else (row.kind, row.resolved, row.lower, row.mean, row.share)


def _outlets_in(rows: Iterable[sa.Row[UUID, Invalidation]]) -> set[str] | None:
    """Return the outlets that rows of the outbox name; None for all."""
    found: set[str] = set()
    for row in rows:
        if (outlets := row.payload["outlets"]) is None:
            return None
        found.update(outlets)
    return found
