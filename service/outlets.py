"""Record outlets and find them again: by slug, id, name, alias or domain."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.db import Database, is_among, lock_name, retried
from service.errors import DomainTaken, FieldError, InvalidBody, InvalidQuery, SlugTaken, UnknownOutlet
from service.identity import RESERVED_SLUGS, SLUG_LENGTH, domain_key, is_slug, name_key, new_id, parse_id, slug_of
from service.models import Outlet, OutletAlias, OutletDomain
from service.nearest import unknown_slug
from service.paging import Keyset, Page, Position
from service.vocabulary import OutletKind


@retried
def record_outlet(
    db: Database,
    *,
    name: str,
    slug: str | None = None,
    kind: OutletKind = OutletKind.WEBSITE,
    domains: Sequence[str] = (),
    aliases: Sequence[str] = (),
    parent: str | None = None,
    scorable: bool = True,
    now: dt.datetime,
) -> Outlet:
    """Put an outlet on record.

    Raises:
        InvalidBody: The slug or a domain is badly formed, or the parent is not on record.
        SlugTaken: Another outlet has the slug.
        DomainTaken: A domain belongs to another outlet.
    """
    keys = _checked(slug, domains)
    with db.write() as session:
        lock_name(session, "outlet")  # else many who want the same slug lose to one another more often than is retried
        outlet = Outlet(id=new_id(), name=name, name_key=name_key(name), kind=kind, scorable=scorable, recorded_at=now)
        outlet.parent = None if parent is None else _parent(session, parent)
        outlet.slug = free_slug(session, outlet) if slug is None else _untaken(session, slug)
        outlet.domains = _domains(session, keys)
        outlet.aliases = [
            OutletAlias(position=position, name=alias, name_key=name_key(alias))
            for position, alias in enumerate(aliases)
        ]
        session.add(outlet)
    return outlet


def get_outlet(db: Database, reference: str) -> Outlet:
    """The outlet with this slug or id.

    Raises:
        UnknownOutlet: There is none.
    """
    with db.read() as session:
        if (outlet := find_outlet(session, reference, whole=True)) is None:
            raise UnknownOutlet(f"No outlet {reference!r} is on record.")
        return outlet


def list_outlets(
    db: Database,
    *,
    q: str | None = None,
    kind: OutletKind | None = None,
    parent: str | None = None,
    after: Position | None,
    limit: int,
) -> Page[Outlet]:
    """Outlets by slug; `q` is part of a name or an alias, whatever its case.

    Raises:
        InvalidQuery: `after` is not a position of this list, or `parent` not on record.
    """
    rows = sa.select(Outlet).options(*_WHOLE)
    with db.read() as session:
        if q is not None:
            part = name_key(q)
            alias = sa.exists().where(OutletAlias.outlet_id == Outlet.id, _contains(OutletAlias.name_key, part))
            rows = rows.where(_contains(Outlet.name_key, part) | alias)
        if kind is not None:
            rows = rows.where(Outlet.kind == kind)
        if parent is not None:
            rows = rows.where(Outlet.parent_id == filtering_outlet(session, parent, "parent").id)
        return Keyset([Outlet.slug], [str]).page(session, rows, after=after, limit=limit)


def find_outlet(session: Session, reference: str, *, whole: bool = False) -> Outlet | None:
    """The outlet with this slug or id, with everything an answer shows of it if asked for `whole`."""
    return find_outlets(session, [reference], whole=whole).get(reference)


def find_outlets(session: Session, references: Collection[str], *, whole: bool = False) -> dict[str, Outlet]:
    """The outlets that these slugs or ids name, those that are on record, by the reference given."""
    ids = {reference: id_ for reference in references if (id_ := parse_id(reference)) is not None}
    slugs = [reference for reference in references if is_slug(reference)]
    rows = sa.select(Outlet).where(Outlet.id.in_(ids.values()) | Outlet.slug.in_(slugs))
    outlets = session.scalars(rows.options(*_WHOLE) if whole else rows).all()
    by_slug = {outlet.slug: outlet for outlet in outlets}
    by_id = {outlet.id: outlet for outlet in outlets}
    found = {slug: by_slug[slug] for slug in slugs if slug in by_slug}
    return found | {reference: by_id[id_] for reference, id_ in ids.items() if id_ in by_id}


def require_outlet(session: Session, reference: str) -> Outlet:
    """The outlet with this slug or id.

    Raises:
        UnknownOutlet: There is none.
    """
    if (outlet := find_outlet(session, reference)) is None:
        raise UnknownOutlet(f"No outlet {reference!r} is on record.")
    return outlet


def filtering_outlet(session: Session, reference: str, parameter: str) -> Outlet:
    """The outlet that a list is filtered by.

    Raises:
        InvalidQuery: There is none with this slug or id.
    """
    if (outlet := find_outlet(session, reference)) is None:
        raise InvalidQuery.at(parameter, detail=f"No outlet {reference!r} is on record.", code="unknown-outlet")
    return outlet


def domain_owners(session: Session, domains: Collection[str]) -> dict[str, UUID]:
    """Whose the domains are, those of them that are on record."""
    owned = sa.select(OutletDomain.domain, OutletDomain.outlet_id)
    return dict(session.execute(owned.where(is_among(session, OutletDomain.domain, domains))).all())


def topmost_parents(session: Session, outlets: Iterable[UUID]) -> dict[UUID, UUID]:
    """For each outlet the one at the top of its parents, itself if it has none."""
    start = sa.select(Outlet.id.label("below"), Outlet.id, Outlet.parent_id).where(Outlet.id.in_(set(outlets)))
    climb = start.cte("climb", recursive=True)
    climb = climb.union_all(
        sa.select(climb.c.below, Outlet.id, Outlet.parent_id).join(Outlet, Outlet.id == climb.c.parent_id)
    )
    tops = session.execute(sa.select(climb.c.below, climb.c.id).where(climb.c.parent_id.is_(None)))
    return dict(tops.all())


_WHOLE = (selectinload(Outlet.parent), selectinload(Outlet.domains), selectinload(Outlet.aliases))


def _checked(slug: str | None, domains: Sequence[str]) -> list[str]:
    """The domains in their normal form, once they and the slug are found well formed."""
    errors: list[FieldError] = []
    keys: list[str] = []
    if slug is not None and (not is_slug(slug) or slug in RESERVED_SLUGS):
        detail = (
            f"A slug is lower-case words joined by hyphens, at most {SLUG_LENGTH} characters, no id and not reserved."
        )
        errors.append(FieldError(pointer="/slug", detail=detail, code="invalid"))
    for index, domain in enumerate(domains):
        try:
            keys.append(domain_key(domain))
        except ValueError as exc:
            errors.append(FieldError(pointer=f"/domains/{index}", detail=str(exc), code="invalid"))
    if errors:
        raise InvalidBody("The outlet cannot be recorded as given.", errors=errors)
    return list(dict.fromkeys(keys))


def _parent(session: Session, reference: str) -> Outlet:
    if (parent := find_outlet(session, reference)) is None:
        raise InvalidBody.at("/parent", unknown_slug(session, reference), "unknown-outlet")
    return parent


def _untaken(session: Session, slug: str) -> str:
    if session.scalar(sa.select(sa.exists().where(Outlet.slug == slug))):
        raise SlugTaken(f"Another outlet has the slug {slug!r}.")
    return slug


def free_slug(session: Session, outlet: Outlet, *, taken: Collection[str] = ()) -> str:
    """The name as a slug; with a number behind it if that is taken; from the id if the name has no letters."""
    base = slug_of(outlet.name)
    if not base or parse_id(base) is not None:
        return f"outlet-{outlet.id.hex[-12:]}"
    like = sa.select(Outlet.slug).where(Outlet.slug.startswith(base[: SLUG_LENGTH - 8], autoescape=True))
    unfree = {*session.scalars(like), *taken, *RESERVED_SLUGS}
    slug, number = base, 1
    while slug in unfree:
        number += 1
        end = f"-{number}"
        slug = base[: SLUG_LENGTH - len(end)].rstrip("-") + end
    return slug


def _domains(session: Session, keys: Sequence[str]) -> list[OutletDomain]:
    taken = session.execute(
        sa.select(OutletDomain.domain, Outlet.slug)
        .join(Outlet, Outlet.id == OutletDomain.outlet_id)
        .where(OutletDomain.domain.in_(keys))
        .order_by(OutletDomain.domain)
    ).all()
    if taken:
        raise DomainTaken("; ".join(f"{domain} belongs to the outlet {slug!r}" for domain, slug in taken) + ".")
    return [OutletDomain(domain=key, position=position) for position, key in enumerate(keys)]


def _contains(column: sa.orm.InstrumentedAttribute[str], part: str) -> sa.ColumnElement[bool]:
    return column.contains(part, autoescape=True)
