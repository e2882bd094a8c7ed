"""Compute the score of an outlet from its record and a context."""

from __future__ import annotations

import datetime as dt

from service.methods.reliability import METHOD, RATED_FROM
from service.methods.tally import Context, Tally, tally
from service.outlets.track_record import Lens, OutletRecord
from service.scores.score import ClaimCounts, RelayScore, Score, ScoreContext, ScoreRecord, ScoreReply, ScoreStatus
from service.storage.models import Reply
from service.values.vocabulary import Role, Stance


def describe_score(
    record: OutletRecord, context: Context, lens: Lens, *, now: dt.datetime, ledger: str | None = None
) -> Score:
    """Return an outlet's score from its record, compared with the average outlet of a context."""
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
    """Return the tally of the claims that an outlet reported in its own name, without relayed ones."""
    return tally(record.parts, Role.OWN, scorable=record.scorable)


def describe_record(own: Tally, context: Context) -> ScoreRecord:
    """Return the right, expected and resolved numbers of claims in a tally."""
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
