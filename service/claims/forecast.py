"""Compute the forecasts of open claims with the method `forecast/2`."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.describe import count_roots
from service.claims.forecast_input import as_reports, open_claims_of, read_openings
from service.claims.forecast_views import DailyForecast, ForecastInterval, ForecastPart, ForecastView
from service.claims.learner import load_state
from service.claims.load import load_claim, true_rival
from service.claims.stance_counts import read_counts
from service.methods import forecast
from service.methods.beta import logistic
from service.methods.forecast import Contribution, Forecast, ForecastClaim, ForecastReport, choose, topic_of
from service.outlets.stored_rates import read_rates
from service.storage.db import Database
from service.storage.facts import counting_reports, standing_resolution, surviving_outlet
from service.storage.models import Claim, ForecastRow
from service.values.vocabulary import ClaimKind


def forecast_claim(db: Database, claim_id: UUID, *, level: float, now: dt.datetime) -> ForecastView:
    """Return the forecast of a claim: the probability that it proves true, and the contributions to it.

    For an opinion or a claim that is already decided, it contains only the forecasts stored before.

    Args:
        db: The database.
        claim_id: The id of the claim.
        level: The probability that the interval covers, between 0 and 1.
        now: The time of the call. The forecast ignores resolutions of claims that are not due yet.

    Raises:
        NotFound: No claim has this id.
        ClaimMerged: The claim was merged into another one.
    """
    with db.read() as session:
        claim = load_claim(session, claim_id)
        roots = count_roots(session, [claim])[claim.id]
        rows = session.scalars(sa.select(ForecastRow).where(ForecastRow.claim_id == claim.id).order_by(ForecastRow.day))
        closed = ForecastView(
            claim=claim.id,
            method=forecast.METHOD,
            independent_roots=roots.together,
            roots=roots,
            kept=[DailyForecast(row.day, row.probability) for row in rows],
            status="closed",
        )
        if claim.kind is ClaimKind.OPINION or standing_resolution(claim) is not None:
            return closed
        if (rival := true_rival(session, claim)) is not None:
            return replace(closed, status="decided", decided_by=rival)
        [result] = compute_forecasts(session, [claim], level=level, now=now)
    return replace(
        closed,
        status="rated" if result.sufficient else "insufficient",
        probability=result.probability,
        interval=ForecastInterval(result.lower, result.upper, result.level),
        trained_on=result.trained_on,
        base=result.base,
        base_probability=logistic(result.base),
        contributions=tuple(_parts(result.base, result.contributions)),
    )


def _parts(base: float, contributions: Sequence[Contribution]) -> Iterator[ForecastPart]:
    """Yield contributions to a forecast, with the change of the probability that each of them causes."""
    before = base
    for part in contributions:
        after = before + part.log_odds
        points = 100 * (logistic(after) - logistic(before))
        yield ForecastPart(part.feature, part.words, part.log_odds, points)
        before = after


def compute_forecasts(session: Session, claims: Sequence[Claim], *, level: float, now: dt.datetime) -> list[Forecast]:
    """Return the forecasts of open claims, in the same order.

    The claims of a group are forecast together, because at most one of them can be true (R3).
    """
    state = load_state(session)
    groups = {claim.group for claim in claims if claim.group is not None}
    by_id = {claim.id: claim for claim in [*claims, *open_claims_of(session, groups)]}
    rates = read_rates(session, {claim.topic for claim in by_id.values()}, due_by=now)
    outlets = {surviving_outlet(report.outlet).id for claim in by_id.values() for report in claim.reports}
    counts = read_counts(session, outlets, now=now)
    openings = read_openings(session, groups) if groups else {}
    together: defaultdict[str | UUID, list[Claim]] = defaultdict(list)
    for claim in by_id.values():
        together[claim.group or claim.id].append(claim)
    found: dict[UUID, Forecast] = {}
    for members in together.values():
        opened = len(openings.get(members[0].group or "", ()))
        alone = [
            forecast.forecast(state, rates, counts, _describe(claim, opened), _reports(claim), level=level)
            for claim in members
        ]
        rate = state.group_rate(topic_of(claim.topic for claim in members))
        found |= zip((claim.id for claim in members), choose(alone, rate), strict=True)
    return [found[claim.id] for claim in claims]


def _describe(claim: Claim, opened: int) -> ForecastClaim:
    """Return a claim as input for a forecast; `opened` is the number of reported claims in its group."""
    rivals = max(opened - bool(counting_reports(claim)), 0)
    return ForecastClaim(str(claim.id), claim.kind, claim.topic, rivals)


def _reports(claim: Claim) -> list[ForecastReport]:
    return as_reports(counting_reports(claim))
