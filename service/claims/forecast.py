"""Forecasts of open claims by `forecast/2`: train the models on the record, forecast, and store daily forecasts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.describe import count_roots
from service.claims.forecast_input import (
    as_reports,
    is_open,
    open_claims_of,
    read_counts,
    read_known,
    read_openings,
    undue_weight,
)
from service.claims.load import WHOLE, load_claim, true_rival
from service.claims.views import DailyForecast, ForecastInterval, ForecastPart, ForecastView
from service.methods import forecast
from service.methods.beta import logistic
from service.methods.forecast import Contribution, Forecast, ForecastClaim, ForecastReport, State, choose, topic_of
from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.sums import read_rates
from service.storage.db import Database
from service.storage.facts import counting_reports, standing_resolution, surviving_outlet
from service.storage.locks import lock_name
from service.storage.memo import Memo
from service.storage.models import (
    Claim,
    ClaimMerge,
    ForecastRow,
    LearnerRow,
    Outlet,
    Report,
    Resolution,
    Version,
    Withdrawal,
)
from service.storage.predicates import stands
from service.values.vocabulary import ClaimKind, Verdict

BATCH = 200
"""The number of claims whose forecasts are stored in one transaction."""

# A state never changes, so each is loaded once. The number is not enough as a key, because a restored backup may have
# a different state with the same number.
_STATES = Memo[State](1)


def forecast_claim(db: Database, claim_id: UUID, *, level: float, now: dt.datetime) -> ForecastView:
    """Return the probability that a claim proves true, and the contributions to it.

    Args:
        db: The database.
        claim_id: The id of the claim.
        level: The probability inside the interval.
        now: The time of the call. Resolutions of claims that are not due yet are not used.

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
        [result] = _forecasts(session, [claim], level=level, now=now)
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
    """Yield contributions with their changes of the probability, which add up to the forecast."""
    before = base
    for part in contributions:
        after = before + part.log_odds
        points = 100 * (logistic(after) - logistic(before))
        yield ForecastPart(part.feature, part.words, part.log_odds, points)
        before = after


def refit_learner(db: Database, *, now: dt.datetime) -> bool:
    """Train the models on the whole record, unless it has not changed since the last training.

    Returns:
        Whether a new state was stored.
    """
    with db.read(unlimited=True) as session:
        learned_from = _record_size(session, now=now)
        newest = session.execute(_newest().with_only_columns(LearnerRow.learned_from)).scalar()
        if newest == learned_from:
            return False
        last = session.scalar(sa.select(sa.func.max(LearnerRow.number))) or 0
        state = forecast.refit(read_known(session, now=now)).to_json()
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


def _record_size(session: Session, *, now: dt.datetime) -> str:
    """Return the numbers of rows that the models learn from, and the weight of the claims that are not due yet.

    Rows are only ever added, and merges are counted, so every change of the record changes these numbers.
    """
    tables = (Report, Resolution, Withdrawal, Version, ClaimMerge)
    sizes = [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables]
    merges = sa.func.count(Outlet.merged_at), sa.func.max(Outlet.merged_at)
    undone = session.scalar(sa.select(sa.func.count(ClaimMerge.undone_at)))
    merged, last_merge = session.execute(sa.select(*merges)).one()
    moment = 0 if last_merge is None else int(last_merge.timestamp())
    return "/".join(map(str, [*sizes, undone, merged, moment, undue_weight(session, now=now)]))


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
        forecasts = _forecasts(session, reported, level=DEFAULT_LEVEL, now=now)
    probabilities = {
        claim.id: result.probability for claim, result in zip(reported, forecasts, strict=True) if result.sufficient
    }
    if probabilities:
        _store(db, probabilities, now=now)
    return claims[-1].id if claims else None


def _without_forecast(day: dt.date) -> sa.Select[Claim]:
    """Select a batch of open claims without a stored forecast of a day."""
    # A scalar subquery is one index lookup for each claim. PostgreSQL may turn EXISTS into a join, which compares every
    # claim with every forecast of the day.
    stored = sa.select(ForecastRow.day).where(ForecastRow.claim_id == Claim.id, ForecastRow.day == day)
    is_stored = stored.limit(1).correlate(Claim).scalar_subquery().is_not(None)
    return sa.select(Claim).where(is_open() & ~is_stored).order_by(Claim.id).limit(BATCH).options(*WHOLE)


def _decided_groups(session: Session, groups: set[str]) -> set[str | None]:
    """Return the groups with a true claim, whose other claims have no forecast (R3)."""
    is_true = stands(Resolution.verdict == Verdict.TRUE)
    return set(session.scalars(sa.select(Claim.group).where(Claim.group.in_(groups), is_true))) if groups else set()


def _store(db: Database, probabilities: Mapping[UUID, float], *, now: dt.datetime) -> None:
    """Store today's forecasts of claims, except for those that another worker has stored."""
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


def _forecasts(session: Session, claims: Sequence[Claim], *, level: float, now: dt.datetime) -> list[Forecast]:
    """Return the forecasts of open claims. The forecast of a group is a choice between all its open claims (R3)."""
    state = _state(session)
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
    """Return a claim as the input of a forecast, given the number of claims with reports in its group."""
    rivals = max(opened - bool(counting_reports(claim)), 0)
    return ForecastClaim(str(claim.id), claim.kind, claim.topic, rivals)


def _reports(claim: Claim) -> list[ForecastReport]:
    return as_reports(counting_reports(claim))


def _state(session: Session) -> State:
    """Return the newest state of this build of the method."""
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
