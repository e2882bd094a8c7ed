"""Record outlets and change them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NotRequired, TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.errors import FieldError, InvalidBody, SlugTaken
from service.outlets.domains import Domain, GivenDomain, domain_rows, read_domains
from service.outlets.find import (
    PLACES,
    OutletView,
    ancestors,
    describe_outlet,
    find_outlet,
    free_slug,
    outlet_state,
    require_outlet,
)
from service.outlets.search import unknown_slug
from service.storage.db import Database, retried
from service.storage.facts import surviving_outlet
from service.storage.locks import lock_name
from service.storage.models import Outlet, OutletAlias
from service.storage.versions import check_match, is_same, matches_earlier_version, store_version
from service.values.ids import RESERVED_SLUGS, SLUG_LENGTH, is_slug, new_id
from service.values.names import host_of, name_key, shown_name
from service.values.vocabulary import Caller, OutletKind


class NewOutlet(TypedDict):
    """An outlet as sent."""

    name: str
    slug: str | None
    kind: OutletKind
    domains: list[GivenDomain] | None
    """None for the default: the name, if it is a host."""
    aliases: list[str]
    parent: str | None
    scorable: bool
    merged_into: NotRequired[str | None]
    """The slug of the outlet that it was merged into; only in the lines of an export."""


class OutletChanges(TypedDict, total=False):
    """The changed members of an outlet, with their new values."""

    name: str
    kind: OutletKind
    domains: list[GivenDomain]
    aliases: list[str]
    parent: str | None
    scorable: bool


@retried
def record_outlet(db: Database, cache: ScoreCache, *, outlet: NewOutlet, now: dt.datetime) -> OutletView:
    """Record an outlet, and invalidate the lookups that did not find it.

    Raises:
        InvalidBody: The slug or a domain is malformed, or the parent is unknown.
        SlugTaken: Another outlet has the slug.
        DomainTaken: A domain belongs to another outlet.
    """
    with db.write() as session:
        recorded = new_outlet(session, outlet, now=now)
        session.add(recorded)
        invalidate_scores(session, cache, [recorded.slug], now=now)
    return describe_outlet(recorded)


def new_outlet(session: Session, given: NewOutlet, *, now: dt.datetime) -> Outlet:
    """Return a new outlet without adding it to the session.

    Raises:
        As `record_outlet`.
    """
    domains = domains_of(given)
    lock_name(session, "outlet")  # otherwise concurrent writers of one slug could exceed the number of retries
    outlet = Outlet(id=new_id(), name=shown_name(given["name"]), name_key=name_key(given["name"]), recorded_at=now)
    outlet.kind, outlet.scorable = given["kind"], given["scorable"]
    outlet.parent = None if given["parent"] is None else _parent(session, given["parent"])
    outlet.slug = free_slug(session, outlet) if given["slug"] is None else _check_free(session, given["slug"])
    outlet.domains = domain_rows(session, domains, owner=outlet)
    outlet.aliases = _aliases(given["aliases"])
    return outlet


def is_recorded(session: Session, outlet: Outlet, given: NewOutlet) -> bool:
    """Return whether a sent outlet equals a recorded one, which is loaded whole, or an earlier version of it."""
    domains = [domain.show() for domain in domains_of(given)]
    parent = None if given["parent"] is None else find_outlet(session, given["parent"])
    sent = {
        **given,
        "slug": outlet.slug if given["slug"] is None else given["slug"],
        "domains": domains,
        "parent": given["parent"] if parent is None else surviving_outlet(parent).slug,
    }
    if given.get("merged_into") is not None:
        sent["merged_into"] = given["merged_into"]
    on_record = outlet_state(outlet)
    same = all(is_same(member, getattr(on_record, member), value) for member, value in sent.items())
    return same or matches_earlier_version(session, outlet.id, sent)


@retried
def change_outlet(
    db: Database,
    cache: ScoreCache,
    reference: str,
    *,
    changes: OutletChanges,
    if_match: AbstractSet[str] | None,
    caller: Caller,
    now: dt.datetime,
) -> OutletView:
    """Change an outlet and store its earlier version.

    Args:
        db: The database.
        cache: The score cache, in which the score of the outlet is invalidated.
        reference: The slug or id of the outlet.
        changes: The changed members.
        if_match: The tags of the versions that the caller accepts; None for any version.
        caller: The API key of the call.
        now: The time of the call.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: The outlet was merged into another one.
        PreconditionFailed: The outlet was changed since the caller read it.
        InvalidBody: A domain is malformed, or the parent is unknown, the outlet itself, or below it.
        DomainTaken: A domain belongs to another outlet.
    """
    domains = normalise_domains(None, changes.get("domains", ()))
    with db.write() as session:
        outlet = _load_locked(session, reference)
        before = describe_outlet(outlet)
        check_match(before, if_match)
        apply_changes(session, outlet, changes, domains)
        session.flush()
        if describe_outlet(outlet) == before:
            return before
        store_version(session, outlet.id, before, caller=caller, now=now)
        invalidate_scores(session, cache, [outlet.slug], now=now)
    return describe_outlet(outlet)


def _load_locked(session: Session, reference: str) -> Outlet:
    """Return an outlet whole, with locks against concurrent changes of domains, merges and parents."""
    lock_name(session, "outlet")
    lock_name(session, PLACES)
    return require_outlet(session, reference, whole=True)


def apply_changes(session: Session, outlet: Outlet, changes: OutletChanges, domains: Sequence[Domain]) -> None:
    """Change an outlet that is loaded whole.

    Args:
        session: The session.
        outlet: The outlet.
        changes: The changed members.
        domains: The domains in `changes`, in normal form.

    Raises:
        As `change_outlet`.
    """
    for member in ("kind", "scorable"):
        setattr(outlet, member, changes.get(member, getattr(outlet, member)))
    outlet.name = shown_name(changes.get("name", outlet.name))
    outlet.name_key = name_key(outlet.name)
    if "parent" in changes:
        outlet.parent = None if changes["parent"] is None else _parent(session, changes["parent"])
        if outlet.parent is not None and outlet.id in ancestors(session, outlet.parent):
            detail = "The parent is the outlet itself or below it. Name another parent."
            raise InvalidBody.at("/parent", detail, "parent-cycle")
    if "domains" in changes:
        rows = domain_rows(session, domains, owner=outlet)
        outlet.domains = []
        session.flush()
        outlet.domains = rows
    if "aliases" in changes:
        outlet.aliases = []
        session.flush()
        outlet.aliases = _aliases(changes["aliases"])


def get_outlet(db: Database, reference: str) -> OutletView:
    """Return the outlet with this slug or id.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: The outlet was merged into another one.
    """
    with db.read() as session:
        return describe_outlet(require_outlet(session, reference, whole=True))


def domains_of(given: NewOutlet) -> list[Domain]:
    """Return the sent domains of an outlet in normal form, or its name if that is a host and none are sent (R21a).

    Raises:
        As `normalise_domains`.
    """
    if (domains := given["domains"]) is None:
        domains = [] if (host := host_of(given["name"])) is None else [host]
    return normalise_domains(given["slug"], domains)


def normalise_domains(slug: str | None, given: Sequence[GivenDomain]) -> list[Domain]:
    """Return the domains of an outlet in normal form and without duplicates.

    Raises:
        InvalidBody: A domain or the slug is malformed.
    """
    domains, errors = read_domains(given)
    if slug is not None and (not is_slug(slug) or slug in RESERVED_SLUGS):
        detail = (
            f"A slug is lower-case words joined by hyphens, at most {SLUG_LENGTH} characters, not an id and not a "
            "reserved word."
        )
        errors.insert(0, FieldError(pointer="/slug", detail=detail, code="invalid"))
    if errors:
        raise InvalidBody(
            "You sent an outlet with a malformed slug or domain. Correct the members that `errors` lists.",
            errors=errors,
        )
    return domains


def _parent(session: Session, reference: str) -> Outlet:
    if (parent := find_outlet(session, reference)) is None:
        raise InvalidBody.at("/parent", unknown_slug(session, reference), "unknown-outlet")
    return surviving_outlet(parent)


def _check_free(session: Session, slug: str) -> str:
    """Check that no outlet has a slug, and return it."""
    if session.scalar(sa.select(sa.exists().where(Outlet.slug == slug))):
        raise SlugTaken(
            f"You sent the slug {slug!r}, which another outlet has. Send another slug, or none to derive it from the "
            "name."
        )
    return slug


def _aliases(names: Sequence[str]) -> list[OutletAlias]:
    return [
        OutletAlias(position=position, name=shown_name(name), name_key=name_key(name))
        for position, name in enumerate(names)
    ]
