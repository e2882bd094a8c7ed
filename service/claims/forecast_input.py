"""Read open claims, and the other claims of their groups, as input for forecasts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.load import WHOLE
from service.methods.claim import Filed
from service.methods.forecast import ForecastReport, rivals_before
from service.methods.relays import roots_of
from service.storage.models import Claim, Report, Resolution, Withdrawal
from service.storage.predicates import stands
from service.values.vocabulary import ClaimKind

Openings = Mapping[str, Sequence[dt.datetime]]
"""For each group, the sorted times of the first report on each of its claims."""


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
    """Return the time of the first report on each claim, by group; without `groups`, for all groups."""
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
    """Return the reports of a claim as input for a forecast, each with its number of rivals.

    Rivals are the other claims of the group that had been reported when the report was published.

    Args:
        filed: The reports, in the order of publication.
        opened: The time of the first report on each claim of the group; empty to count no rivals.
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
