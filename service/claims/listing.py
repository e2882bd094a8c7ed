"""List claims that match filters, or that are similar to a text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Unpack
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.claims.describe import describe_claims, summarise_claims
from service.claims.filters import ClaimFilters, claim_conditions
from service.claims.likeliest import list_likeliest_claims
from service.claims.load import WHOLE
from service.claims.views import ClaimView, FoundClaim, ListedClaim
from service.storage.base import UtcDateTime
from service.storage.db import Database
from service.storage.models import Claim, Resolution
from service.storage.paging import Keyset, Page, SortKey
from service.storage.predicates import is_newest
from service.values.documents import members_of
from service.values.instants import parse_instant
from service.values.vocabulary import ClaimOrder

# This expression sorts claims without a due date last.
_DUE = sa.func.coalesce(Claim.resolves_by, sa.literal(dt.datetime.max.replace(tzinfo=dt.UTC), UtcDateTime))
_SORTED = {
    ClaimOrder.NEWEST: Keyset([Claim.id], [UUID], descending=True),
    ClaimOrder.OLDEST: Keyset([Claim.id], [UUID]),
    ClaimOrder.DUE: Keyset([_DUE, Claim.id], [parse_instant, UUID]),
    ClaimOrder.DECIDED: Keyset([Resolution.known_at, Resolution.claim_id], [parse_instant, UUID], descending=True),
}
_STREAMED = 500
"""The number of claims that a stream reads at once."""


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
    """Return a page of claims, by default the newest first; with `like`, the claims most similar to it.

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
    """Return the latest claims that every one of these outlets reported, with their reports.

    Raises:
        InvalidQuery: An outlet is unknown.
    """
    rows = sa.select(Claim).options(*WHOLE).order_by(Claim.id.desc()).limit(limit)
    with db.read() as session:
        for outlet in outlets:
            rows = rows.where(*claim_conditions(session, ClaimFilters(outlet=outlet), now=now))
        return describe_claims(session, session.scalars(rows).all(), now=now)
