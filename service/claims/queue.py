"""List the claims that wait for a verdict: due claims, and open claims without a due date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Unpack
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.claims.describe import count_roots, describe_report, summarise_claim
from service.claims.filters import ClaimFilters, claim_conditions, has_status
from service.claims.load import WHOLE
from service.claims.views import ListedClaim, ReportView
from service.methods.claim import Roots
from service.storage.db import Database
from service.storage.facts import sided_reports, surviving_outlet
from service.storage.models import Claim, Report
from service.storage.paging import Keyset, Page, SortKey, read_number, read_sort_key
from service.storage.predicates import is_among, is_counted
from service.values.documents import members_of
from service.values.instants import format_instant, parse_instant
from service.values.vocabulary import ClaimStatus

COUNTED = 1000
"""The maximum number of due claims to count."""


@dataclass(frozen=True, slots=True)
class StakeView:
    """The number of reports that the resolution of a claim would score, with their outlets and roots."""

    reports: int
    outlets: list[str]
    independent_roots: int
    roots: Roots


@dataclass(frozen=True, slots=True)
class QueuedClaim(ListedClaim):
    """A claim that waits for a verdict, with its reports."""

    at_stake: StakeView
    reports: list[ReportView]
    """All reports on the claim, including those that would not be scored."""


class QueueFilters(ClaimFilters, total=False):
    """The filters of a list of waiting claims."""

    before: dt.datetime | None
    """List only claims that were due or, without a due date, recorded before this moment; None for all."""
    skipping: Collection[UUID]
    """The ids of claims to leave out."""


def list_due_claims(
    db: Database, *, after: SortKey | None, limit: int, now: dt.datetime, **filters: Unpack[QueueFilters]
) -> Page[QueuedClaim]:
    """Return a page of the due claims with a report that counts, the longest overdue first (R15).

    Of claims that were due at the same time, the one with the most reports is first. Sort keys begin with the time of
    the first page, and all pages count the reports at that time, so that the order is stable.

    Raises:
        InvalidQuery: `after` is not a sort key of this list, or `outlet` is unknown.
    """
    started, after = (now, None) if after is None else (*read_sort_key(after[:1], [parse_instant]), after[1:])
    keyset = Keyset([Claim.resolves_by, -_count_reports(started), Claim.id], [parse_instant, read_number, UUID])
    with db.read() as session:
        rows = _waiting(session, ClaimStatus.DUE, Claim.resolves_by, filters, now=now)
        page = keyset.page(session, rows, after=after, limit=limit)
        next_key = None if page.next is None else (format_instant(started), *page.next)
        return Page(_queued(session, page.items, now=now), next_key)


def list_undated_claims(
    db: Database, *, after: SortKey | None, limit: int, now: dt.datetime, **filters: Unpack[QueueFilters]
) -> Page[QueuedClaim]:
    """Return a page of the open claims without a due date, the oldest first.

    Raises:
        InvalidQuery: `after` is not a sort key of this list, or `outlet` is unknown.
    """
    with db.read() as session:
        rows = _waiting(session, ClaimStatus.OPEN, Claim.recorded_at, filters, now=now)
        rows = rows.where(Claim.resolves_by.is_(None))
        page = Keyset([Claim.id], [UUID]).page(session, rows, after=after, limit=limit)
        return Page(_queued(session, page.items, now=now), page.next)


def count_due_claims(db: Database, *, now: dt.datetime) -> int:
    """Return the number of due claims, at most `COUNTED`."""
    some = sa.select(Claim.id).where(has_status(ClaimStatus.DUE, now), Claim.merged_into_id.is_(None)).limit(COUNTED)
    with db.read() as session:
        return session.scalars(sa.select(sa.func.count()).select_from(some.subquery())).one()


def _waiting(
    session: Session,
    status: ClaimStatus,
    since: InstrumentedAttribute[dt.datetime] | InstrumentedAttribute[dt.datetime | None],
    filters: QueueFilters,
    *,
    now: dt.datetime,
) -> sa.Select[Claim]:
    """Select the claims with a status that match filters; `since` is the column to which `before` applies."""
    rows = sa.select(Claim).where(has_status(status, now), *claim_conditions(session, filters, now=now))
    if (before := filters.get("before")) is not None:
        rows = rows.where(since < before)
    if skipping := filters.get("skipping"):
        rows = rows.where(~is_among(session, Claim.id, skipping))
    return rows.options(*WHOLE)


def _count_reports(moment: dt.datetime) -> sa.ScalarSelect[int]:
    """Return a query for the number of reports on a claim that counted at a moment."""
    counted = sa.select(sa.func.count()).where(Report.claim_id == Claim.id, is_counted(moment))
    return counted.correlate(Claim).scalar_subquery()


def _queued(session: Session, claims: Collection[Claim], *, now: dt.datetime) -> list[QueuedClaim]:
    roots = count_roots(session, list(claims))
    return [_describe(claim, roots[claim.id], now=now) for claim in claims]


def _describe(claim: Claim, roots: Roots, *, now: dt.datetime) -> QueuedClaim:
    counted = sided_reports(claim)
    outlets = sorted({surviving_outlet(report.outlet).slug for report in counted})
    return QueuedClaim(
        **members_of(summarise_claim(claim, has_side=bool(counted), now=now)),
        at_stake=StakeView(len(counted), outlets, roots.together, roots),
        reports=[describe_report(report, claim) for report in claim.reports],
    )
