"""The rows of a ranking as pages show them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from service.scores.score import Score, ScoreRecord
from service.scores.trends import TrendPoint
from service.values.vocabulary import OutletKind


@dataclass(frozen=True, slots=True)
class OutletHeading:
    """An outlet as the heading of a row."""

    id: UUID
    slug: str
    name: str
    kind: OutletKind


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
    """When the table next changes without a write, because a claim falls due."""
