"""A score as the API shows it: no number without its counts, interval, level, method and moment (R17)."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from service.claims.describe import reply_with_score
from service.methods.context import Context
from service.methods.reliability import METHOD, RATED_FROM, Reliability
from service.methods.tally import Tally, tally
from service.outlets.track_record import Lens, OutletRecord
from service.values.instants import format_instant
from service.values.vocabulary import Role, Stance


def describe_score(record: OutletRecord, context: Context, lens: Lens, *, now: dt.datetime) -> dict[str, Any]:
    """An outlet's record held against a context."""
    own = tally(record.parts, Role.OWN, scorable=record.scorable)
    relay = tally(record.parts, Role.RELAY, scorable=record.scorable)
    return {
        "outlet": record.slug,
        "topic": lens.topic,
        "basis": lens.basis,
        "as_of": format_instant(lens.moment(now)),
        "method": METHOD,
        "status": score_status(own.resolved),
        "reliability": describe_reliability(own.reliability(context, topic=lens.topic, level=lens.level)),
        "record": {
            "right": own.right,
            "expected": own.expected(context),
            "reference": context.reference(lens.topic),
            "resolved": own.resolved,
        },
        "context": {"id": context.id, "as_of": None if context.as_of is None else format_instant(context.as_of)},
        "relay": {
            "reliability": describe_reliability(relay.reliability(context, topic=lens.topic, level=lens.level)),
            "resolved": relay.resolved,
            "correct": relay.total.correct,
        },
        "counts": _counts(own, record.disputed),
        "brier": None if own.brier is None else asdict(own.brier),
        "reply": reply_with_score(record.reply),
        "computed_at": format_instant(now),
    }


def score_status(resolved: int) -> str:
    """What may be said of a record with so many resolved claims."""
    if resolved == 0:
        return "insufficient"
    return "rated" if resolved >= RATED_FROM else "provisional"


def describe_reliability(reliability: Reliability | None) -> dict[str, float] | None:
    """An estimate with its interval; None when there is none."""
    return None if reliability is None else asdict(reliability)


def _counts(own: Tally, disputed: int) -> dict[str, int]:
    total = own.total
    return {
        "claims": total.claims,
        "open": total.open,
        "resolved": total.resolved,
        "correct": total.correct,
        "incorrect": total.incorrect,
        "partial": total.partial,
        "unscored": total.unscored,
        "support": own.taking(Stance.SUPPORT),
        "deny": own.taking(Stance.DENY),
        "early": total.early,
        "backfilled": total.backfilled,
        "disputed": disputed,
    }
