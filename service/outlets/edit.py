"""Read and change outlets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.errors import InvalidBody
from service.outlets.describe import OutletView, describe_outlet
from service.outlets.domains import Domain, GivenDomain
from service.outlets.find import PLACES, ancestors, require_outlet
from service.outlets.members import alias_rows, normalise_domains, parent_named
from service.outlets.owners import domain_rows
from service.storage.db import Database, retried
from service.storage.locks import lock_name
from service.storage.models import Outlet
from service.storage.versions import check_match, store_version
from service.values.names import name_key, shown_name
from service.values.vocabulary import Caller, OutletKind


class OutletChanges(TypedDict, total=False):
    """The changed members of an outlet, with their new values."""

    name: str
    kind: OutletKind
    domains: list[GivenDomain]
    aliases: list[str]
    parent: str | None
    scorable: bool


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
        cache: The score cache, in which the outlet and, if it is renamed, its children are invalidated.
        reference: The slug or id of the outlet.
        changes: The changed members.
        if_match: The tags of the versions that the caller accepts; None for any version.
        caller: The API key of the call.
        now: The time of the call.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: The outlet was merged into another one.
        PreconditionFailed: The outlet has been changed since the caller read it.
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
        children = _children(session, outlet) if outlet.name != before.name else []
        invalidate_scores(session, cache, [outlet.slug, *children], now=now)
    return describe_outlet(outlet)


def _children(session: Session, outlet: Outlet) -> list[str]:
    """Return the slugs of the outlets whose pages name this outlet as their parent."""
    parent = aliased(Outlet)
    is_parent = (parent.id == outlet.id) | (parent.merged_into_id == outlet.id)
    return list(session.scalars(sa.select(Outlet.slug).join(parent, Outlet.parent_id == parent.id).where(is_parent)))


def _load_locked(session: Session, reference: str) -> Outlet:
    """Load an outlet for its view, after locking domains, merges and parents against other writers."""
    lock_name(session, "outlet")
    lock_name(session, PLACES)
    return require_outlet(session, reference, whole=True)


def apply_changes(session: Session, outlet: Outlet, changes: OutletChanges, domains: Sequence[Domain]) -> None:
    """Apply changes to an outlet that was loaded with `WHOLE`.

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
        outlet.parent = None if changes["parent"] is None else parent_named(session, changes["parent"])
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
        outlet.aliases = alias_rows(changes["aliases"])


def get_outlet(db: Database, reference: str) -> OutletView:
    """Return the view of the outlet with this slug or id.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: The outlet was merged into another one.
    """
    with db.read() as session:
        return describe_outlet(require_outlet(session, reference, whole=True))
