"""Find outlets by slug or id."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import InvalidQuery, OutletMerged, UnknownOutlet
from service.outlets.describe import WHOLE
from service.outlets.nearest import unknown_slug
from service.storage.facts import surviving_outlet
from service.storage.models import Outlet
from service.storage.predicates import counts_as, is_among
from service.values.ids import ids_and_slugs

# Built once, because building the statement takes as long as running it.
_NAMED = sa.select(Outlet).where(
    Outlet.id.in_(sa.bindparam("ids", expanding=True)) | Outlet.slug.in_(sa.bindparam("slugs", expanding=True))
)
_NAMED_WHOLE = _NAMED.options(*WHOLE)
PLACES = "places of outlets"
"""The name of the lock that prevents concurrent merges and changes of parents from creating a cycle."""


def find_outlet(session: Session, reference: str, *, whole: bool = False) -> Outlet | None:
    """Return the outlet with this slug or id; with `whole`, load everything that its view needs."""
    return find_outlets(session, [reference], whole=whole).get(reference)


def find_outlets(session: Session, references: Collection[str], *, whole: bool = False) -> dict[str, Outlet]:
    """Return the outlets with these slugs or ids, by the slug or id given."""
    ids, slugs = ids_and_slugs(references)
    outlets = session.scalars(_NAMED_WHOLE if whole else _NAMED, {"ids": list(ids.values()), "slugs": slugs}).all()
    by_slug = {outlet.slug: outlet for outlet in outlets}
    by_id = {outlet.id: outlet for outlet in outlets}
    found = {slug: by_slug[slug] for slug in slugs if slug in by_slug}
    return found | {reference: by_id[id_] for reference, id_ in ids.items() if id_ in by_id}


def require_outlet(session: Session, reference: str, *, whole: bool = False) -> Outlet:
    """Return the outlet with this slug or id.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: The outlet was merged into another one.
    """
    if (outlet := find_outlet(session, reference, whole=whole)) is None:
        raise UnknownOutlet(unknown_slug(session, reference))
    refuse_merged(outlet)
    return outlet


def refuse_merged(outlet: Outlet) -> None:
    """Check that an outlet was not merged (R22).

    Raises:
        OutletMerged: The outlet was merged into another one.
    """
    if outlet.merged_into is not None:
        raise OutletMerged.of(outlet.slug, into=outlet.merged_into.slug)


def filtering_outlet(session: Session, reference: str, parameter: str) -> Outlet:
    """Return the outlet that a list is filtered by, or the one that it was merged into.

    Raises:
        InvalidQuery: No outlet has this slug or id.
    """
    if (outlet := find_outlet(session, reference)) is None:
        raise InvalidQuery.at(parameter, detail=unknown_slug(session, reference), code="unknown-outlet")
    return surviving_outlet(outlet)


def filing_for(session: Session, outlets: Collection[UUID]) -> Sequence[UUID]:
    """Return the ids of the outlets whose reports count for these outlets (R22).

    These are the given outlets, without merged ones, and the outlets that were merged into any of them.
    """
    # A union, because PostgreSQL reads the whole table for an OR.
    # Not `merged_into_id IS NULL`, because SQLite would read all such outlets by its index.
    own = sa.select(Outlet.id).where(is_among(session, Outlet.id, outlets), counts_as(Outlet) == Outlet.id)
    merged = sa.select(Outlet.id).where(is_among(session, Outlet.merged_into_id, outlets))
    return session.scalars(own.union_all(merged)).all()


def ancestors(session: Session, outlet: Outlet) -> set[UUID]:
    """Return the ids of an outlet and its ancestors; for merged ones, those of the outlets merged into."""
    ids: set[UUID] = set()
    ancestor: Outlet | None = surviving_outlet(outlet)
    while ancestor is not None and ancestor.id not in ids:
        ids.add(ancestor.id)
        parent_id = ancestor.parent_id
        ancestor = None if parent_id is None else surviving_outlet(session.get_one(Outlet, parent_id))
    return ids
