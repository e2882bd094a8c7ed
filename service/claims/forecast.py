"""Forecasts of open claims by `forecast/1`: train the model on the record, forecast, and store daily forecasts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.describe import count_roots
from service.claims.load import WHOLE, load_claim, true_rival
from service.methods import forecast
from service.methods.forecast import Contribution, Forecast, StanceCount, StanceCounts, State
from service.methods.provenance import Filed, Roots, roots_of
from service.methods.rates import UNIT, Rates
from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.sums import read_rates, read_rates_on
from service.outlets.track_record import ReportedClaim, read_claims
from service.storage.db import Database
from service.storage.facts import counting_reports, standing_resolution
from service.storage.locks import lock_name
from service.storage.memo import Memo
from service.storage.models import Claim, ForecastRow, LearnerRow, Report, Resolution, Subtotal, Version, Withdrawal
from service.storage.predicates import stands
from service.values.vocabulary import ClaimKind, Stance, Verdict

BATCH = 200
"""The number of claims whose forecasts are stored in one transaction."""

# A state never changes, so each is loaded once. The key is more than its number, because a restored backup may have
# another state with the same number.
_STATES = Memo[State](1)


@dataclass(frozen=True, slots=True)
class ForecastInterval:
    """The credible interval of a forecast."""

    lower: float
    upper: float
    level: float


@dataclass(frozen=True, slots=True)
class DailyForecast:
    """The stored forecast of a day."""

    day: dt.date
    probability: float


@dataclass(frozen=True, slots=True)
class ForecastView:
    """The forecast of a claim, with the contributions of its features."""

    claim: UUID
    method: str
    independent_roots: int
    roots: Roots
    kept: list[DailyForecast]
    """The stored forecasts of earlier days, the oldest first."""
    status: Literal["rated", "insufficient", "closed", "decided"]
    decided_by: UUID | None = None
    """The claim of the same group that is true (R3)."""
    probability: float | None = None
    interval: ForecastInterval | None = None
    trained_on: int | None = None
    """The number of resolved claims that the model was trained on."""
    base: float | None = None
    """The log-odds without any feature."""
    contributions: tuple[Contribution, ...] = ()


def forecast_claim(db: Database, claim_id: UUID, *, level: float) -> ForecastView:
    """Return the probability that a claim proves true, and the contributions to it.

    Raises:
        NotFound: No claim has this id.
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
        rates = read_rates_on(session, claim.topic)
        [result] = _forecasts(session, [claim], rates, level=level)
    return replace(
        closed,
        status="rated" if result.sufficient else "insufficient",
        probability=result.probability,
        interval=ForecastInterval(result.lower, result.upper, result.level),
        trained_on=result.trained_on,
        base=result.base,
        contributions=result.contributions,
    )


def refit_learner(db: Database, *, now: dt.datetime) -> bool:
    """Train the model on the whole record, if rows were added since the last training.

    Returns:
        Whether a new state was stored.
    """
    with db.read(unlimited=True) as session:
        learned_from = _record_size(session)
        newest = session.execute(_newest().with_only_columns(LearnerRow.learned_from)).scalar()
        if newest == learned_from:
            return False
        last = session.scalar(sa.select(sa.func.max(LearnerRow.number))) or 0
        state = forecast.refit(_cases(read_claims(session), _rivals(session, None))).to_json()
    with db.write() as session:
        lock_name(session, "refit of the learner")
        if session.get(LearnerRow, last + 1) is not None:
            return False
        row = LearnerRow(number=last + 1, build=forecast.BUILD, state=state, learned_from=learned_from, recorded_at=now)
        session.add(row)
        # Keep the states of other builds of the method, which may still be in use elsewhere.
        former = sa.select(LearnerRow).where(LearnerRow.build == forecast.BUILD, LearnerRow.number <= last)
        for earlier in session.scalars(former):
            session.delete(earlier)
    return True


def _record_size(session: Session) -> str:
    """Return the numbers of rows that the model learns from; rows are only added, so every change alters them."""
    tables = (Report, Resolution, Withdrawal, Version)
    return "/".join(str(session.scalar(sa.select(sa.func.count()).select_from(table))) for table in tables)


def keep_forecasts(db: Database, *, after: UUID | None, now: dt.datetime) -> UUID | None:
    """Store today's forecasts of a batch of open claims.

    Args:
        db: The database.
        after: The last claim of the previous batch; None for the first batch.
        now: The time of the call.

    Returns:
        The last claim of the batch, or None after the last batch.
    """
    with db.read(unlimited=True) as session:
        if _state(session).trained_on < forecast.ENOUGH:
            return None
        rows = _without_forecast(now.date())
        claims = session.scalars(rows if after is None else rows.where(Claim.id > after)).all()
        decided = _decided_groups(session, {claim.group for claim in claims if claim.group is not None})
        reported = [claim for claim in claims if counting_reports(claim) and claim.group not in decided]
        forecasts = _forecasts(session, reported, read_rates(session), level=DEFAULT_LEVEL)
    probabilities = {
        claim.id: result.probability for claim, result in zip(reported, forecasts, strict=True) if result.sufficient
    }
    if probabilities:
        _store(db, probabilities, now=now)
    return claims[-1].id if claims else None


def _without_forecast(day: dt.date) -> sa.Select[Claim]:
    """Select a batch of open claims that have no stored forecast of a day."""
    # A scalar subquery is one index lookup for each claim. PostgreSQL may turn EXISTS into a join, which compares every
    # claim with every forecast of the day.
    stored = sa.select(ForecastRow.day).where(ForecastRow.claim_id == Claim.id, ForecastRow.day == day)
    is_stored = stored.limit(1).correlate(Claim).scalar_subquery().is_not(None)
    is_open = ~stands(Resolution.verdict.is_not(None)) & (Claim.kind != ClaimKind.OPINION)
    is_open &= Claim.merged_into_id.is_(None)
    return sa.select(Claim).where(is_open & ~is_stored).order_by(Claim.id).limit(BATCH).options(*WHOLE)


def _decided_groups(session: Session, groups: set[str]) -> set[str | None]:
    """Return the groups of which one claim is true, so that the others have no forecast (R3)."""
    is_true = stands(Resolution.verdict == Verdict.TRUE)
    return set(session.scalars(sa.select(Claim.group).where(Claim.group.in_(groups), is_true))) if groups else set()


def _store(db: Database, probabilities: Mapping[UUID, float], *, now: dt.datetime) -> None:
    """Store today's forecasts of some claims, except for those that another worker has stored."""
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


def _forecasts(session: Session, claims: Sequence[Claim], rates: Rates, *, level: float) -> list[Forecast]:
    state = _state(session)
    rivals = _rivals(session, {claim.group for claim in claims if claim.group is not None})
    counts = _counts(session, {report.outlet.surviving.id for claim in claims for report in claim.reports})
    return [
        forecast.forecast(state, rates, counts, _claim(claim, rivals), _reports(counting_reports(claim)), level=level)
        for claim in claims
    ]


def _claim(claim: Claim, rivals: Mapping[str | None, int]) -> forecast.ForecastClaim:
    key = claim.external_id or str(claim.id)
    return forecast.ForecastClaim(key, claim.kind, claim.topic, rivals.get(claim.group, 0))


def _reports(filed: Sequence[Filed]) -> list[forecast.ForecastReport]:
    roots = roots_of(filed)
    return [
        forecast.ForecastReport(
            outlet=str(report.outlet_id),
            stance=report.stance,
            published_at=report.published_at,
            commitment=report.commitment,
            probability=report.probability,
            root=str(roots[report.id]) if report.is_relay else None,
        )
        for report in filed
    ]


def _cases(claims: Iterable[ReportedClaim], rivals: Mapping[str | None, int]) -> Iterator[forecast.Resolved]:
    for reported in claims:
        facts = reported.facts
        if facts.truth is not None and facts.known_at is not None and facts.kind is not ClaimKind.OPINION:
            in_time = [report for report in reported.reports if not report.is_after(facts.known_at)]
            key = reported.external_id or str(reported.id)
            claim = forecast.ForecastClaim(key, facts.kind, facts.topic, rivals.get(reported.group, 0))
            yield forecast.Resolved(claim, _reports(in_time), facts.truth, facts.known_at)


def _rivals(session: Session, groups: set[str] | None) -> dict[str | None, int]:
    """Return, by group, the number of other claims that each claim excludes; None for all groups."""
    sizes = sa.select(Claim.group, sa.func.count()).where(Claim.merged_into_id.is_(None)).group_by(Claim.group)
    chosen = Claim.group.is_not(None) if groups is None else Claim.group.in_(groups)
    return {group: size - 1 for group, size in session.execute(sizes.where(chosen))}


def _counts(session: Session, outlets: set[UUID]) -> StanceCounts:
    sums = sa.func.sum(Subtotal.told), sa.func.sum(Subtotal.told_true)
    by = Subtotal.outlet_id, Subtotal.stance
    rows = session.execute(
        sa.select(*by, *sums).where(Subtotal.outlet_id.in_(outlets), Subtotal.stance != "").group_by(*by)
    )
    return {
        (str(outlet), Stance(stance)): StanceCount(int(told), int(true) / UNIT) for outlet, stance, told, true in rows
    }


def _state(session: Session) -> State:
    """Return the newest state that this build of the method has learned."""
    columns = LearnerRow.number, LearnerRow.learned_from, LearnerRow.recorded_at
    newest = session.execute(_newest().with_only_columns(*columns)).one_or_none()
    if newest is None:
        return forecast.START
    return _STATES.get(
        session, tuple(newest), lambda: State.from_json(session.get_one(LearnerRow, newest.number).state)
    )


def _newest() -> sa.Select[LearnerRow]:
    rows = sa.select(LearnerRow).where(LearnerRow.build == forecast.BUILD)
    return rows.order_by(LearnerRow.number.desc()).limit(1)
