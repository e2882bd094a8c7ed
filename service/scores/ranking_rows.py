"""The table of the ranking page, with its rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from service.scores.score import Score, ScoreRecord
from service.scores.trends import TrendPoint
from service.values.vocabulary import OutletKind


@dataclass(frozen=True, slots=True)
class OutletHeading:
    """The members of an outlet that a row of the ranking shows."""

    id: UUID
    slug: str
    name: str
    kind: OutletKind


@dataclass(frozen=True, slots=True)
class RankedOutlet:
    """A ranked outlet, as a row of the table."""

    place: int
    group: int
    outlet: OutletHeading
    score: Score
    trend: list[TrendPoint]
    """The estimated reliability at the end of each of the last twelve months, and now."""


@dataclass(frozen=True, slots=True)
class RankingGroup:
    """The ranked outlets whose intervals overlap the interval of the first outlet of the group."""

    leader: OutletHeading
    """The first outlet of the group; its row may be on an earlier page."""
    rows: list[RankedOutlet]


@dataclass(frozen=True, slots=True)
class UnrankedOutlet:
    """An outlet with too few resolved claims to be ranked."""

    outlet: OutletHeading
    claims: int
    record: ScoreRecord


@dataclass(frozen=True, slots=True)
class RankingTable:
    """One page of the ranking in groups, and the outlets that are not ranked yet."""

    groups: list[RankingGroup]
    ranked: int
    """The number of ranked outlets on all pages."""
    waiting: list[UnrankedOutlet]
    """The first unranked outlets, sorted by resolved claims, then by claims, both descending."""
    unranked: int
    """The total number of unranked outlets that have claims."""
    changes_at: dt.datetime | None
    """The time when the table next changes without a write, because a claim falls due."""
