"""The score of an outlet over time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from service.methods.rating import Adjusted, Advantage, Reliability
from service.methods.reliability import METHOD
from service.methods.tally import Context
from service.outlets.find import require_outlet
from service.outlets.track_record import Lens, OutletRecord
from service.scores.describe import describe_score
from service.scores.months import accumulate, month_ends
from service.scores.read import context_of
from service.scores.score import ScoreContext, ScoreRecord, ScoreStatus
from service.scores.scored_claims import ScoredClaim, scored_claims
from service.storage.db import Database
from service.storage.models import Outlet
from service.values.vocabulary import Basis


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """An outlet's score at the end of a month, or now."""

    as_of: dt.datetime
    status: ScoreStatus
    reliability: Reliability | None
    """None if no claim was resolved; the same applies to the next two fields."""
    adjusted: Adjusted | None
    advantage: Advantage | None
    record: ScoreRecord


@dataclass(frozen=True, slots=True)
class History:
    """An outlet's score at the end of each month and now, with the context that it is compared with."""

    outlet: str
    topic: str | None
    basis: Basis
    method: str
    context: ScoreContext
    items: list[HistoryPoint]
    computed_at: dt.datetime


def score_history(db: Database, reference: str, *, lens: Lens, now: dt.datetime) -> History:
    """Return an outlet's score at the end of each month since its first claim was known, and now.

    Args:
        db: The database.
        reference: The outlet's slug or id.
        lens: The lens on the record; `as_of` and `recorded_by` are None.
        now: The time of the call.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
    """
    with db.read() as session:
        outlet = require_outlet(session, reference)
        context = context_of(session, lens.basis)
        claims = scored_claims(session, outlet, replace(lens, basis=Basis.RESOLVED), now=now)
    return History(
        outlet=outlet.slug,
        topic=lens.topic,
        basis=lens.basis,
        method=METHOD,
        context=ScoreContext(context.id, context.as_of),
        items=list(history_points(outlet, claims, context, lens, now=now)),
        computed_at=now,
    )


def history_points(
    outlet: Outlet, claims: Sequence[ScoredClaim], context: Context, lens: Lens, *, now: dt.datetime
) -> Iterator[HistoryPoint]:
    """Yield an outlet's score at the end of each month since its first claim was known, and now."""
    ends = month_ends(min(claim.known_at for claim in claims), now) if claims else ()
    point: HistoryPoint | None = None
    for moment, parts in accumulate({}, claims, (*ends, now), lens.basis):
        if point is None or parts is not None:
            record = OutletRecord(outlet.slug, outlet.scorable, parts or {})
            score = describe_score(record, context, replace(lens, as_of=moment), now=now)
            point = HistoryPoint(moment, score.status, score.reliability, score.adjusted, score.advantage, score.record)
        else:
            point = replace(point, as_of=moment)
        yield point
