"""Find claims: by filters and words, and those that wait to be resolved."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased, selectinload

from service.db import Database, UtcDateTime
from service.dossier import WHOLE, count_roots, counting_reports, summarise_claim
from service.instants import parse_instant
from service.models import Claim, Report, Resolution
from service.paging import Keyset, Page, Position
from service.register import filtering_outlet
from service.search import has_words
from service.vocabulary import ClaimKind, ClaimOrder, ClaimStatus, Verdict

# Claims without a date come after all that have one.
_DUE = sa.func.coalesce(Claim.resolves_by, sa.literal(dt.datetime.max.replace(tzinfo=dt.UTC), UtcDateTime))
_SORTED = {
    ClaimOrder.NEWEST: Keyset([Claim.id], [UUID], descending=True),
    ClaimOrder.OLDEST: Keyset([Claim.id], [UUID]),
    ClaimOrder.DUE: Keyset([_DUE, Claim.id], [parse_instant, UUID]),
}


def list_claims(
    db: Database,
    *,
    status: ClaimStatus | None = None,
    verdict: Verdict | None = None,
    outlet: str | None = None,
    topic: str | None = None,
    external_id: str | None = None,
    q: str | None = None,
    resolves_before: dt.datetime | None = None,
    sort: ClaimOrder = ClaimOrder.NEWEST,
    after: Position | None,
    limit: int,
    now: dt.datetime,
) -> Page[dict[str, Any]]:
    """Claims, the last recorded first unless asked otherwise.

    Raises:
        InvalidQuery: `after` is not a position of this list, or `outlet` not on record.
    """
    rows = sa.select(Claim).options(selectinload(Claim.resolutions))
    with db.read() as session:
        if status is not None:
            rows = rows.where(_has_status(status, now))
        if verdict is not None:
            rows = rows.where(_stands(Resolution.verdict == verdict))
        if outlet is not None:
            by = filtering_outlet(session, outlet, "outlet")
            rows = rows.where(sa.exists().where(Report.claim_id == Claim.id, Report.outlet_id == by.id))
        if topic is not None:
            rows = rows.where(Claim.topic == topic)
        if external_id is not None:
            rows = rows.where(Claim.external_id == external_id)
        if q is not None:
            rows = rows.where(has_words(session, q))
        if resolves_before is not None:
            rows = rows.where(Claim.resolves_by < resolves_before)
        page = _SORTED[sort].page(session, rows, after=after, limit=limit)
        return Page([summarise_claim(claim, now=now) for claim in page.items], page.next)


def list_due_claims(db: Database, *, after: Position | None, limit: int, now: dt.datetime) -> Page[dict[str, Any]]:
    """The claims that are due, the longest overdue first and then the most reported, with what is at stake (R15).

    Raises:
        InvalidQuery: `after` is not a position of this list.
    """
    fewer_reports = -sa.select(sa.func.count()).where(Report.claim_id == Claim.id).correlate(Claim).scalar_subquery()
    keyset = Keyset([Claim.resolves_by, fewer_reports, Claim.id], [parse_instant, int, UUID])
    rows = sa.select(Claim).where(_has_status(ClaimStatus.DUE, now)).options(*WHOLE)
    with db.read() as session:
        page = keyset.page(session, rows, after=after, limit=limit)
        roots = count_roots(session, page.items)
        return Page([_due(claim, roots[claim.id], now=now) for claim in page.items], page.next)


def _due(claim: Claim, roots: int, *, now: dt.datetime) -> dict[str, Any]:
    outlets = sorted({report.outlet.slug for report in claim.reports if report.withdrawal is None})
    at_stake = {"reports": len(counting_reports(claim)), "outlets": outlets, "independent_roots": roots}
    return summarise_claim(claim, now=now) | {"at_stake": at_stake}


def _stands(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether a claim's newest resolution meets a condition."""
    later = aliased(Resolution)
    superseded = sa.exists().where(later.supersedes_id == Resolution.id)
    return sa.exists().where(Resolution.claim_id == Claim.id, ~superseded, condition)


def _has_status(status: ClaimStatus, now: dt.datetime) -> sa.ColumnElement[bool]:
    resolved = _stands(Resolution.verdict.is_not(None))
    past = sa.and_(Claim.kind == ClaimKind.EVENT, Claim.resolves_by <= now)
    match status:
        case ClaimStatus.RESOLVED:
            return resolved
        case ClaimStatus.DUE:
            return ~resolved & past
        case ClaimStatus.OPEN:
            return ~resolved & sa.or_(Claim.kind != ClaimKind.EVENT, Claim.resolves_by > now)
