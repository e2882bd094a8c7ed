"""Read claims, rivals and records from the database as input of forecasts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.load import WHOLE
from service.methods.claim import Filed, count_claim
from service.methods.forecast import (
    ForecastClaim,
    ForecastReport,
    Known,
    Open,
    Resolved,
    StanceCount,
    StanceCounts,
    rivals_before,
)
from service.methods.rates import UNIT
from service.methods.relays import roots_of
from service.outlets.positions import ReportedClaim, read_claims, read_positions
from service.outlets.track_record import EVERYTHING
from service.storage.models import Claim, Rate, Report, Resolution, Subtotal, Withdrawal
from service.storage.predicates import stands
from service.values.vocabulary import ClaimKind, Stance

Openings = Mapping[str, Sequence[dt.datetime]]
"""The times of the first reports on the claims of each group, sorted."""


def is_open() -> sa.ColumnElement[bool]:
    """Return the condition that a claim can be resolved and has no resolution in effect."""
    is_whole = (Claim.kind != ClaimKind.OPINION) & Claim.merged_into_id.is_(None)
    return ~stands(Resolution.verdict.is_not(None)) & is_whole


def open_claims_of(session: Session, groups: Collection[str]) -> list[Claim]:
    """Return the open claims of groups, with their reports and resolutions."""
    if not groups:
        return []
    rows = sa.select(Claim).where(Claim.group.in_(groups), is_open()).order_by(Claim.id)
    return list(session.scalars(rows.options(*WHOLE)))


def read_openings(session: Session, groups: Collection[str] | None) -> Openings:
    """Return the times of the first reports on the claims of groups; None for all groups."""
    chosen = Claim.group.is_not(None) if groups is None else Claim.group.in_(groups)
    withdrawn = sa.exists().where(Withdrawal.report_id == Report.id)
    opened_at = sa.func.min(Report.published_at)
    rows = sa.select(Claim.group, opened_at).join(Report, Report.claim_id == Claim.id)
    rows = rows.where(chosen, Claim.kind != ClaimKind.OPINION, ~withdrawn).group_by(Claim.id, Claim.group)
    openings: defaultdict[str, list[dt.datetime]] = defaultdict(list)
    for group, moment in session.execute(rows.order_by(opened_at)):
        openings[group or ""].append(moment)
    return openings


def as_reports(filed: Sequence[Filed], opened: Sequence[dt.datetime] = ()) -> list[ForecastReport]:
    """Return the reports of a claim, with the number of rivals at the publication of each.

    Args:
        filed: The reports in order.
        opened: The openings of all claims of the group.
    """
    roots = roots_of(filed)
    return [
        ForecastReport(
            outlet=str(report.outlet_id),
            stance=report.stance,
            published_at=report.published_at,
            commitment=report.commitment,
            probability=report.probability,
            root=str(roots[report.id]) if report.is_relay else None,
            rivals=rivals_before(opened, filed[0].published_at, report.published_at) if opened else 0,
        )
        for report in filed
    ]


def read_known(session: Session, *, now: dt.datetime) -> Iterator[Known]:
    """Yield all claims that forecasts are learned from. A claim that is not due yet counts as open."""
    openings = read_openings(session, None)
    for reported in read_claims(session):
        known = _known(reported, openings.get(reported.group or "", ()), now=now)
        if known is not None:
            yield known


def _known(reported: ReportedClaim, opened: Sequence[dt.datetime], *, now: dt.datetime) -> Known | None:
    facts, known_at = reported.facts, reported.facts.known_at
    if facts.kind is ClaimKind.OPINION:
        return None
    key = reported.external_id or str(reported.id)
    claim = ForecastClaim(key, facts.kind, facts.topic, group=reported.group, resolves_by=facts.resolves_by)
    is_due = not facts.is_early or facts.resolves_by is None or facts.resolves_by <= now
    if facts.truth is not None and known_at is not None and is_due:
        in_time = [report for report in reported.reports if not report.is_after(known_at)]
        return Resolved(claim, as_reports(in_time, opened), facts.truth, known_at)
    if reported.group is None or (facts.verdict is not None and facts.truth is None):
        return None
    return Open(claim, as_reports(reported.reports, opened))


def read_counts(session: Session, outlets: Collection[UUID], *, now: dt.datetime) -> StanceCounts:
    """Return the records of outlets by stance, over the claims that are due."""
    sums = sa.func.sum(Subtotal.told), sa.func.sum(Subtotal.told_true)
    by = Subtotal.outlet_id, Subtotal.stance
    rows = sa.select(*by, *sums).where(Subtotal.outlet_id.in_(outlets), Subtotal.stance != "").group_by(*by)
    counts = {
        (outlet, Stance(stance)): [int(told), int(told_true)]
        for outlet, stance, told, told_true in session.execute(rows)
    }
    if undue_weight(session, now=now):
        undue = sa.select(Claim.id).where(Claim.resolves_by > now)
        for entry in read_positions(session, outlets, EVERYTHING, on=undue, only=Resolution.truth.is_not(None)):
            slot, amounts = count_claim(entry.claim, entry.position)
            if slot.stance is not None:
                count = counts[entry.outlet_id, slot.stance]
                count[0] -= amounts.told
                count[1] -= amounts.told_true
    return {(str(outlet), stance): StanceCount(told, true / UNIT) for (outlet, stance), (told, true) in counts.items()}


def undue_weight(session: Session, *, now: dt.datetime) -> int:
    """Return the weight of the resolved claims that are not due yet, in billionths of a claim."""
    return int(session.scalar(sa.select(sa.func.sum(Rate.weight)).where(Rate.due > now)) or 0)
