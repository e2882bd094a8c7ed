"""The score of an outlet: never a number without its counts, interval, level, method and moment (R17)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

from service.methods.rating import Adjusted, Advantage, Reliability
from service.methods.tally import Brier
from service.storage.models.columns import RedactionNote
from service.values.vocabulary import Basis, Via

ScoreStatus: TypeAlias = Literal["insufficient", "provisional", "rated"]


@dataclass(frozen=True, slots=True)
class ScoreRecord:
    """The record behind a score, compared with an average outlet."""

    right: float
    expected: float
    """The number of the same claims that an average outlet would have got right."""
    resolved: int

    @property
    def average(self) -> float | None:
        """The share of the same claims an average outlet would have got right; None if none is resolved."""
        return self.expected / self.resolved if self.resolved else None


@dataclass(frozen=True, slots=True)
class ScoreContext:
    """The name and the date of the context that a score is compared with."""

    id: str
    as_of: dt.datetime | None


@dataclass(frozen=True, slots=True)
class RelayScore:
    """The score of the claims that an outlet relayed (R7)."""

    reliability: Reliability | None
    resolved: int
    correct: int


@dataclass(frozen=True, slots=True)
class ClaimCounts:
    """The numbers of an outlet's own claims; `claims` is `open` + `resolved` + `unscored`."""

    claims: int
    open: int
    resolved: int
    correct: int
    incorrect: int
    partial: int
    unscored: int
    support: int
    deny: int
    early: int
    """The number of claims resolved before they were due (R16)."""
    backfilled: int
    """The number of claims that count with a backfilled report (R10)."""
    disputed: int


@dataclass(frozen=True, slots=True)
class ScoreReply:
    """The newest reply of an outlet to its whole record."""

    id: UUID
    text: str
    url: str | None
    via: Via
    verified: str | None
    """The check by which an editor verified a reply from the public form; None for other replies."""
    recorded_at: dt.datetime
    redacted: list[RedactionNote]


@dataclass(frozen=True, slots=True)
class Score:
    """The reliability of an outlet on a topic and basis at a moment, with the numbers behind it."""

    outlet: str
    topic: str | None
    basis: Basis
    as_of: dt.datetime
    method: str
    status: ScoreStatus
    reliability: Reliability | None
    """None if no claim is resolved; the same applies to the next two fields."""
    adjusted: Adjusted | None
    advantage: Advantage | None
    record: ScoreRecord
    context: ScoreContext
    relay: RelayScore
    counts: ClaimCounts
    brier: Brier | None
    reply: ScoreReply | None
    computed_at: dt.datetime
    ledger: str | None
    """The head of the ledger when the score was read; None if it was not read with the score."""
    changes_at: dt.datetime | None
    """The time when the score next changes without a write, because a claim falls due; None for never."""
