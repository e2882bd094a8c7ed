"""The ranking as pages show it: a slice in groups, with trends, and the outlets that are not ranked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.claim import add_up, difference
from service.methods.context import Context
from service.outlets.browse import most_claiming
from service.outlets.track_record import Lens, OutletRecord
from service.scores.contributions import ScoredClaim, accumulate, month_ends, scored_claims_of
from service.scores.describe import Score, ScoreRecord, describe_record
from service.scores.ranking import Ranking, RankingCriteria, own_tally, rank_outlets
from service.scores.read import read_records
from service.storage.db import Database
from service.storage.models import Claim, Outlet, Resolution
from service.storage.predicates import is_among
from service.values.vocabulary import OutletKind

MAX_UNRANKED = 50
"""The largest number of unranked outlets in a table."""
_YEAR = dt.timedelta(days=365)
_EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class OutletHeading:
    """An outlet as the heading of a row."""

    id: UUID
    slug: str
    name: str
    kind: OutletKind


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The estimate at one moment of the last year."""

    as_of: dt.datetime
    mean: float | None


@dataclass(frozen=True, slots=True)
class RankedOutlet:
    """A row of the table."""

    place: int
    group: int
    outlet: OutletHeading
    score: Score
    trend: list[TrendPoint]
    """The estimates at the ends of the last twelve months, and now."""


@dataclass(frozen=True, slots=True)
class RankingGroup:
    """The rows whose intervals overlap with the interval of the first outlet of the group."""

    leader: OutletHeading
    """The first outlet of the group; its row may be on an earlier page."""
    rows: list[RankedOutlet]


@dataclass(frozen=True, slots=True)
class UnrankedOutlet:
    """An outlet with too few resolved claims."""

    outlet: OutletHeading
    claims: int
    record: ScoreRecord


@dataclass(frozen=True, slots=True)
class RankingTable:
    """A slice of the ranking."""

    groups: list[RankingGroup]
    ranked: int
    """The number of ranked outlets on all pages."""
    waiting: list[UnrankedOutlet]
    """The unranked outlets with the most resolved claims, then with the most claims."""
    unranked: int
    """The number of all unranked outlets that have claims."""
    changes_at: dt.datetime | None
    """When the table changes although nothing is recorded, because a claim falls due."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A score with its place and its group."""

    place: int
    group: int
    leader: str
    score: Score


def ranking_table(
    db: Database, criteria: RankingCriteria, *, lens: Lens, start: int, limit: int, now: dt.datetime
) -> RankingTable:
    """Return a slice of the ranking.

    Args:
        db: The database.
        criteria: The outlets to rank, and their order.
        lens: The lens on their records.
        start: The number of outlets to skip.
        limit: The largest number of rows.
        now: The time of the call.

    Raises:
        InvalidQuery: A moment of the lens is in the future.
    """
    lens.refuse_future(now)
    with db.read() as session:
        ranking = rank_outlets(session, criteria, lens=lens, now=now, with_unranked=not lens.is_current)
        placed = list(_place(ranking.scores))[start : start + limit]
        waiting, unranked = _read_unranked(session, ranking, criteria, lens, now=now)
        slugs = {slug for row in placed for slug in (row.leader, row.score.outlet)}
        headings = _headings(session, slugs | {record.slug for record in waiting})
        trends = _trends(session, [headings[row.score.outlet] for row in placed], ranking, lens, now=now)
    return RankingTable(
        groups=list(_group(placed, headings, trends)),
        ranked=len(ranking.scores),
        waiting=[_unranked(record, headings[record.slug], ranking.context) for record in waiting],
        unranked=unranked,
        changes_at=min(filter(None, [ranking.changes_at, *(one.changes_at for one in waiting)]), default=None),
    )


def _place(scores: Iterable[Score]) -> Iterator[_Placed]:
    group, leader, lowest = 0, "", float("inf")
    for place, score in enumerate(scores, 1):
        if score.adjusted is not None:
            if score.adjusted.upper < lowest:
                group, leader, lowest = group + 1, score.outlet, score.adjusted.lower
            yield _Placed(place, group, leader, score)


def _group(
    placed: Iterable[_Placed], headings: Mapping[str, OutletHeading], trends: Mapping[str, list[TrendPoint]]
) -> Iterator[RankingGroup]:
    for leader, rows in groupby(placed, key=lambda row: row.leader):
        ranked = [
            RankedOutlet(row.place, row.group, headings[slug := row.score.outlet], row.score, trends[slug])
            for row in rows
        ]
        yield RankingGroup(headings[leader], ranked)


def _headings(session: Session, slugs: Iterable[str]) -> dict[str, OutletHeading]:
    columns = sa.select(Outlet.id, Outlet.slug, Outlet.name, Outlet.kind)
    rows = session.execute(columns.where(is_among(session, Outlet.slug, list(slugs))))
    return {row.slug: OutletHeading(row.id, row.slug, row.name, row.kind) for row in rows}


def _read_unranked(
    session: Session, ranking: Ranking, criteria: RankingCriteria, lens: Lens, *, now: dt.datetime
) -> tuple[list[OutletRecord], int]:
    """Return the records of the unranked outlets to list, and the number of all. The current ones are found by sums."""
    if not lens.is_current:
        unranked = _reporting(ranking.unranked)
        return unranked[:MAX_UNRANKED], len(unranked)
    ranked = [score.outlet for score in ranking.scores]
    chosen, number = most_claiming(session, topic=lens.topic, kind=criteria.kind, without=ranked, limit=MAX_UNRANKED)
    records = read_records(session, is_among(session, Outlet.id, chosen), lens, now=now)
    return _reporting(records), number - len(ranked)


def _reporting(records: Iterable[OutletRecord]) -> list[OutletRecord]:
    """Return the records with claims of the outlet's own, those with the most resolved claims, then claims, first."""
    totals = [(own_tally(record).total, record) for record in records]
    totals.sort(key=lambda pair: (-pair[0].resolved, -pair[0].claims, pair[1].slug))
    return [record for total, record in totals if total.claims]


def _unranked(record: OutletRecord, outlet: OutletHeading, context: Context) -> UnrankedOutlet:
    own = own_tally(record)
    return UnrankedOutlet(outlet, own.total.claims, describe_record(own, context))


def _trends(
    session: Session, outlets: Sequence[OutletHeading], ranking: Ranking, lens: Lens, *, now: dt.datetime
) -> dict[str, list[TrendPoint]]:
    """Return the trends by slug; only claims that began to count within the year are read."""
    last = lens.moment(now)
    first = last - min(_YEAR, last - _EARLIEST)  # datetime has no year 0
    moments = [*month_ends(first, last), last]
    recent = sa.or_(Resolution.known_at > first, Claim.resolves_by > first)
    scored = scored_claims_of(session, [outlet.id for outlet in outlets], lens, recent, now=now)
    return {
        outlet.slug: list(_trend(ranking.records[outlet.slug], scored[outlet.id], moments, ranking.context, lens))
        for outlet in outlets
    }


def _trend(
    record: OutletRecord, recent: Sequence[ScoredClaim], moments: Iterable[dt.datetime], context: Context, lens: Lens
) -> Iterator[TrendPoint]:
    before = difference(record.parts, add_up((claim.slot, claim.amounts) for claim in recent))
    mean: float | None = None
    for moment, parts in accumulate(before, recent, moments, lens.basis):
        if parts is not None:
            own = own_tally(replace(record, parts=parts))
            rating = own.rating(context, topic=lens.topic, level=lens.level)
            mean = None if rating is None else rating.reliability.mean
        yield TrendPoint(moment, mean)
