"""Rank outlets: the one order that the API, the page and the CSV file take their parts from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import CursorExpired
from service.ledger.seal import LAST_HEAD
from service.methods.context import Context
from service.methods.reliability import RATED_FROM
from service.methods.tally import Tally, tally
from service.outlets.earlier import Changes, changes_since, take_back
from service.outlets.sums import having_resolved
from service.outlets.track_record import Lens, OutletRecord
from service.scores.contexts import context_named, context_of, read_context_name
from service.scores.describe import Score, describe_score
from service.scores.read import read_records
from service.scores.standings import Slice, is_stored, moved_outlets, next_change, slugs_in
from service.storage.db import Database
from service.storage.models import Outlet
from service.storage.paging import decode_cursor, encode_cursor, read_sort_key
from service.storage.predicates import is_among
from service.storage.snapshots import Snapshot, read_state, take_snapshot
from service.values.instants import format_instant, parse_instant
from service.values.vocabulary import Basis, Order, OutletKind, RankBy, Role

CURSOR_LIFETIME = dt.timedelta(minutes=15)
"""The time from the first page of a ranking until its cursors expire."""
_FIRST_PAGE_LIFETIME = dt.timedelta(minutes=1)
"""The time for which a first page is cached, so that its cursor is valid for at least 14 minutes."""
_CLOCK_SLACK = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RankingCriteria:
    """The outlets that a ranking includes, and their order."""

    min_resolved: int = RATED_FROM
    kind: OutletKind | None = None
    """Only outlets of this kind; None for all."""
    sort: RankBy = RankBy.LOWER
    order: Order = Order.DESC

    def sort_key(self, score: Score) -> tuple[float, str]:
        """Return the key that a ranked score is sorted by, ascending; equal scores are sorted by slug."""
        value = self._value(score)
        return (-value if self.order is Order.DESC else value), score.outlet

    def _value(self, score: Score) -> float:
        if score.adjusted is None:
            raise ValueError("A score without an estimate cannot be ranked.")
        match self.sort:
            case RankBy.LOWER:
                return score.adjusted.lower
            case RankBy.MEAN:
                return score.adjusted.mean
            case RankBy.RECORD:
                return score.record.right / score.record.resolved
            case RankBy.RESOLVED:
                return score.record.resolved


@dataclass(frozen=True, slots=True)
class Ranking:
    """A whole ranking."""

    scores: list[Score]
    """The scores of the ranked outlets, in order."""
    unranked: list[OutletRecord]
    """The records with too few resolved claims, those with the most first; empty unless requested."""
    records: dict[str, OutletRecord]
    """The records of all outlets of the ranking, by slug."""
    context: Context
    changes_at: dt.datetime | None
    """When the ranking changes although nothing is recorded, because a claim falls due."""


@dataclass(frozen=True, slots=True)
class RankingPage:
    """A page of a ranking, as the API returns it."""

    items: Sequence[Score]
    next_cursor: str | None
    expires_at: dt.datetime | None
    """The moment at which the page must be computed again even without a write."""


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The database and the context that the first page of a ranking was computed from; its cursors carry them."""

    snapshot: Snapshot
    context: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a ranking."""

    after: tuple[float, str] | None
    """The sort key of the outlet before it; None for the beginning."""
    limit: int
    """The largest number of outlets."""


def rank_outlets(
    session: Session,
    criteria: RankingCriteria,
    *,
    lens: Lens,
    now: dt.datetime,
    with_unranked: bool = False,
    first: FirstPage | None = None,
    part: Part | None = None,
) -> Ranking:
    """Return the ranking of outlets.

    Without `part`, or under a lens whose order is not stored, the scores of all outlets are computed.

    Args:
        session: The session to read with.
        criteria: The outlets to rank, and their order.
        lens: The lens on their records.
        now: The time of the call.
        with_unranked: Whether to include the outlets with too few resolved claims.
        first: The first page, to return the ranking as it was then; None for the current one.
        part: The outlets that have to be in it; others may be left out. None for all.

    Raises:
        CursorExpired: The ranking cannot be shown any more as it was then.
    """
    changes = None if first is None else changes_since(session, first.snapshot)
    context = current = context_of(session, lens.basis, lens.recorded_by)
    if first is not None and first.context != current.id:
        context = context_named(session, first.context, lens.basis)
    chosen, changes_at = None, None
    if part is not None and is_stored(lens) and context is current:
        changed = () if changes is None else changes.outlets.values()
        chosen = _around(session, criteria, part, lens.basis, changed=changed, at=now)
        changes_at = next_change(session, lens.basis, after=now)
    if chosen is None:
        chosen = _all(session, 0 if with_unranked else criteria.min_resolved, changes)
    if criteria.kind is not None:
        chosen = sa.and_(chosen, Outlet.kind == criteria.kind)
    records = {record.slug: record for record in read_records(session, chosen, lens, now=now)}
    if changes is not None:
        take_back(session, records, changes, lens, now=now)
    head = session.scalar(LAST_HEAD)
    resolved = {slug: own_tally(record).resolved for slug, record in records.items()}
    ranked = [record for slug, record in records.items() if resolved[slug] >= criteria.min_resolved]
    unranked = [record for slug, record in records.items() if resolved[slug] < criteria.min_resolved]
    scores = [describe_score(record, context, lens, now=now, ledger=head) for record in ranked]
    moments = (changes_at, *(record.changes_at for record in records.values()))
    return Ranking(
        scores=sorted(scores, key=criteria.sort_key),
        unranked=sorted(unranked, key=lambda record: (-resolved[record.slug], record.slug)) if with_unranked else [],
        records=records,
        context=context,
        changes_at=min((moment for moment in moments if moment is not None), default=None),
    )


def _all(session: Session, least: int, changes: Changes | None) -> sa.ColumnElement[bool]:
    """Return the condition for all outlets with so many resolved claims, now or before some changes."""
    enough = having_resolved(session, least)
    if changes is None:
        return enough
    return sa.or_(enough, sa.and_(Outlet.scorable, is_among(session, Outlet.id, changes.outlets)))


def _around(
    session: Session, criteria: RankingCriteria, part: Part, basis: Basis, *, changed: Iterable[str], at: dt.datetime
) -> sa.ColumnElement[bool] | None:
    """Return the condition for the outlets of a part of the stored order, and for all that may not be in their place.

    Args:
        session: The session.
        criteria: The criteria of the ranking.
        part: The part.
        basis: The basis of the scores.
        changed: The outlets whose scores have changed since the first page, by slug.
        at: The moment of the first page.

    Returns:
        The condition; None if the whole order is to be updated.
    """
    if (moved := moved_outlets(session, basis, at=at)) is None:
        return None
    moved.update(changed)
    after = part.after
    if after is not None and criteria.order is Order.DESC:
        after = -after[0], after[1]
    own = criteria.sort, criteria.order, criteria.min_resolved, criteria.kind
    slugs = slugs_in(session, Slice(basis, *own, after, part.limit), without=moved)
    return sa.and_(Outlet.scorable, is_among(session, Outlet.slug, moved.union(slugs)))


def ranking_page(
    db: Database, criteria: RankingCriteria, *, lens: Lens, cursor: str | None, limit: int, now: dt.datetime
) -> RankingPage:
    """Return the page of a ranking that starts at a cursor.

    All pages show the ranking as it was when the first one was read.

    Raises:
        InvalidQuery: The cursor belongs to another ranking, or a moment of the lens is in the future.
        CursorExpired: The first page is too old, or cannot be shown any more as it was.
    """
    lens.refuse_future(now)
    bound_to = ["ranking", criteria, lens.topic, lens.basis, lens.as_of, lens.level]
    last, first = (None, None) if cursor is None else _read_cursor(cursor, bound_to, now=now)
    moment = now if first is None else first.snapshot.at
    with db.read() as session:
        ranking = rank_outlets(session, criteria, lens=lens, now=moment, first=first, part=Part(last, limit + 1))
        first = first or FirstPage(take_snapshot(session, now=now), ranking.context.id)
    scores = [score for score in ranking.scores if last is None or criteria.sort_key(score) > last]
    items = scores[:limit]
    if len(scores) <= limit:
        return RankingPage(items, None, ranking.changes_at)
    end = moment + (_FIRST_PAGE_LIFETIME if cursor is None else CURSOR_LIFETIME)
    cursor = _write_cursor(criteria.sort_key(items[-1]), first, bound_to)
    return RankingPage(items, cursor, min(end, ranking.changes_at or end))


def _write_cursor(last: tuple[float, str], first: FirstPage, bound_to: object) -> str:
    """Return the cursor of the page after an outlet, given its sort key."""
    moment = format_instant(first.snapshot.at)
    return encode_cursor((*map(str, last), moment, first.context, first.snapshot.state), bound_to)


def _read_cursor(cursor: str, bound_to: object, *, now: dt.datetime) -> tuple[tuple[float, str], FirstPage]:
    """Return the sort key of the last outlet, and the first page, from a cursor.

    Raises:
        InvalidQuery: The cursor belongs to another ranking.
        CursorExpired: The first page is too old.
    """
    read = (float, str, parse_instant, read_context_name, read_state)
    value, slug, moment, context, state = read_sort_key(decode_cursor(cursor, bound_to), read)
    if not now - CURSOR_LIFETIME <= moment <= now + _CLOCK_SLACK:
        raise CursorExpired("The first page was read more than 15 minutes ago. Start again without cursor.")
    return (value, slug), FirstPage(Snapshot(moment, state), context)


def own_tally(record: OutletRecord) -> Tally:
    """Return the tally of the claims that an outlet reported in its own name."""
    return tally(record.parts, Role.OWN, scorable=record.scorable)
