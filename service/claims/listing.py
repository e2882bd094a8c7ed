"""List claims by filters and words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TypedDict, Unpack
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, selectinload

from service.claims.describe import describe_claims, summarise_claims
from service.claims.load import WHOLE
from service.claims.search import has_tag, has_words, list_likeliest_claims
from service.claims.views import ClaimView, FoundClaim, ListedClaim
from service.errors import InvalidQuery
from service.outlets.find import filtering_outlet
from service.storage.base import UtcDateTime
from service.storage.db import Database
from service.storage.models import Claim, Dispute, Report, Resolution, Withdrawal
from service.storage.paging import Keyset, Page, SortKey
from service.storage.predicates import (
    counts_as,
    disputed_claims,
    in_topic,
    is_newest,
    is_open,
    is_reported,
    merged_with,
    stands,
)
from service.values.documents import members_of
from service.values.instants import parse_instant
from service.values.pages import page_key
from service.values.vocabulary import ClaimKind, ClaimOrder, ClaimStatus, Verdict

# Sorts claims without a due date last.
_DUE = sa.func.coalesce(Claim.resolves_by, sa.literal(dt.datetime.max.replace(tzinfo=dt.UTC), UtcDateTime))
_SORTED = {
    ClaimOrder.NEWEST: Keyset([Claim.id], [UUID], descending=True),
    ClaimOrder.OLDEST: Keyset([Claim.id], [UUID]),
    ClaimOrder.DUE: Keyset([_DUE, Claim.id], [parse_instant, UUID]),
    ClaimOrder.DECIDED: Keyset([Resolution.known_at, Resolution.claim_id], [parse_instant, UUID], descending=True),
}
_STREAMED = 500
"""The number of claims that a stream reads at once."""


class ClaimFilters(TypedDict, total=False):
    """The filters of a list of claims; None is the same as no filter."""

    status: ClaimStatus | None
    verdict: Verdict | None
    outlet: str | None
    kind: ClaimKind | None
    topic: str | None
    tag: str | None
    group: str | None
    external_id: str | None
    url: str | None
    recorded_since: dt.datetime | None
    published_since: dt.datetime | None
    resolved_since: dt.datetime | None
    q: str | None
    resolves_before: dt.datetime | None
    disputed: bool | None


def list_claims(
    db: Database,
    *,
    like: str | None = None,
    sort: ClaimOrder = ClaimOrder.NEWEST,
    after: SortKey | None,
    limit: int,
    now: dt.datetime,
    **filters: Unpack[ClaimFilters],
) -> Page[FoundClaim]:
    """Return a page of claims, by default the newest first; with `like`, only the best matches.

    Raises:
        InvalidQuery: `after` is not a sort key of this list, `outlet` is unknown, or `url` is not an address.
    """
    if like is not None:
        return Page(list_likeliest_claims(db, like=like, limit=limit, now=now), None)
    with db.read() as session:
        page = _read_page(session, filters, sort=sort, after=after, limit=limit, now=now)
        return Page([FoundClaim(**members_of(claim), words=None) for claim in page.items], page.next)


def stream_claims(
    session: Session, *, sort: ClaimOrder = ClaimOrder.NEWEST, now: dt.datetime, **filters: Unpack[ClaimFilters]
) -> Iterator[ListedClaim]:
    """Yield all claims that match the filters, reading a few hundred at a time.

    Raises:
        InvalidQuery: As `list_claims`.
    """
    after: SortKey | None = None
    while True:
        page = _read_page(session, filters, sort=sort, after=after, limit=_STREAMED, now=now)
        yield from page.items
        if (after := page.next) is None:
            return
        session.expunge_all()


def _read_page(
    session: Session,
    filters: ClaimFilters,
    *,
    sort: ClaimOrder,
    after: SortKey | None,
    limit: int,
    now: dt.datetime,
) -> Page[ListedClaim]:
    rows = sa.select(Claim).options(selectinload(Claim.resolutions).selectinload(Resolution.disputes))
    if sort is ClaimOrder.DECIDED:
        in_effect = sa.and_(Resolution.claim_id == Claim.id, Resolution.verdict.is_not(None), is_newest())
        rows = rows.join(Resolution, in_effect)
    rows = rows.where(*claim_conditions(session, filters, now=now))
    page = _SORTED[sort].page(session, rows, after=after, limit=limit)
    return Page(summarise_claims(session, page.items, now=now), page.next)


def list_shared_claims(db: Database, outlets: Sequence[str], *, limit: int, now: dt.datetime) -> list[ClaimView]:
    """Return the latest claims that all of some outlets reported, with their reports.

    Raises:
        InvalidQuery: An outlet is unknown.
    """
    rows = sa.select(Claim).options(*WHOLE).order_by(Claim.id.desc()).limit(limit)
    with db.read() as session:
        for outlet in outlets:
            rows = rows.where(*claim_conditions(session, ClaimFilters(outlet=outlet), now=now))
        return describe_claims(session, session.scalars(rows).all(), now=now)


def claim_conditions(session: Session, filters: ClaimFilters, *, now: dt.datetime) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the conditions for a claim to match all filters. A merged claim matches none (R22a).

    Raises:
        InvalidQuery: The outlet is unknown, or `url` is not an address.
    """
    if (external_id := filters.get("external_id")) is None:
        yield Claim.merged_into_id.is_(None)
    else:
        yield Claim.id == _surviving_id(external_id)
    for name in ("kind", "group"):
        if (value := filters.get(name)) is not None:
            yield getattr(Claim, name) == value
    if (status := filters.get("status")) is not None:
        yield has_status(status, now)
    if (verdict := filters.get("verdict")) is not None:
        yield stands(Resolution.verdict == verdict)
    if (outlet := filters.get("outlet")) is not None:
        reporting = merged_with(filtering_outlet(session, outlet, "outlet"))
        yield sa.exists().where(Report.claim_id == Claim.id, Report.outlet_id.in_(reporting))
    if (recorded_since := filters.get("recorded_since")) is not None:
        yield Claim.recorded_at >= recorded_since
    if (resolves_before := filters.get("resolves_before")) is not None:
        yield Claim.resolves_by < resolves_before
    if (disputed := filters.get("disputed")) is not None:
        has_dispute = sa.exists().where(Dispute.resolution_id == Resolution.id, is_open())
        yield Claim.id.in_(disputed_claims()) if disputed else ~stands(has_dispute)
    yield from _subject_conditions(session, filters)
    yield from _report_conditions(filters)


def _surviving_id(external_id: str) -> sa.ScalarSelect[UUID]:
    """Return the id of the claim with an external id, or of the claim that it was merged into (R22a)."""
    named = aliased(Claim)
    return sa.select(counts_as(named)).where(named.external_id == external_id).scalar_subquery()


def _subject_conditions(session: Session, filters: ClaimFilters) -> Iterator[sa.ColumnElement[bool]]:
    if (topic := filters.get("topic")) is not None:
        yield in_topic(Claim.topic, topic)
    if (tag := filters.get("tag")) is not None:
        yield has_tag(session, tag)
    if (q := filters.get("q")) is not None:
        yield has_words(session, q)


def _report_conditions(filters: ClaimFilters) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the conditions on the resolution of a claim, and on its reports that are not withdrawn."""
    reported = sa.select(Report.claim_id).where(~sa.exists().where(Withdrawal.report_id == Report.id))
    if (url := filters.get("url")) is not None:
        yield Claim.id.in_(reported.where(Report.page_key == _key_of_page(url)))
    if (published_since := filters.get("published_since")) is not None:
        yield Claim.id.in_(reported.where(Report.published_at >= published_since))
    if (resolved_since := filters.get("resolved_since")) is not None:
        recorded = Resolution.recorded_at >= resolved_since
        yield Claim.id.in_(sa.select(Resolution.claim_id).where(recorded))
        yield stands(recorded & Resolution.verdict.is_not(None))


def _key_of_page(url: str) -> str:
    try:
        return page_key(url)
    except ValueError as exc:
        detail = "Not the address of a page. Send an address such as https://bild.de/sport."
        raise InvalidQuery.at("url", detail=detail, code="invalid") from exc


def has_status(status: ClaimStatus, now: dt.datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a claim has a status at a moment."""
    resolved = stands(Resolution.verdict.is_not(None))
    past = sa.and_(Claim.kind == ClaimKind.EVENT, Claim.resolves_by <= now)
    match status:
        case ClaimStatus.RESOLVED:
            return resolved
        case ClaimStatus.DUE:
            return ~resolved & past & is_reported()
        case ClaimStatus.OPEN:
            not_due = sa.or_(Claim.kind != ClaimKind.EVENT, Claim.resolves_by > now, ~is_reported())
            return ~resolved & not_due & (Claim.kind != ClaimKind.OPINION)
        case ClaimStatus.OPINION:
            return Claim.kind == ClaimKind.OPINION
