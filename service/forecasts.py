"""How likely open claims are to prove true: `forecast/1` on what is on record, learned, answered, and kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service import forecast
from service.db import Database, lock_name
from service.dossier import WHOLE, count_roots, counting_reports, load_claim, standing_resolution, stands
from service.forecast import Count, Counts, Forecast, State
from service.models import Claim, ForecastRow, LearnerRow, Report, Resolution, Subtotal, Version, Withdrawal
from service.provenance import Filed, roots_of
from service.rates import UNIT, Rates
from service.records import ToldClaim, walk_claims
from service.scoring import DEFAULT_LEVEL
from service.sums import read_rates, read_rates_on
from service.vocabulary import ClaimKind, Stance

KEPT_AT_ONCE = 200
"""Claims whose forecasts are kept in one go."""

# States never change, so each is read once. The number alone would not tell that of a restored database.
_READ: WeakKeyDictionary[sa.Engine, tuple[tuple[Any, ...], State]] = WeakKeyDictionary()


def forecast_claim(db: Database, claim_id: UUID, *, level: float) -> dict[str, Any]:
    """How likely a claim is to prove true, given who reports it and how, with what makes it so.

    Raises:
        NotFound: There is no such claim.
    """
    with db.read() as session:
        claim = load_claim(session, claim_id)
        kept = session.scalars(sa.select(ForecastRow).where(ForecastRow.claim_id == claim.id).order_by(ForecastRow.day))
        answer = {
            "claim": claim.id,
            "method": forecast.METHOD,
            "independent_roots": count_roots(session, [claim])[claim.id],
            "kept": [{"day": row.day, "probability": row.probability} for row in kept],
        }
        if claim.kind is ClaimKind.OPINION or standing_resolution(claim) is not None:
            return answer | _nothing("closed")
        rates = read_rates_on(session, claim.topic)
        [made] = _forecasts(session, [claim], rates, level=level)
    return answer | _described(made)


def refit_learner(db: Database, *, now: dt.datetime) -> bool:
    """Learn anew from everything on record, if anything was added to it since the last time.

    Returns:
        Whether there was something new to learn from.
    """
    with db.read() as session:
        learned_from = _how_much(session)
        newest = session.execute(_newest().with_only_columns(LearnerRow.learned_from)).scalar()
        if newest == learned_from:
            return False
        last = session.scalar(sa.select(sa.func.max(LearnerRow.number))) or 0
        state = forecast.refit(_cases(walk_claims(session), _rivals(session, None))).to_json()
    with db.write() as session:
        lock_name(session, "refit of the learner")
        if session.get(LearnerRow, last + 1) is not None:
            return False
        row = LearnerRow(number=last + 1, build=forecast.BUILD, state=state, learned_from=learned_from, recorded_at=now)
        session.add(row)
        # Not those of another build of the method, which may still be running somewhere.
        former = sa.select(LearnerRow).where(LearnerRow.build == forecast.BUILD, LearnerRow.number <= last)
        for earlier in session.scalars(former):
            session.delete(earlier)
    return True


def _how_much(session: Session) -> str:
    """How much there is to learn from: rows are only ever added, so that any change of it shows in their numbers."""
    tables = (Report, Resolution, Withdrawal, Version)
    return "/".join(str(session.scalar(sa.select(sa.func.count()).select_from(table))) for table in tables)


def keep_forecasts(db: Database, *, after: UUID | None, now: dt.datetime) -> UUID | None:
    """Keep today's forecasts of some open claims, so that they can be held against what comes.

    Args:
        db: The database.
        after: The claim to go on after; None for the first.
        now: The moment of the call.

    Returns:
        The last of them; None when there are no more.
    """
    with db.read() as session:
        if _state(session).trained_on < forecast.ENOUGH:
            return None
        kept = sa.exists().where(ForecastRow.claim_id == Claim.id, ForecastRow.day == now.date())
        is_open = ~stands(Resolution.verdict.is_not(None)) & (Claim.kind != ClaimKind.OPINION) & ~kept
        rows = sa.select(Claim).where(is_open).order_by(Claim.id).limit(KEPT_AT_ONCE).options(*WHOLE)
        claims = session.scalars(rows if after is None else rows.where(Claim.id > after)).all()
        told = [claim for claim in claims if counting_reports(claim)]
        made = _forecasts(session, told, read_rates(session), level=DEFAULT_LEVEL)
    rows_of_today = [
        {"claim_id": claim.id, "day": now.date(), "method": forecast.METHOD, "probability": one.probability}
        for claim, one in zip(told, made, strict=True)
        if one.sufficient
    ]
    if rows_of_today:
        with db.write() as session:
            lock_name(session, "keeping of forecasts")  # so that no other worker keeps the same ones
            there = sa.select(ForecastRow.claim_id).where(ForecastRow.day == now.date())
            known = set(
                session.scalars(there.where(ForecastRow.claim_id.in_([row["claim_id"] for row in rows_of_today])))
            )
            fresh = (row for row in rows_of_today if row["claim_id"] not in known)
            session.add_all(ForecastRow(**row, recorded_at=now) for row in fresh)
    return claims[-1].id if claims else None


def _forecasts(session: Session, claims: Sequence[Claim], rates: Rates, *, level: float) -> list[Forecast]:
    state = _state(session)
    rivals = _rivals(session, {claim.group for claim in claims if claim.group is not None})
    counts = _counts(session, {report.outlet.surviving.id for claim in claims for report in claim.reports})
    return [
        forecast.forecast(state, rates, counts, _claim(claim, rivals), _reports(counting_reports(claim)), level=level)
        for claim in claims
    ]


def _claim(claim: Claim, rivals: Mapping[str | None, int]) -> forecast.Claim:
    key = claim.external_id or str(claim.id)
    return forecast.Claim(key, claim.kind, claim.topic, rivals.get(claim.group, 0))


def _reports(filed: Sequence[Filed]) -> list[forecast.Report]:
    roots = roots_of(filed)
    return [
        forecast.Report(
            outlet=str(report.outlet_id),
            stance=report.stance,
            published_at=report.published_at,
            commitment=report.commitment,
            probability=report.probability,
            root=str(roots[report.id]) if report.is_relay else None,
        )
        for report in filed
    ]


def _cases(claims: Iterable[ToldClaim], rivals: Mapping[str | None, int]) -> Iterator[forecast.Resolved]:
    for told in claims:
        facts = told.facts
        if facts.truth is not None and facts.known_at is not None and facts.kind is not ClaimKind.OPINION:
            in_time = [report for report in told.reports if not report.is_after(facts.known_at)]
            key = told.external_id or str(told.id)
            claim = forecast.Claim(key, facts.kind, facts.topic, rivals.get(told.group, 0))
            yield forecast.Resolved(claim, _reports(in_time), facts.truth, facts.known_at)


def _rivals(session: Session, groups: set[str] | None) -> dict[str | None, int]:
    """How many other claims each claim of a group excludes; None for all groups."""
    sizes = sa.select(Claim.group, sa.func.count()).group_by(Claim.group)
    chosen = Claim.group.is_not(None) if groups is None else Claim.group.in_(groups)
    return {group: size - 1 for group, size in session.execute(sizes.where(chosen))}


def _counts(session: Session, outlets: set[UUID]) -> Counts:
    sums = sa.func.sum(Subtotal.told), sa.func.sum(Subtotal.told_true)
    by = Subtotal.outlet_id, Subtotal.stance
    rows = session.execute(
        sa.select(*by, *sums).where(Subtotal.outlet_id.in_(outlets), Subtotal.stance != "").group_by(*by)
    )
    return {(str(outlet), Stance(stance)): Count(int(told), int(true) / UNIT) for outlet, stance, told, true in rows}


def _state(session: Session) -> State:
    """What was learned last; what another build of the method has learned is nothing to this one."""
    columns = LearnerRow.number, LearnerRow.learned_from, LearnerRow.recorded_at
    newest = session.execute(_newest().with_only_columns(*columns)).one_or_none()
    if newest is None:
        return forecast.START
    engine = session.get_bind().engine
    known = _READ.get(engine)
    if known is None or known[0] != tuple(newest):
        row = session.get_one(LearnerRow, newest.number)
        known = _READ[engine] = tuple(newest), State.from_json(row.state)
    return known[1]


def _newest() -> sa.Select[LearnerRow]:
    rows = sa.select(LearnerRow).where(LearnerRow.build == forecast.BUILD)
    return rows.order_by(LearnerRow.number.desc()).limit(1)


def _nothing(status: str) -> dict[str, Any]:
    return {
        "status": status,
        "probability": None,
        "interval": None,
        "trained_on": None,
        "base": None,
        "contributions": [],
    }


def _described(made: Forecast) -> dict[str, Any]:
    return {
        "status": "rated" if made.sufficient else "insufficient",
        "probability": made.probability,
        "interval": {"lower": made.lower, "upper": made.upper, "level": made.level},
        "trained_on": made.trained_on,
        "base": made.base,
        "contributions": [part._asdict() for part in made.contributions],
    }
