"""Find claims: by filters and words, and those that wait to be resolved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, TypedDict, Unpack
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.db import Database, UtcDateTime
from service.dossier import WHOLE, count_roots, counting_reports, newest_resolution, stands, summarise_claim
from service.instants import format_instant, parse_instant
from service.models import Claim, Report, Resolution, Withdrawal
from service.paging import Keyset, Page, Position, read_number, read_position
from service.register import filtering_outlet, merged_with
from service.search import has_words
from service.talk import disputed_claims
from service.vocabulary import ClaimKind, ClaimOrder, ClaimStatus, Verdict

# Claims without a date come after all that have one.
_DUE = sa.func.coalesce(Claim.resolves_by, sa.literal(dt.datetime.max.replace(tzinfo=dt.UTC), UtcDateTime))
_SORTED = {
    ClaimOrder.NEWEST: Keyset([Claim.id], [UUID], descending=True),
    ClaimOrder.OLDEST: Keyset([Claim.id], [UUID]),
    ClaimOrder.DUE: Keyset([_DUE, Claim.id], [parse_instant, UUID]),
}


class Filters(TypedDict, total=False):
    """What claims can be listed by; None, as if left out, for any."""

    status: ClaimStatus | None
    verdict: Verdict | None
    outlet: str | None
    topic: str | None
    external_id: str | None
    q: str | None
    resolves_before: dt.datetime | None
    disputed: bool | None


def list_claims(
    db: Database,
    *,
    sort: ClaimOrder = ClaimOrder.NEWEST,
    after: Position | None,
    limit: int,
    now: dt.datetime,
    **filters: Unpack[Filters],
) -> Page[dict[str, Any]]:
    """Claims, the last recorded first unless asked otherwise.

    Raises:
        InvalidQuery: `after` is not a position of this list, or `outlet` not on record.
    """
    rows = sa.select(Claim).options(selectinload(Claim.resolutions).selectinload(Resolution.disputes))
    with db.read() as session:
        rows = rows.where(*_conditions(session, filters, now=now))
        page = _SORTED[sort].page(session, rows, after=after, limit=limit)
        return Page([summarise_claim(claim, now=now) for claim in page.items], page.next)


def list_due_claims(db: Database, *, after: Position | None, limit: int, now: dt.datetime) -> Page[dict[str, Any]]:
    """The claims that are due, the longest overdue first and then the most reported, with what is at stake (R15).

    Reports are counted as of the first page, so that no claim moves while others are read; a position begins with
    that moment.

    Raises:
        InvalidQuery: `after` is not a position of this list.
    """
    begun, after = (now, None) if after is None else (*read_position(after[:1], [parse_instant]), after[1:])
    keyset = Keyset([Claim.resolves_by, -_count_reports(begun), Claim.id], [parse_instant, read_number, UUID])
    rows = sa.select(Claim).where(_has_status(ClaimStatus.DUE, now)).options(*WHOLE)
    with db.read() as session:
        page = keyset.page(session, rows, after=after, limit=limit)
        roots = count_roots(session, page.items)
        following = None if page.next is None else (format_instant(begun), *page.next)
        return Page([_due(claim, roots[claim.id], now=now) for claim in page.items], following)


def list_topics(db: Database, *, limit: int) -> list[dict[str, Any]]:
    """The topics with the most claims, each with how many; claims without a topic are left out."""
    many = sa.func.count()
    rows = sa.select(Claim.topic, many).where(Claim.topic.is_not(None)).group_by(Claim.topic)
    with db.read() as session:
        found = session.execute(rows.order_by(many.desc(), Claim.topic).limit(limit))
        return [{"topic": topic, "claims": claims} for topic, claims in found]


def _conditions(session: Session, filters: Filters, *, now: dt.datetime) -> Iterator[sa.ColumnElement[bool]]:
    for name in ("topic", "external_id"):
        if (value := filters.get(name)) is not None:
            yield getattr(Claim, name) == value
    if (status := filters.get("status")) is not None:
        yield _has_status(status, now)
    if (verdict := filters.get("verdict")) is not None:
        yield stands(Resolution.verdict == verdict)
    if (outlet := filters.get("outlet")) is not None:
        by = filtering_outlet(session, outlet, "outlet")
        yield sa.exists().where(Report.claim_id == Claim.id, Report.outlet_id.in_(merged_with(by)))
    if (q := filters.get("q")) is not None:
        yield has_words(session, q)
    if (resolves_before := filters.get("resolves_before")) is not None:
        yield Claim.resolves_by < resolves_before
    if (disputed := filters.get("disputed")) is not None:
        is_disputed = Claim.id.in_(disputed_claims())
        yield is_disputed if disputed else ~is_disputed


def _count_reports(moment: dt.datetime) -> sa.ScalarSelect[int]:
    """How many reports of a claim counted at a moment."""
    withdrawn = sa.exists().where(Withdrawal.report_id == Report.id, Withdrawal.recorded_at <= moment)
    filed = sa.select(sa.func.count()).where(Report.claim_id == Claim.id, Report.recorded_at <= moment)
    return filed.where(~withdrawn).correlate(Claim).scalar_subquery()


def _due(claim: Claim, roots: int, *, now: dt.datetime) -> dict[str, Any]:
    outlets = sorted({report.outlet.surviving.slug for report in claim.reports if report.withdrawal is None})
    at_stake = {"reports": len(counting_reports(claim)), "outlets": outlets, "independent_roots": roots}
    newest = newest_resolution(claim)
    return summarise_claim(claim, now=now) | {"at_stake": at_stake, "supersedes": None if newest is None else newest.id}


def _has_status(status: ClaimStatus, now: dt.datetime) -> sa.ColumnElement[bool]:
    resolved = stands(Resolution.verdict.is_not(None))
    past = sa.and_(Claim.kind == ClaimKind.EVENT, Claim.resolves_by <= now)
    match status:
        case ClaimStatus.RESOLVED:
            return resolved
        case ClaimStatus.DUE:
            return ~resolved & past
        case ClaimStatus.OPEN:
            return ~resolved & sa.or_(Claim.kind != ClaimKind.EVENT, Claim.resolves_by > now)
