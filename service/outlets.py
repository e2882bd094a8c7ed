"""Record outlets, change them, and find them again: by slug, id, name or alias."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NotRequired, TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.cache import ScoreCache
from service.db import Database, lock_name, retried
from service.errors import DomainTaken, FieldError, InvalidBody, SlugTaken
from service.identity import RESERVED_SLUGS, SLUG_LENGTH, domain_key, is_slug, name_key, new_id
from service.models import Outlet, OutletAlias, OutletDomain
from service.nearest import unknown_slug
from service.outbox import forget_scores
from service.paging import Keyset, Page, Position
from service.register import (
    PLACES,
    WHOLE,
    counts_as,
    describe_outlet,
    filtering_outlet,
    find_outlet,
    free_slug,
    line_of,
    merged_with,
    require_outlet,
)
from service.versions import check_match, keep_version, said_before
from service.vocabulary import Caller, OutletKind


class NewOutlet(TypedDict):
    """An outlet as sent."""

    name: str
    slug: str | None
    kind: OutletKind
    domains: list[str]
    aliases: list[str]
    parent: str | None
    scorable: bool
    merged_into: NotRequired[str | None]
    """In a line of an export."""


@retried
def record_outlet(db: Database, *, outlet: NewOutlet, now: dt.datetime) -> dict[str, Any]:
    """Put an outlet on record.

    Raises:
        InvalidBody: The slug or a domain is badly formed, or the parent is not on record.
        SlugTaken: Another outlet has the slug.
        DomainTaken: A domain belongs to another outlet.
    """
    with db.write() as session:
        recorded = new_outlet(session, outlet, now=now)
        session.add(recorded)
    return describe_outlet(recorded)


def new_outlet(session: Session, given: NewOutlet, *, now: dt.datetime) -> Outlet:
    """An outlet that can be put on record, not yet in the session.

    Raises:
        As `record_outlet`.
    """
    keys = checked_domains(given["slug"], given["domains"])
    lock_name(session, "outlet")  # else many who want the same slug lose to one another more often than is retried
    outlet = Outlet(id=new_id(), name=given["name"], name_key=name_key(given["name"]), recorded_at=now)
    outlet.kind, outlet.scorable = given["kind"], given["scorable"]
    outlet.parent = None if given["parent"] is None else _parent(session, given["parent"])
    outlet.slug = free_slug(session, outlet) if given["slug"] is None else _untaken(session, given["slug"])
    outlet.domains = _domains(session, keys)
    outlet.aliases = _aliases(given["aliases"])
    return outlet


def agrees(session: Session, outlet: Outlet, given: NewOutlet) -> bool:
    """Whether an outlet that was sent says what is on record of it, loaded whole, or was before it was changed."""
    domains = checked_domains(given["slug"], given["domains"])
    above = None if given["parent"] is None else find_outlet(session, given["parent"])
    sent = {
        **given,
        "slug": outlet.slug if given["slug"] is None else given["slug"],
        "domains": domains,
        "parent": given["parent"] if above is None else above.surviving.slug,
    }
    if given.get("merged_into") is not None:
        sent["merged_into"] = given["merged_into"]
    on_record = describe_outlet(outlet) | {"merged_into": outlet.merged_into and outlet.merged_into.slug}
    same = all(on_record[member] == value for member, value in sent.items())
    return same or said_before(session, outlet.id, sent)


@retried
def change_outlet(
    db: Database,
    cache: ScoreCache,
    reference: str,
    *,
    changes: Mapping[str, Any],
    seen: AbstractSet[str] | None,
    caller: Caller,
    now: dt.datetime,
) -> dict[str, Any]:
    """Change what is on record of an outlet; what was there before is kept.

    Args:
        db: The database.
        cache: The scores that the change makes old.
        reference: The outlet's slug or id.
        changes: New values of `name`, `kind`, `domains`, `aliases`, `parent` and `scorable`, those that change.
        seen: The tags of what the caller has seen; None for whatever there is.
        caller: Who changes it.
        now: The moment of the call.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: It was merged into another one.
        PreconditionFailed: The outlet was changed meanwhile.
        InvalidBody: A domain is badly formed, or the parent unknown, the outlet itself or below it.
        DomainTaken: A domain belongs to another outlet.
    """
    keys = checked_domains(None, changes.get("domains", ()))
    with db.write() as session:
        lock_name(session, PLACES)
        outlet = require_outlet(session, reference, whole=True)
        before = describe_outlet(outlet)
        check_match(before, seen)
        _apply(session, outlet, changes, keys)
        session.flush()
        if describe_outlet(outlet) == before:
            return before
        keep_version(session, outlet.id, before, caller=caller, now=now)
        forget_scores(session, cache, [outlet.slug], now=now)
    return describe_outlet(outlet)


def _apply(session: Session, outlet: Outlet, changes: Mapping[str, Any], keys: Sequence[str]) -> None:
    for name in ("name", "kind", "scorable"):
        setattr(outlet, name, changes.get(name, getattr(outlet, name)))
    outlet.name_key = name_key(outlet.name)
    if "parent" in changes:
        outlet.parent = None if changes["parent"] is None else _parent(session, changes["parent"])
        if outlet.parent is not None and outlet.id in line_of(session, outlet.parent):
            raise InvalidBody.at("/parent", "An outlet cannot stand above itself.", "parent-cycle")
    if "domains" in changes:
        domains = _domains(session, keys, owner=outlet)
        outlet.domains = []
        session.flush()
        outlet.domains = domains
    if "aliases" in changes:
        outlet.aliases = []
        session.flush()
        outlet.aliases = _aliases(changes["aliases"])


def get_outlet(db: Database, reference: str) -> dict[str, Any]:
    """The outlet with this slug or id.

    Raises:
        UnknownOutlet: There is none.
        OutletMerged: It was merged into another one.
    """
    with db.read() as session:
        return describe_outlet(require_outlet(session, reference, whole=True))


def list_outlets(
    db: Database,
    *,
    q: str | None = None,
    kind: OutletKind | None = None,
    parent: str | None = None,
    after: Position | None,
    limit: int,
) -> Page[dict[str, Any]]:
    """Outlets by slug, but for those that were merged; `q` is part of a name or an alias, whatever its case.

    Raises:
        InvalidQuery: `after` is not a position of this list, or `parent` not on record.
    """
    rows = sa.select(Outlet).where(Outlet.merged_into_id.is_(None)).options(*WHOLE)
    with db.read() as session:
        if q is not None:
            rows = rows.where(_is_named(name_key(q)))
        if kind is not None:
            rows = rows.where(Outlet.kind == kind)
        if parent is not None:
            rows = rows.where(Outlet.parent_id.in_(merged_with(filtering_outlet(session, parent, "parent"))))
        page = Keyset([Outlet.slug], [str]).page(session, rows, after=after, limit=limit)
        return Page([describe_outlet(outlet) for outlet in page.items], page.next)


def checked_domains(slug: str | None, domains: Sequence[str]) -> list[str]:
    """The domains of an outlet in their normal form, each once, when they and its slug are well formed.

    Raises:
        InvalidBody: They are not.
    """
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
    return parent.surviving


def _untaken(session: Session, slug: str) -> str:
    if session.scalar(sa.select(sa.exists().where(Outlet.slug == slug))):
        raise SlugTaken(f"Another outlet has the slug {slug!r}.")
    return slug


def _aliases(names: Sequence[str]) -> list[OutletAlias]:
    return [OutletAlias(position=position, name=name, name_key=name_key(name)) for position, name in enumerate(names)]


def _domains(session: Session, keys: Sequence[str], *, owner: Outlet | None = None) -> list[OutletDomain]:
    taken = session.execute(
        sa.select(OutletDomain.domain, Outlet.slug)
        .join(Outlet, Outlet.id == OutletDomain.outlet_id)
        .where(OutletDomain.domain.in_(keys), Outlet.id != (None if owner is None else owner.id))
        .order_by(OutletDomain.domain)
    ).all()
    if taken:
        raise DomainTaken("; ".join(f"{domain} belongs to the outlet {slug!r}" for domain, slug in taken) + ".")
    return [OutletDomain(domain=key, position=position) for position, key in enumerate(keys)]


def _is_named(part: str) -> sa.ColumnElement[bool]:
    """Whether part of a name or an alias of an outlet, or of one merged into it, is this."""
    one = aliased(Outlet)
    alias = sa.exists().where(OutletAlias.outlet_id == one.id, _contains(OutletAlias.name_key, part))
    named = sa.select(counts_as(one)).where(_contains(one.name_key, part) | alias)
    return Outlet.id.in_(named)


def _contains(column: sa.orm.InstrumentedAttribute[str], part: str) -> sa.ColumnElement[bool]:
    return column.contains(part, autoescape=True)
