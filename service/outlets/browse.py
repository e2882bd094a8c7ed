"""Browse outlets from A to Z, by kind or by topic, each with the numbers of its claims."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.outlets.counts import count_own_claims, having_claims
from service.outlets.describe import WHOLE, OutletView, describe_outlet
from service.storage.db import Database
from service.storage.models import Outlet
from service.storage.paging import Keyset, Page, SortKey
from service.values.vocabulary import OutletKind

DIGITS = "0-9"
"""The initial of the slugs that begin with a digit."""
INITIALS = (DIGITS, *string.ascii_lowercase)
"""The initials of slugs by which a list of outlets can be filtered."""
_STREAMED = 500
"""The number of outlets that a stream reads at a time."""


class OutletFilters(TypedDict, total=False):
    """The filters of a list of outlets. None means no filter."""

    initial: str | None
    """One of `INITIALS`."""
    kind: OutletKind | None
    topic: str | None
    """Only outlets with claims of their own on this topic or below it."""


@dataclass(frozen=True, slots=True)
class ListedOutlet:
    """An outlet in a list, with the numbers of its own claims on the topic of the list."""

    outlet: OutletView
    claims: int
    resolved: int


def browse_outlets(
    db: Database, *, after: SortKey | None, limit: int, **filters: Unpack[OutletFilters]
) -> Page[ListedOutlet]:
    """Return a page of the outlets that were not merged into another one, sorted by slug.

    Raises:
        InvalidQuery: `after` is not a sort key of this list.
    """
    with db.read() as session:
        return _read_page(session, filters, after=after, limit=limit)


def stream_outlets(session: Session, **filters: Unpack[OutletFilters]) -> Iterator[ListedOutlet]:
    """Yield all outlets that match the filters, sorted by slug, reading a few hundred at a time."""
    after: SortKey | None = None
    while True:
        page = _read_page(session, filters, after=after, limit=_STREAMED)
        yield from page.items
        if (after := page.next) is None:
            return
        session.expunge_all()


def used_initials(db: Database) -> Sequence[str]:
    """Return the initials under which outlets are listed. Each one takes one index lookup."""
    slugs = sa.select(Outlet.slug).where(Outlet.merged_into_id.is_(None)).order_by(Outlet.slug).limit(1)
    found = [slugs.where(_begins_with(one)).scalar_subquery().is_not(None).label(one) for one in INITIALS]
    with db.read() as session:
        row = session.execute(sa.select(*found)).one()
    return [one for one, is_used in zip(INITIALS, row, strict=True) if is_used]


def _read_page(session: Session, filters: OutletFilters, *, after: SortKey | None, limit: int) -> Page[ListedOutlet]:
    rows = sa.select(Outlet).where(Outlet.merged_into_id.is_(None)).options(*WHOLE)
    if (initial := filters.get("initial")) is not None:
        rows = rows.where(_begins_with(initial))
    if (kind := filters.get("kind")) is not None:
        rows = rows.where(Outlet.kind == kind)
    if (topic := filters.get("topic")) is not None:
        rows = rows.where(having_claims(session, topic))
    page = Keyset([Outlet.slug], [str]).page(session, rows, after=after, limit=limit)
    counts = count_own_claims(session, [outlet.id for outlet in page.items], topic)
    return Page([_listed(outlet, counts.get(outlet.id, (0, 0))) for outlet in page.items], page.next)


def _listed(outlet: Outlet, counts: tuple[int, int]) -> ListedOutlet:
    return ListedOutlet(describe_outlet(outlet), *(counts if outlet.scorable else (0, 0)))


def _begins_with(initial: str) -> sa.ColumnElement[bool]:
    """Return the SQL condition that a slug has this initial, as a range that the slug index can search."""
    if initial == DIGITS:
        return Outlet.slug < "a"
    if initial == "z":
        return Outlet.slug >= "z"
    return sa.and_(Outlet.slug >= initial, Outlet.slug < chr(ord(initial) + 1))
