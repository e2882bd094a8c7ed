"""Store the daily forecasts of open claims."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.forecast import compute_forecasts
from service.claims.forecast_input import is_open
from service.claims.learner import load_state
from service.claims.load import WHOLE
from service.methods import forecast
from service.methods.reliability import DEFAULT_LEVEL
from service.storage.db import Database
from service.storage.facts import counting_reports
from service.storage.locks import lock_name
from service.storage.models import Claim, ForecastRow, Resolution
from service.storage.predicates import stands
from service.values.vocabulary import Verdict

BATCH = 200
"""The number of claims whose forecasts are stored in one transaction."""


def keep_forecasts(db: Database, *, after: UUID | None, now: dt.datetime) -> UUID | None:
    """Store today's forecasts of a batch of open claims.

    Args:
        db: The database.
        after: The id of the last claim of the previous batch; None for the first batch.
        now: The time of the call.

    Returns:
        The id of the last claim of the batch; None if no open claims are left, or too few claims are resolved to
        train on.
    """
    with db.read(unlimited=True) as session:
        if load_state(session).trained_on < forecast.ENOUGH:
            return None
        rows = _without_forecast(now.date())
        claims = session.scalars(rows if after is None else rows.where(Claim.id > after)).all()
        decided = _decided_groups(session, {claim.group for claim in claims if claim.group is not None})
        reported = [claim for claim in claims if counting_reports(claim) and claim.group not in decided]
        forecasts = compute_forecasts(session, reported, level=DEFAULT_LEVEL, now=now)
    probabilities = {
        claim.id: result.probability for claim, result in zip(reported, forecasts, strict=True) if result.sufficient
    }
    if probabilities:
        _store(db, probabilities, now=now)
    return claims[-1].id if claims else None


def _without_forecast(day: dt.date) -> sa.Select[Claim]:
    """Select a batch of open claims without a stored forecast for a day."""
    # A scalar subquery is one index lookup for each claim. PostgreSQL may turn EXISTS into a join, which compares every
    # claim with every forecast of the day.
    stored = sa.select(ForecastRow.day).where(ForecastRow.claim_id == Claim.id, ForecastRow.day == day)
    is_stored = stored.limit(1).correlate(Claim).scalar_subquery().is_not(None)
    return sa.select(Claim).where(is_open() & ~is_stored).order_by(Claim.id).limit(BATCH).options(*WHOLE)


def _decided_groups(session: Session, groups: set[str]) -> set[str | None]:
    """Return those of the groups in which a claim is true, so the others need no forecast (R3)."""
    is_true = stands(Resolution.verdict == Verdict.TRUE)
    return set(session.scalars(sa.select(Claim.group).where(Claim.group.in_(groups), is_true))) if groups else set()


def _store(db: Database, probabilities: Mapping[UUID, float], *, now: dt.datetime) -> None:
    """Store today's forecasts of claims, unless another worker has already stored them."""
    day = now.date()
    with db.write() as session:
        lock_name(session, "keeping of forecasts")
        stored = sa.select(ForecastRow.claim_id).where(ForecastRow.day == day)
        known = set(session.scalars(stored.where(ForecastRow.claim_id.in_(probabilities))))
        session.add_all(
            ForecastRow(claim_id=id_, day=day, method=forecast.METHOD, probability=probability, recorded_at=now)
            for id_, probability in probabilities.items()
            if id_ not in known
        )
