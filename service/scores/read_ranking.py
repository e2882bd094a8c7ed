"""Read a ranking from the stored order, and from the records of the outlets missing from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.tally import Context
from service.outlets.counts import having_resolved
from service.outlets.earlier import Changes, changes_since, take_back
from service.outlets.track_record import Lens, OutletRecord
from service.scores.describe import own_tally
from service.scores.places import Measures, RankingCriteria, measure
from service.scores.ranking import FirstPage, Ranking
from service.scores.read import context_named, context_of, read_records
from service.scores.stored_order import StoredOrder, read_order
from service.storage.models import Outlet
from service.storage.predicates import is_among


def read_ranking(
    session: Session,
    criteria: RankingCriteria,
    *,
    lens: Lens,
    now: dt.datetime,
    first: FirstPage | None = None,
    with_waiting: bool = False,
) -> Ranking:
    """Return the ranking of outlets under a lens, now or as it was on the first page.

    If the order is not stored, the records of all outlets to rank are read.

    Args:
        session: The session that the ranking is read with.
        criteria: The outlets to rank, and their order.
        lens: The lens on their records.
        now: The time of the call, or of the first page.
        first: The first page, to return the ranking as it was then; None for the current one.
        with_waiting: Whether outlets with too few resolved claims to be ranked are read, too.

    Raises:
        CursorExpired: The ranking of the first page can no longer be read.
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
    """Return the SQL condition for the outlets not read from the stored order; None if there are none."""
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
