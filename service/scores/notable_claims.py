"""Find the most recently decided claims, and the most reported claims without a verdict."""

from __future__ import annotations

from typing import TypeVarTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.models import Claim, Outlet, Report, Resolution
from service.storage.predicates import counts_as, is_among, is_counted, is_newest, stands
from service.values.vocabulary import ClaimKind

Columns = TypeVarTuple("Columns")
LISTED = 5
"""The number of claims in each list."""
LATEST_REPORTS = 2000
"""The number of most recently published reports among which the most reported open claims are found."""
_RESOLUTIONS = 1000
"""The number of resolutions, those with the latest answers, among which recent decisions are found."""


def in_effect(rows: sa.Select[*Columns]) -> sa.Select[*Columns]:
    """Limit a query for resolutions to those in effect that have a verdict."""
    rows = rows.join(Claim, Claim.id == Resolution.claim_id)
    return rows.where(Resolution.verdict.is_not(None), Claim.merged_into_id.is_(None), is_newest())


def decided_last(session: Session) -> list[tuple[UUID, bool]]:
    """Return the claims whose answers became public last, the latest first, and whether each is scored.

    Only the 1,000 resolutions with the latest answers are considered.
    """
    by_answer = Resolution.known_at.desc(), Resolution.claim_id.desc()
    # Limited before the other conditions, so that PostgreSQL checks them for few rows, also with outdated statistics.
    latest = sa.select(Resolution.id).order_by(*by_answer).limit(_RESOLUTIONS)
    ids = session.scalars(latest).all()
    rows = in_effect(sa.select(Resolution.claim_id, Resolution.truth.is_not(None)))
    rows = rows.where(is_among(session, Resolution.id, ids)).order_by(*by_answer)
    return [(claim_id, is_scored) for claim_id, is_scored in session.execute(rows)]


def most_reported(session: Session) -> dict[UUID, int]:
    """Return the most reported claims without a verdict, each with the number of outlets on it.

    Only claims in the latest reports are considered, and only outlets that take a side are counted.
    """
    latest = sa.select(Report.claim_id).order_by(Report.published_at.desc(), Report.claim_id.desc())
    candidates = set(session.scalars(latest.limit(LATEST_REPORTS)))
    is_open = ~stands(Resolution.verdict.is_not(None)) & (Claim.kind != ClaimKind.OPINION)
    rows = sa.select(Claim.id).where(is_among(session, Claim.id, candidates), Claim.merged_into_id.is_(None), is_open)
    found = session.scalars(rows).all()
    outlets = sa.func.count(counts_as(Outlet).distinct())
    counted = sa.select(Report.claim_id, outlets).join(Outlet, Outlet.id == Report.outlet_id)
    counted = counted.where(is_among(session, Report.claim_id, found), is_counted()).group_by(Report.claim_id)
    numbers = [(claim_id, number) for claim_id, number in session.execute(counted)]
    return dict(sorted(numbers, key=lambda one: (-one[1], one[0]))[:LISTED])
