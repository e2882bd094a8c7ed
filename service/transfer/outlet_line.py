"""Load the outlets of an import file, and complete those that a report created (R21a)."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import ServiceError, SlugTaken
from service.outlets.describe import WHOLE, describe_outlet
from service.outlets.domains import Domain
from service.outlets.edit import OutletChanges, apply_changes
from service.outlets.merge import merge_imported
from service.outlets.new_outlet import NewOutlet, domains_of, is_recorded, new_outlet
from service.outlets.owners import find_owned
from service.storage.models import Outlet
from service.storage.versions import store_version
from service.transfer.lines import LineStatus
from service.values.names import host_of, name_key
from service.values.vocabulary import Caller, OutletKind


def load_outlet(session: Session, given: NewOutlet, *, caller: Caller, now: dt.datetime) -> tuple[LineStatus, Outlet]:
    """Load an outlet, identified by its slug, or by its name if the line has no slug.

    Raises:
        SlugTaken: Another outlet has the slug, or the name if no slug was given.
        DomainTaken: A domain belongs to another outlet.
        InvalidBody: A member is malformed, or the parent is unknown.
    """
    session.flush()
    same = Outlet.name_key == name_key(given["name"]) if given["slug"] is None else Outlet.slug == given["slug"]
    known = session.scalars(sa.select(Outlet).where(same).options(*WHOLE)).all()
    for outlet in known:
        if is_recorded(session, outlet, given):
            return LineStatus.UNCHANGED, outlet
    if (created := _created_by_report(session, given)) is not None:
        _complete(session, created, given, caller=caller, now=now)
        return LineStatus.UPDATED, created
    if known and given["slug"] is None:
        raise SlugTaken(
            f"The outlet {known[0].slug!r} has this name and differs from this line. Correct the line, or send a slug "
            "for another outlet."
        )
    outlet = new_outlet(session, given, now=now)
    if (into := given.get("merged_into")) is not None:
        merge_imported(session, outlet, into, caller=caller, now=now)
    session.add(outlet)
    session.flush()
    return LineStatus.CREATED, outlet


def _created_by_report(session: Session, given: NewOutlet) -> Outlet | None:
    """Return the outlet that a report created under the name or a domain of a given outlet, else None."""
    domains = domains_of(given)
    owned = find_owned(session, [domain.name for domain in domains])
    owners = {one.outlet_id for owners in owned.values() for one in owners}
    matches = (Outlet.name_key == name_key(given["name"])) | Outlet.id.in_(owners)
    outlets = session.scalars(sa.select(Outlet).where(matches).options(*WHOLE)).all()
    if len(outlets) != 1 or given.get("merged_into") is not None:
        return None
    [outlet] = outlets
    has_other_slug = given["slug"] not in (None, outlet.slug)
    is_named = outlet.name_key == name_key(given["name"]) or host_of(outlet.name) in [domain.name for domain in domains]
    return outlet if is_named and not has_other_slug and _is_bare(outlet, domains) else None


def _is_bare(outlet: Outlet, domains: list[Domain]) -> bool:
    """Return whether an outlet is as a report created it, with no domains besides the given ones."""
    listed = all(Domain(owned.domain, owned.starts_at, owned.ends_at) in domains for owned in outlet.domains)
    has_defaults = outlet.kind is OutletKind.WEBSITE and outlet.scorable and outlet.parent is None
    return listed and has_defaults and not outlet.aliases and outlet.merged_into is None


def _complete(session: Session, outlet: Outlet, given: NewOutlet, *, caller: Caller, now: dt.datetime) -> None:
    """Update an outlet with the members of a line, and store the earlier version."""
    before = describe_outlet(outlet)
    changes = OutletChanges(
        name=given["name"],
        kind=given["kind"],
        aliases=given["aliases"],
        parent=given["parent"],
        scorable=given["scorable"],
        domains=[],
    )
    try:
        apply_changes(session, outlet, changes, domains_of(given))
    except ServiceError:
        session.expire(outlet)  # a rejected line changes nothing
        raise
    store_version(session, outlet.id, before, caller=caller, now=now)
    session.flush()
