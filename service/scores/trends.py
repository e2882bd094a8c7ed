"""Compute outlets' estimated reliability over the last year, for the ranking page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.claim import add_up, difference
from service.methods.tally import Context
from service.outlets.track_record import OutletRecord
from service.scores.describe import own_tally
from service.scores.months import accumulate, month_ends
from service.scores.ranking import Ranking
from service.scores.scored_claims import ScoredClaim, scored_claims_of
from service.storage.models import Claim, Resolution
from service.values.vocabulary import Basis

_YEAR = dt.timedelta(days=365)
_EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The estimated reliability at one moment of the last year."""

    as_of: dt.datetime
    mean: float | None
    """From 0 to 1; None if no claim was resolved."""


def read_trends(
    session: Session, records: Mapping[UUID, OutletRecord], ranking: Ranking
) -> dict[str, list[TrendPoint]]:
    """Return outlets' estimated reliability at the end of each of the last 12 months and now, by slug.

    The claims that began to count within the year are read, and subtracted from the current records.
    """
    lens, last = ranking.lens, ranking.lens.moment(ranking.now)
    first = last - min(_YEAR, last - _EARLIEST)  # datetime has no year 0
    moments = [*month_ends(first, last), last]
    recent = sa.or_(Resolution.known_at > first, Claim.resolves_by > first)
    scored = scored_claims_of(session, records, lens, recent, now=ranking.now)
    return {
        record.slug: list(_trend(record, scored[outlet_id], moments, ranking.context, lens.basis))
        for outlet_id, record in records.items()
    }


def _trend(
    record: OutletRecord, recent: Sequence[ScoredClaim], moments: Iterable[dt.datetime], context: Context, basis: Basis
) -> Iterator[TrendPoint]:
    before = difference(record.parts, add_up((claim.slot, claim.amounts) for claim in recent))
    mean: float | None = None
    for moment, parts in accumulate(before, recent, moments, basis):
        if parts is not None:
            skill = own_tally(replace(record, parts=parts)).skill(context)
            mean = skill.reliability if skill.cells else None
        yield TrendPoint(moment, mean)
