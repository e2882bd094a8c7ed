"""Rank outlets: the one order that the API, the page and the CSV file take their parts from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.ledger.seal import last_head
from service.methods.context import Context
from service.methods.reliability import RATED_FROM
from service.methods.tally import Tally, tally
from service.outlets.sums import having_resolved
from service.outlets.track_record import Lens, OutletRecord, read_records
from service.scores.contexts import context_of
from service.scores.describe import Score, describe_score
from service.storage.db import Database
from service.storage.models import Outlet
from service.storage.paging import decode_cursor, encode_cursor, read_sort_key
from service.values.vocabulary import Order, OutletKind, RankBy, Role


@dataclass(frozen=True, slots=True)
class RankingCriteria:
    """Which outlets a ranking includes, and how it is sorted."""

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
        if score.reliability is None:
            raise ValueError("A score without an estimate cannot be ranked.")
        if self.sort is RankBy.RESOLVED:
            return score.record.resolved
        return score.reliability.mean if self.sort is RankBy.MEAN else score.reliability.lower


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
    changes_at: dt.datetime | None


def rank_outlets(
    session: Session, criteria: RankingCriteria, *, lens: Lens, now: dt.datetime, with_unranked: bool = False
) -> Ranking:
    """Return the ranking of outlets.

    Args:
        session: The session to read with.
        criteria: Which outlets to rank, and in which order.
        lens: The lens on their records.
        now: The time of the call.
        with_unranked: Whether to include the outlets with too few resolved claims.
    """
    chosen = having_resolved(session, 0 if with_unranked else criteria.min_resolved)
    if criteria.kind is not None:
        chosen = sa.and_(chosen, Outlet.kind == criteria.kind)
    context = context_of(session, lens.recorded_by)
    records = {record.slug: record for record in read_records(session, chosen, lens, now=now)}
    head = last_head(session)
    resolved = {slug: own_tally(record).resolved for slug, record in records.items()}
    ranked = [record for slug, record in records.items() if resolved[slug] >= criteria.min_resolved]
    unranked = [record for slug, record in records.items() if resolved[slug] < criteria.min_resolved]
    scores = [describe_score(record, context, lens, now=now, ledger=head) for record in ranked]
    return Ranking(
        scores=sorted(scores, key=criteria.sort_key),
        unranked=sorted(unranked, key=lambda record: (-resolved[record.slug], record.slug)) if with_unranked else [],
        records=records,
        context=context,
        changes_at=min((at for record in records.values() if (at := record.changes_at) is not None), default=None),
    )


def ranking_page(
    db: Database, criteria: RankingCriteria, *, lens: Lens, cursor: str | None, limit: int, now: dt.datetime
) -> RankingPage:
    """Return the page of a ranking that starts at a cursor.

    Raises:
        InvalidQuery: The cursor belongs to another ranking, or a moment of the lens is in the future.
    """
    lens.refuse_future(now)
    with db.read() as session:
        ranking = rank_outlets(session, criteria, lens=lens, now=now)
    bound_to = ["ranking", criteria, lens.topic, lens.basis, lens.level]
    scores = ranking.scores
    if cursor is not None:
        last = read_sort_key(decode_cursor(cursor, bound_to), [float, str])
        scores = [score for score in scores if criteria.sort_key(score) > last]
    items = scores[:limit]
    more = len(scores) > limit
    next_cursor = encode_cursor(tuple(map(str, criteria.sort_key(items[-1]))), bound_to) if more else None
    return RankingPage(items, next_cursor, ranking.changes_at)


def own_tally(record: OutletRecord) -> Tally:
    """Return the tally of the claims that an outlet reported in its own name."""
    return tally(record.parts, Role.OWN, scorable=record.scorable)
