"""Record new outlets, and recognise sent outlets that are already recorded."""

from __future__ import annotations

import datetime as dt
from typing import NotRequired, TypedDict

from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.outlets.describe import OutletView, describe_outlet, outlet_state
from service.outlets.domains import Domain, GivenDomain
from service.outlets.find import find_outlet
from service.outlets.members import alias_rows, check_free, normalise_domains, parent_named
from service.outlets.owners import domain_rows
from service.outlets.slugs import free_slug
from service.storage.db import Database, retried
from service.storage.facts import surviving_outlet
from service.storage.locks import lock_name
from service.storage.models import Outlet
from service.storage.versions import is_same, matches_earlier_version
from service.values.ids import new_id
from service.values.names import host_of, name_key, shown_name
from service.values.vocabulary import OutletKind


class NewOutlet(TypedDict):
    """An outlet that a client or an import sends to be recorded."""

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


@retried
def record_outlet(db: Database, cache: ScoreCache, *, outlet: NewOutlet, now: dt.datetime) -> OutletView:
    """Record an outlet, and invalidate the cached lookups that did not find it.

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
    """Build a new outlet from the members sent, without adding it to the session.

    Raises:
        As `record_outlet`.
    """
    domains = domains_of(given)
    lock_name(session, "outlet")  # otherwise concurrent writers of one slug could exceed the number of retries
    outlet = Outlet(id=new_id(), name=shown_name(given["name"]), name_key=name_key(given["name"]), recorded_at=now)
    outlet.kind, outlet.scorable = given["kind"], given["scorable"]
    outlet.parent = None if given["parent"] is None else parent_named(session, given["parent"])
    outlet.slug = free_slug(session, outlet) if given["slug"] is None else check_free(session, given["slug"])
    outlet.domains = domain_rows(session, domains, owner=outlet)
    outlet.aliases = alias_rows(given["aliases"])
    return outlet


def is_recorded(session: Session, outlet: Outlet, given: NewOutlet) -> bool:
    """Return whether a sent outlet equals a recorded one or an earlier version of it."""
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


def domains_of(given: NewOutlet) -> list[Domain]:
    """Return the sent domains in normal form or, if none are sent, the name if it is a host (R21a).

    Raises:
        As `normalise_domains`.
    """
    if (domains := given["domains"]) is None:
        domains = [] if (host := host_of(given["name"])) is None else [host]
    return normalise_domains(given["slug"], domains)
