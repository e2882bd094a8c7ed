"""The score of an outlet: never a number without its counts, interval, level, method and moment (R17)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

from service.methods.reliability import METHOD, RATED_FROM, Adjusted, Advantage, Reliability
from service.methods.tally import Brier, Context, Tally, tally
from service.outlets.track_record import Lens, OutletRecord
from service.storage.models import Reply
from service.storage.models.columns import RedactionNote
from service.values.vocabulary import Basis, Role, Stance, Via

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
        """The share of the same claims that an average outlet would have got right; None without any."""
        return self.expected / self.resolved if self.resolved else None


@dataclass(frozen=True, slots=True)
class ScoreContext:
    """The name and the date of the context that a score is compared with."""

    id: str
    as_of: dt.datetime | None


@dataclass(frozen=True, slots=True)
class RelayScore:
    """The score of what an outlet relayed (R7)."""

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
    """Resolved before they were due (R16)."""
    backfilled: int
    """Based on backfilled reports (R10)."""
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
    """The score of an outlet."""

    outlet: str
    topic: str | None
    basis: Basis
    as_of: dt.datetime
    method: str
    status: ScoreStatus
    reliability: Reliability | None
    """None if nothing is resolved; the same applies to the next two fields."""
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
    """The newest head of the ledger; None if it was not read with the score."""
    changes_at: dt.datetime | None
    """When the score changes although nothing is recorded, because a claim falls due."""


def describe_score(
    record: OutletRecord, context: Context, lens: Lens, *, now: dt.datetime, ledger: str | None = None
) -> Score:
    """Return the score of a record, compared with a context."""
    own = own_tally(record)
    rating = own.rating(context, topic=lens.topic, level=lens.level)
    return Score(
        outlet=record.slug,
        topic=lens.topic,
        basis=lens.basis,
        as_of=lens.moment(now),
        method=METHOD,
        status=_status(own.resolved),
        reliability=None if rating is None else rating.reliability,
        adjusted=None if rating is None else rating.adjusted,
        advantage=None if rating is None else rating.advantage,
        record=describe_record(own, context),
        context=ScoreContext(context.id, context.as_of),
        relay=_relay(record, context, lens),
        counts=_counts(own, record.disputed),
        brier=own.brier,
        reply=_reply(record.reply),
        computed_at=now,
        ledger=ledger,
        changes_at=record.changes_at,
    )


def own_tally(record: OutletRecord) -> Tally:
    """Return the tally of the claims that an outlet reported in its own name."""
    return tally(record.parts, Role.OWN, scorable=record.scorable)


def describe_record(own: Tally, context: Context) -> ScoreRecord:
    """Return the record of a tally, compared with a context."""
    return ScoreRecord(own.right, own.skill(context).expected, own.resolved)


def _status(resolved: int) -> ScoreStatus:
    if resolved == 0:
        return "insufficient"
    return "rated" if resolved >= RATED_FROM else "provisional"


def _relay(record: OutletRecord, context: Context, lens: Lens) -> RelayScore:
    relay = tally(record.parts, Role.RELAY, scorable=record.scorable)
    rating = relay.rating(context, topic=lens.topic, level=lens.level)
    return RelayScore(None if rating is None else rating.reliability, relay.resolved, relay.total.correct)


def _counts(own: Tally, disputed: int) -> ClaimCounts:
    total = own.total
    return ClaimCounts(
        claims=total.claims,
        open=total.open,
        resolved=total.resolved,
        correct=total.correct,
        incorrect=total.incorrect,
        partial=total.partial,
        unscored=total.unscored,
        support=own.taking(Stance.SUPPORT),
        deny=own.taking(Stance.DENY),
        early=total.early,
        backfilled=total.backfilled,
        disputed=disputed,
    )


def _reply(reply: Reply | None) -> ScoreReply | None:
    if reply is None:
        return None
    given = reply.id, reply.text, reply.url, reply.via, reply.verified
    return ScoreReply(*given, reply.recorded_at, reply.redacted or [])
