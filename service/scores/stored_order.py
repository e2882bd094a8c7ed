"""Read the stored order of outlets, so that a page of a ranking need not compute all scores.

The stored place of some outlets may be outdated: those listed in the outbox, those with a claim that fell due after
their row was computed, those that changed since the first page of a list, and those that changed after a past moment.
They are left out here. A ranking computes them and inserts them among the others, so it is exact in every snapshot of
the database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.track_record import Condition, Lens
from service.scores.moved_outlets import changed_after, moved_outlets
from service.scores.places import Place, RankingCriteria
from service.storage.models import Standing
from service.storage.predicates import is_among
from service.values.vocabulary import Order, RankBy

Columns = TypeVarTuple("Columns")

_COLUMNS = {
    RankBy.LOWER: Standing.lower,
    RankBy.MEAN: Standing.mean,
    RankBy.RECORD: Standing.share,
    RankBy.RESOLVED: Standing.resolved,
}


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """The stored order of outlets in a ranking, without those whose stored place may be outdated."""

    session: Session
    criteria: RankingCriteria
    lens: Lens
    moved: frozenset[str] | None
    """The slugs of the outlets that are left out; None if all are left out."""

    def places(self, after: tuple[float, str] | None, limit: int) -> list[Place]:
        """Return up to `limit` places that follow a sort key, or the first ones if it is None."""
        if self.moved is None:
            return []
        column, sign = _COLUMNS[self.criteria.sort], -1 if self.criteria.order is Order.DESC else 1
        rows = sa.select(column.label("value"), Standing.slug, Standing.lower, Standing.upper).where(*self._ranked())
        if after is not None:
            value, slug = sign * after[0], after[1]
            reached, passed = (column <= value, column < value) if sign < 0 else (column >= value, column > value)
            rows = rows.where(reached, sa.or_(passed, Standing.slug > slug))
        in_order = column.desc() if sign < 0 else column, Standing.slug
        found = self.session.execute(self._in_place(rows).order_by(*in_order).limit(limit))
        return [Place((sign * row.value, row.slug), row.lower, row.upper) for row in found]

    def waiting(self, limit: int) -> list[tuple[int, int, str]]:
        """Return the first unranked outlets, sorted by resolved claims, then by claims, both descending.

        Each is a tuple of its number of resolved claims, its number of claims and its slug.
        """
        if self.moved is None:
            return []
        rows = sa.select(Standing.resolved, Standing.claims, Standing.slug)
        rows = self._in_place(rows).where(Standing.resolved < self.criteria.min_resolved, Standing.claims > 0)
        # All descending, so that the index has this order, and PostgreSQL does not sort all outlets.
        in_order = Standing.resolved.desc(), Standing.claims.desc(), Standing.slug.desc()
        found = self.session.execute(rows.order_by(*in_order).limit(limit))
        return [(row.resolved, row.claims, row.slug) for row in found]

    def count(self) -> tuple[int, int]:
        """Return the number of ranked outlets, and the number of unranked outlets that have claims."""
        if self.moved is None:
            return 0, 0
        ranked = sa.func.count().filter(*self._ranked())
        rows = self._of_ranking(sa.select(ranked, sa.func.count()).where(Standing.claims > 0))
        here, all_here = self.session.execute(rows).one()
        if self.moved:
            there, all_there = self.session.execute(rows.where(self._is_moved())).one()
            here, all_here = here - there, all_here - all_there
        return here, all_here - here

    def next_change(self, *, after: dt.datetime) -> dt.datetime | None:
        """Return the moment at which a score next changes without a write, because a claim falls due."""
        if self.moved is None or not self.lens.is_current:
            return None
        of_basis = Standing.basis == self.lens.basis, Standing.valid_until > after
        return self.session.scalar(
            sa.select(Standing.valid_until).where(*of_basis).order_by(Standing.valid_until).limit(1)
        )

    def _of_ranking(self, rows: sa.Select[*Columns]) -> sa.Select[*Columns]:
        rows = rows.where(Standing.topic == (self.lens.topic or ""), Standing.basis == self.lens.basis)
        return rows if self.criteria.kind is None else rows.where(Standing.kind == self.criteria.kind)

    def _ranked(self) -> Sequence[Condition]:
        # `+ 0` keeps the planner from using the index on `resolved` and then sorting all outlets that it finds.
        return [Standing.resolved + 0 >= self.criteria.min_resolved]

    def _is_moved(self) -> sa.ColumnElement[bool]:
        return is_among(self.session, Standing.slug, self.moved or ())

    def _in_place(self, rows: sa.Select[*Columns]) -> sa.Select[*Columns]:
        rows = self._of_ranking(rows)
        return rows.where(~self._is_moved()) if self.moved else rows


def read_order(
    session: Session, criteria: RankingCriteria, lens: Lens, *, changed: Iterable[str], at: dt.datetime
) -> StoredOrder:
    """Return the stored order of outlets for a ranking; it is empty if this order is not stored.

    Args:
        session: The session.
        criteria: The criteria of the ranking.
        lens: The lens on the records.
        changed: The outlets whose scores have changed since the first page, by slug.
        at: The moment of the first page.
    """
    moved = _moved(session, lens, at=at) if _is_stored(criteria, lens) else None
    return StoredOrder(session, criteria, lens, None if moved is None else frozenset(moved.union(changed)))


def _is_stored(criteria: RankingCriteria, lens: Lens) -> bool:
    """Return whether the database stores the order of a ranking.

    The lower bound is stored only at the default level, and the order of a past record is not stored.
    """
    return lens.recorded_by is None and (lens.level == DEFAULT_LEVEL or criteria.sort is not RankBy.LOWER)


def _moved(session: Session, lens: Lens, *, at: dt.datetime) -> set[str] | None:
    moved = moved_outlets(session, lens.basis, at=at)
    if moved is not None and lens.as_of is not None:
        moved.update(changed_after(session, lens.as_of))
    return moved
