"""Read the ranking for the ranking page, in groups and with trends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.tally import Context
from service.outlets.track_record import Lens, OutletRecord
from service.scores.describe import describe_record, own_tally
from service.scores.places import Place, RankingCriteria
from service.scores.ranking_rows import OutletHeading, RankedOutlet, RankingGroup, RankingTable, UnrankedOutlet
from service.scores.read_ranking import read_ranking
from service.scores.trends import read_trends
from service.storage.db import Database
from service.storage.models import Outlet
from service.storage.predicates import is_among

MAX_UNRANKED = 50
"""The maximum number of unranked outlets in a table."""


class _Row(NamedTuple):
    """A ranked outlet: its number, its group, and the first outlet of that group."""

    number: int
    group: int
    leader: str
    slug: str


def ranking_table(
    db: Database, criteria: RankingCriteria, *, lens: Lens, start: int, limit: int, now: dt.datetime
) -> RankingTable:
    """Return one page of the ranking in groups, with trends and with the outlets that are not ranked.

    Args:
        db: The database.
        criteria: The outlets to rank, and their order.
        lens: The lens on their records.
        start: The number of outlets to skip.
        limit: The maximum number of rows.
        now: The time of the call.

    Raises:
        InvalidQuery: `as_of` or `recorded_by` is in the future.
    """
    lens.refuse_future(now)
    with db.read() as session:
        ranking = read_ranking(session, criteria, lens=lens, now=now, with_waiting=True)
        rows = list(_number(ranking.places(limit=start + limit)))[start:]
        waiting = ranking.waiting(MAX_UNRANKED)
        records = ranking.records([*(row.slug for row in rows), *waiting])
        headings = _headings(session, {*records, *(row.leader for row in rows)})
        scores = {score.outlet: score for score in ranking.scores(records[row.slug] for row in rows)}
        trends = read_trends(session, {headings[row.slug].id: records[row.slug] for row in rows}, ranking)
        ranked, unranked = ranking.count()
        changes_at = ranking.changes_at
    ranked_outlets = {
        row.slug: RankedOutlet(row.number, row.group, headings[row.slug], scores[row.slug], trends[row.slug])
        for row in rows
    }
    return RankingTable(
        groups=list(_group(rows, ranked_outlets, headings)),
        ranked=ranked,
        waiting=[_unranked(records[slug], headings[slug], ranking.context) for slug in waiting],
        unranked=unranked,
        changes_at=changes_at,
    )


def _number(places: Iterable[Place]) -> Iterator[_Row]:
    group, leader, lowest = 0, "", float("inf")
    for number, place in enumerate(places, 1):
        if place.upper < lowest:
            group, leader, lowest = group + 1, place.slug, place.lower
        yield _Row(number, group, leader, place.slug)


def _group(
    rows: Iterable[_Row], outlets: Mapping[str, RankedOutlet], headings: Mapping[str, OutletHeading]
) -> Iterator[RankingGroup]:
    for leader, group in groupby(rows, key=attrgetter("leader")):
        yield RankingGroup(headings[leader], [outlets[row.slug] for row in group])


def _headings(session: Session, slugs: Iterable[str]) -> dict[str, OutletHeading]:
    columns = sa.select(Outlet.id, Outlet.slug, Outlet.name, Outlet.kind)
    rows = session.execute(columns.where(is_among(session, Outlet.slug, list(slugs))))
    return {row.slug: OutletHeading(row.id, row.slug, row.name, row.kind) for row in rows}


def _unranked(record: OutletRecord, outlet: OutletHeading, context: Context) -> UnrankedOutlet:
    own = own_tally(record)
    return UnrankedOutlet(outlet, own.total.claims, describe_record(own, context))
