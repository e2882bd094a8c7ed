"""Rank outlets: the one order from which the API, the page and the CSV file take their parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.ledger.seal import LAST_HEAD
from service.methods.tally import Context
from service.outlets.earlier import Changes, changes_since, take_back
from service.outlets.sums import having_resolved
from service.outlets.track_record import Lens, OutletRecord
from service.scores.describe import Score, describe_score, own_tally
from service.scores.places import Measures, Place, RankingCriteria, measure
from service.scores.read import context_named, context_of, read_records
from service.scores.stored_order import StoredOrder, read_order
from service.storage.models import Outlet
from service.storage.predicates import is_among
from service.storage.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The database and the context that the first page of a ranking was computed from; its cursors carry them."""

    snapshot: Snapshot
    context: str


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranking at one moment: outlets in the stored order, and computed ones that are placed among them."""

    session: Session
    lens: Lens
    context: Context
    now: dt.datetime
    stored: StoredOrder
    computed: Mapping[str, OutletRecord]
    """The records of the outlets that may not be in their stored place, by slug."""
    measures: Mapping[str, Measures]
    """The measures of the same outlets."""

    def places(self, *, after: tuple[float, str] | None = None, limit: int) -> list[Place]:
        """Return the first places after a sort key; None for the beginning."""
        criteria = self.stored.criteria
        places = [criteria.place(slug, each) for slug, each in self.measures.items() if self._is_ranked(each)]
        later = (place for place in places if after is None or place.key > after)
        return sorted([*self.stored.places(after, limit), *later])[:limit]

    def waiting(self, limit: int) -> list[str]:
        """Return the unranked outlets with the most resolved claims, then with the most claims, by slug."""
        computed = [
            (each.resolved, each.claims, slug)
            for slug, each in self.measures.items()
            if each.claims and not self._is_ranked(each)
        ]
        found = sorted([*self.stored.waiting(limit), *computed], reverse=True)[:limit]
        return [slug for _, _, slug in sorted(found, key=lambda one: (-one[0], -one[1], one[2]))]

    def count(self) -> tuple[int, int]:
        """Return the number of ranked outlets, and of unranked outlets that have claims."""
        ranked, waiting = self.stored.count()
        computed = [self._is_ranked(each) for each in self.measures.values() if each.claims]
        return ranked + sum(computed), waiting + len(computed) - sum(computed)

    def records(self, slugs: Iterable[str]) -> dict[str, OutletRecord]:
        """Return the records of outlets by slug."""
        wanted = set(slugs)
        found = {slug: record for slug, record in self.computed.items() if slug in wanted}
        if others := wanted - found.keys():
            chosen = is_among(self.session, Outlet.slug, others)
            found |= {one.slug: one for one in read_records(self.session, chosen, self.lens, now=self.now)}
        return found

    def scores(self, records: Iterable[OutletRecord]) -> list[Score]:
        """Return the scores of records."""
        head = self.session.scalar(LAST_HEAD)
        return [describe_score(record, self.context, self.lens, now=self.now, ledger=head) for record in records]

    @property
    def changes_at(self) -> dt.datetime | None:
        """The moment at which the ranking changes although nothing is recorded, because a claim falls due."""
        moments = self.stored.next_change(after=self.now), *(record.changes_at for record in self.computed.values())
        return min((moment for moment in moments if moment is not None), default=None)

    def _is_ranked(self, measures: Measures) -> bool:
        return measures.resolved >= self.stored.criteria.min_resolved


def read_ranking(
    session: Session,
    criteria: RankingCriteria,
    *,
    lens: Lens,
    now: dt.datetime,
    first: FirstPage | None = None,
    with_waiting: bool = False,
) -> Ranking:
    """Return a ranking of outlets.

    If the order is not stored, the records of all its outlets are read.

    Args:
        session: The session, which the ranking reads its parts with.
        criteria: The outlets to rank, and their order.
        lens: The lens on their records.
        now: The time of the call, or of the first page.
        first: The first page, to return the ranking as it was then; None for the current one.
        with_waiting: Whether the unranked outlets are read, too.

    Raises:
        CursorExpired: The ranking of the first page cannot be shown any more.
    """
    changes = None if first is None else changes_since(session, first.snapshot)
    context = context_of(session, lens.basis, lens.recorded_by)
    if first is None or first.context == context.id:
        changed = () if changes is None else changes.outlets.values()
        stored = read_order(session, criteria, lens, changed=changed, at=now)
    else:  # there was a refit since the first page
        context = context_named(session, first.context, lens.basis)
        stored = StoredOrder(session, criteria, lens, moved=None)
    chosen = _not_stored(stored, changes, with_waiting=with_waiting)
    computed = [] if chosen is None else read_records(session, chosen, lens, now=now)
    records = {record.slug: record for record in computed}
    if changes is not None:
        take_back(session, records, changes, lens, now=now)
    return Ranking(session, lens, context, now, stored, records, _measure(records, context, lens))


def _measure(records: Mapping[str, OutletRecord], context: Context, lens: Lens) -> dict[str, Measures]:
    return {
        slug: measure(own_tally(record), context, topic=lens.topic, level=lens.level)
        for slug, record in records.items()
    }


def _not_stored(stored: StoredOrder, changes: Changes | None, *, with_waiting: bool) -> sa.ColumnElement[bool] | None:
    """Return the condition for the outlets of a ranking that are not read from the stored order; None without any."""
    session, criteria = stored.session, stored.criteria
    conditions: list[sa.ColumnElement[bool]] = [sa.and_(Outlet.scorable)]
    if criteria.kind is not None:
        conditions.append(Outlet.kind == criteria.kind)
    if stored.moved is not None:
        conditions.append(is_among(session, Outlet.slug, stored.moved))
        return sa.and_(*conditions) if stored.moved else None
    # At a past moment an outlet may have had more resolved claims than now.
    least = criteria.min_resolved if stored.lens.is_current and not with_waiting else 0
    enough = having_resolved(session, least)
    if changes is not None:
        enough = sa.or_(enough, is_among(session, Outlet.id, changes.outlets))
    return sa.and_(*conditions, enough)
