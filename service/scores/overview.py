"""The overview of the whole record: totals, recent decisions, open claims in the news, and surprises.

Each part reads a limited number of rows in the order of an index, so the cost does not grow with the record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.claims.describe import summarise_claims
from service.claims.views import ListedClaim
from service.scores.notable_claims import LISTED, decided_last, in_effect, most_reported
from service.scores.read import context_of
from service.scores.surprises import Surprise, find_surprises
from service.storage.db import Database
from service.storage.models import Claim, Outlet, Resolution
from service.storage.predicates import is_among
from service.values.documents import members_of
from service.values.vocabulary import Basis

MAX_TOTAL = 100_000
"""The number at which the counts of outlets and claims stop."""
MAX_DECIDED = 1000
"""The number at which the count of recent decisions stops."""
SURPRISING_AMONG = 200
"""The number of most recently decided claims among which surprises are found."""
_WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Totals:
    """The numbers of outlets and claims, without merged ones, up to a limit."""

    outlets: int
    claims: int
    decided: int
    """The number of claims with a verdict whose answer became public in the past week."""


@dataclass(frozen=True, slots=True)
class OpenClaim(ListedClaim):
    """A claim without a verdict, with the number of outlets that take a side on it."""

    outlets: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The totals and the notable claims of the whole record at one moment."""

    as_of: dt.datetime
    changed_at: dt.datetime | None
    """The time when a claim or a resolution was last recorded; None if there are none."""
    totals: Totals
    decided: list[ListedClaim]
    """The claims whose answers became public last."""
    most_reported: list[OpenClaim]
    """The most reported claims without a verdict, among the claims in the latest reports."""
    surprises: list[Surprise]
    """The biggest surprises among the claims decided last."""


def read_overview(db: Database, *, now: dt.datetime) -> Overview:
    """Return the overview of the whole record."""
    with db.read() as session:
        latest = decided_last(session)
        decided = [claim_id for claim_id, _ in latest[:LISTED]]
        scored = [claim_id for claim_id, is_scored in latest if is_scored][:SURPRISING_AMONG]
        surprises = find_surprises(session, scored, context_of(session, Basis.RESOLVED))
        reported = most_reported(session)
        claims = _load(session, {*decided, *surprises, *reported}, now=now)
        return Overview(
            as_of=now,
            changed_at=_changed_at(session),
            totals=_totals(session, now=now),
            decided=[claims[claim_id] for claim_id in decided],
            most_reported=[
                OpenClaim(**members_of(claims[claim_id]), outlets=outlets) for claim_id, outlets in reported.items()
            ],
            surprises=[
                Surprise(
                    **members_of(claims[claim_id]), outlets=len(one.outlets), right=one.right, expected=one.expected
                )
                for claim_id, one in surprises.items()
            ],
        )


def _totals(session: Session, *, now: dt.datetime) -> Totals:
    week = in_effect(sa.select(Resolution.claim_id)).where(Resolution.known_at > now - _WEEK)
    return Totals(
        outlets=_count(session, sa.select(Outlet.id).where(Outlet.merged_into_id.is_(None)), MAX_TOTAL),
        claims=_count(session, sa.select(Claim.id).where(Claim.merged_into_id.is_(None)), MAX_TOTAL),
        decided=_count(session, week, MAX_DECIDED),
    )


def _count(session: Session, rows: sa.Select[UUID], limit: int) -> int:
    return session.scalars(sa.select(sa.func.count()).select_from(rows.limit(limit).subquery())).one()


def _changed_at(session: Session) -> dt.datetime | None:
    latest = [session.scalar(sa.select(sa.func.max(table.recorded_at))) for table in (Claim, Resolution)]
    return max((moment for moment in latest if moment is not None), default=None)


def _load(session: Session, ids: Iterable[UUID], *, now: dt.datetime) -> dict[UUID, ListedClaim]:
    rows = sa.select(Claim).options(selectinload(Claim.resolutions).selectinload(Resolution.disputes))
    claims = session.scalars(rows.where(is_among(session, Claim.id, ids))).all()
    return {claim.id: claim for claim in summarise_claims(session, claims, now=now)}
