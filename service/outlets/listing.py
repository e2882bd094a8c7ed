"""List outlets by name, kind or parent."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from service.outlets.describe import WHOLE, OutletView, describe_outlet
from service.outlets.find import filtering_outlet
from service.storage.db import Database
from service.storage.models import Outlet, OutletAlias
from service.storage.paging import Keyset, Page, SortKey
from service.storage.predicates import counts_as, merged_with
from service.values.names import name_key, slug_of
from service.values.vocabulary import OutletKind


def list_outlets(
    db: Database,
    *,
    q: str | None = None,
    kind: OutletKind | None = None,
    parent: str | None = None,
    after: SortKey | None,
    limit: int,
) -> Page[OutletView]:
    """Return a page of the outlets that were not merged into another one, sorted by slug.

    Args:
        db: The database.
        q: A part of a name, an alias or a slug, ignoring case; None for all outlets.
        kind: The kind of the outlets; None for all kinds.
        parent: The slug or id of their parent; None for all outlets.
        after: The sort key of the last outlet on the previous page; None for the first page.
        limit: The number of outlets on the page.

    Raises:
        InvalidQuery: `after` is not a sort key of this list, or `parent` is unknown.
    """
    rows = sa.select(Outlet).where(Outlet.merged_into_id.is_(None)).options(*WHOLE)
    with db.read() as session:
        if q is not None:
            rows = rows.where(_is_named(q))
        if kind is not None:
            rows = rows.where(Outlet.kind == kind)
        if parent is not None:
            rows = rows.where(Outlet.parent_id.in_(merged_with(filtering_outlet(session, parent, "parent"))))
        page = Keyset([Outlet.slug], [str]).page(session, rows, after=after, limit=limit)
        return Page([describe_outlet(outlet) for outlet in page.items], page.next)


def _is_named(part: str) -> sa.ColumnElement[bool]:
    """Return the SQL condition that a name, an alias or the slug of an outlet contains a text.

    An outlet also matches by the names of the outlets that were merged into it. Accents are removed to compare slugs.
    """
    named, key, slug = aliased(Outlet), name_key(part), slug_of(part)
    alias = sa.exists().where(OutletAlias.outlet_id == named.id, _contains(OutletAlias.name_key, key))
    matches = _contains(named.name_key, key) | alias
    if slug:
        matches |= _contains(named.slug, slug)
    return Outlet.id.in_(sa.select(counts_as(named)).where(matches))


def _contains(column: sa.orm.InstrumentedAttribute[str], part: str) -> sa.ColumnElement[bool]:
    return column.contains(part, autoescape=True)
