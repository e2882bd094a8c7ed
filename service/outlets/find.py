"""Outlets: find them by slug or id, normalize the names in reports, build views, and choose free slugs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple, NotRequired, TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.errors import InvalidBody, InvalidQuery, OutletMerged, UnknownOutlet
from service.outlets.domains import ShownDomain, show_domains
from service.outlets.search import unknown_slug
from service.storage.base import read_only
from service.storage.canonical import table_of
from service.storage.db_errors import WriteConflict
from service.storage.models import Outlet, OutletAlias
from service.storage.predicates import counts_as, is_among, is_among_parameter, list_parameter
from service.values.documents import members_of
from service.values.ids import RESERVED_SLUGS, SLUG_LENGTH, is_slug, parse_id
from service.values.names import domain_key, host_of, name_key, shown_host, shown_name, slug_of
from service.values.vocabulary import OutletKind

WHOLE = (selectinload(Outlet.parent), selectinload(Outlet.domains), selectinload(Outlet.aliases))
"""The loader options of an outlet that its view needs."""
# Built once, because building the statement takes as long as running it.
_NAMED = sa.select(Outlet).where(
    Outlet.id.in_(sa.bindparam("ids", expanding=True)) | Outlet.slug.in_(sa.bindparam("slugs", expanding=True))
)
_NAMED_WHOLE = _NAMED.options(*WHOLE)
_SURVIVOR = table_of(Outlet).alias()
_COLUMNS = (
    *(Outlet.id, Outlet.slug, Outlet.name, Outlet.name_key, Outlet.parent_id, Outlet.merged_into_id),
    *(_SURVIVOR.columns.id, _SURVIVOR.columns.slug, _SURVIVOR.columns.parent_id),
)
_LOCKED = "outlets locked against merges"
PLACES = "places of outlets"
"""The name of the lock for changes of parents and merges: two concurrent changes could create a cycle."""


@dataclass(frozen=True, slots=True)
class OutletView:
    """An outlet as responses show it."""

    id: UUID
    slug: str
    name: str
    kind: OutletKind
    domains: list[ShownDomain]
    aliases: list[str]
    parent: str | None
    """The slug of the parent."""
    scorable: bool
    recorded_at: dt.datetime


@dataclass(frozen=True, slots=True)
class OutletState(OutletView):
    """An outlet with the outlet that it was merged into, as imports and exports hold it."""

    merged_into: str | None
    """The slug of that outlet."""


def find_outlet(session: Session, reference: str, *, whole: bool = False) -> Outlet | None:
    """Return the outlet with this slug or id; with `whole`, load everything that its view needs."""
    return find_outlets(session, [reference], whole=whole).get(reference)


def find_outlets(session: Session, references: Collection[str], *, whole: bool = False) -> dict[str, Outlet]:
    """Return the known outlets by their slugs or ids as given."""
    ids = {reference: id_ for reference in references if (id_ := parse_id(reference)) is not None}
    slugs = [reference for reference in references if is_slug(reference)]
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
    return outlet.surviving


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
    """Return the ids of an outlet and all its ancestors, each replaced by the outlet that it was merged into."""
    ids: set[UUID] = set()
    ancestor: Outlet | None = outlet.surviving
    while ancestor is not None and ancestor.id not in ids:
        ids.add(ancestor.id)
        ancestor = None if ancestor.parent_id is None else session.get_one(Outlet, ancestor.parent_id).surviving
    return ids


def describe_outlet(outlet: Outlet) -> OutletView:
    """Return the view of an outlet that is loaded whole."""
    return OutletView(
        id=outlet.id,
        slug=outlet.slug,
        name=outlet.name,
        kind=outlet.kind,
        domains=show_domains(outlet.domains),
        aliases=[alias.name for alias in outlet.aliases],
        parent=None if outlet.parent is None else outlet.parent.surviving.slug,
        scorable=outlet.scorable,
        recorded_at=outlet.recorded_at,
    )


def outlet_state(outlet: Outlet) -> OutletState:
    """Return an outlet that is loaded whole with the outlet that it was merged into."""
    into = None if outlet.merged_into is None else outlet.merged_into.slug
    return OutletState(**members_of(describe_outlet(outlet)), merged_into=into)


def outlets_named(session: Session, keys: Collection[str]) -> dict[str, list[Outlet]]:
    """Return the recorded outlets with one of these keys of a name or an alias, by key, locked and read-only.

    They are as `read_only_outlets` returns them.
    """
    rows = _named_rows(session.get_bind().dialect.name)
    found: dict[str, list[Outlet]] = {}
    for key, *columns in session.connection().execute(rows, {"keys": list_parameter(session, keys)}):
        found.setdefault(key, []).append(_read_only(columns))
    note_locked(session, (outlet.id for outlets in found.values() for outlet in outlets))
    return found


@cache
def _named_rows(dialect: str) -> sa.Select[*tuple[Any, ...]]:
    """Return the statement of `outlets_named`, which takes longer to build than to run."""
    names = sa.select(Outlet.name_key.label("key"), Outlet.id).where(
        is_among_parameter(dialect, Outlet.name_key, "keys")
    )
    aliases = sa.select(OutletAlias.name_key, OutletAlias.outlet_id)
    named = names.union(aliases.where(is_among_parameter(dialect, OutletAlias.name_key, "keys"))).subquery()
    rows = sa.select(named.c.key, *_COLUMNS).select_from(named).join(Outlet, Outlet.id == named.c.id)
    return _with_survivors(rows, lock=True)


def read_only_outlets(session: Session, chosen: sa.ColumnElement[bool], *, lock: bool = False) -> list[Outlet]:
    """Return outlets that can only be read, with those that they were merged into, in one statement.

    They have the names and slugs by which reports find them, their parents' ids, and no other columns.

    Args:
        session: The session.
        chosen: A condition on the outlet.
        lock: Whether to lock the outlets against merges until the transaction ends (R22), as `lock_outlets` does.

    Raises:
        WriteConflict: An outlet was merged, or a merge undone, while this waited for its lock.
    """
    rows = _with_survivors(sa.select(*_COLUMNS).select_from(Outlet).where(chosen), lock=lock)
    outlets = [_read_only(columns) for columns in session.connection().execute(rows)]
    if lock:
        note_locked(session, (outlet.id for outlet in outlets))
    return outlets


def _with_survivors(rows: sa.Select[*tuple[Any, ...]], *, lock: bool) -> sa.Select[*tuple[Any, ...]]:
    rows = rows.outerjoin(_SURVIVOR, _SURVIVOR.columns.id == Outlet.merged_into_id)
    return rows.order_by(Outlet.id).with_for_update(read=True, key_share=True, of=Outlet) if lock else rows


def _read_only(columns: Sequence[object]) -> Outlet:
    *own, merged_into_id, into_id, into_slug, into_parent_id = columns
    if merged_into_id != into_id:  # the row was read again after a wait for its lock, and the other one was not
        raise WriteConflict("An outlet was merged, or a merge undone.")
    into = {"id": into_id, "slug": into_slug, "parent_id": into_parent_id, "merged_into": None}
    values = dict(zip(("id", "slug", "name", "name_key", "parent_id"), own, strict=True))
    return read_only(Outlet, values | {"merged_into": into_id and read_only(Outlet, into)})


def note_locked(session: Session, outlets: Iterable[UUID]) -> None:
    """Note outlets that this transaction has locked against merges."""
    locked: set[UUID] = session.info.setdefault(_LOCKED, set())
    locked.update(outlets)


def is_locked(session: Session, outlet_id: UUID) -> bool:
    """Return whether this transaction has locked an outlet against merges."""
    return outlet_id in session.info.get(_LOCKED, ())


def best_match(key: str, outlets: Collection[Outlet]) -> Outlet | None:
    """Return the outlet that this key identifies, or None if the outlets are not merged into one (R22)."""
    if len({outlet.surviving.id for outlet in outlets}) != 1:
        return None
    return min(outlets, key=lambda outlet: (outlet.name_key != key, outlet.merged_into is not None, outlet.slug))


def free_slug(session: Session, outlet: Outlet, *, taken: Collection[str] = ()) -> str:
    """Return a free slug from the name, numbered if it is taken, or from the id if the name has no letters."""
    base = slug_of(outlet.name)
    if not base or parse_id(base) is not None:
        return f"outlet-{outlet.id.hex[-12:]}"
    like = sa.select(Outlet.slug).where(Outlet.slug.startswith(base[: SLUG_LENGTH - 8], autoescape=True))
    reserved = {*session.scalars(like), *taken, *RESERVED_SLUGS}
    slug, number = base, 1
    while slug in reserved:
        number += 1
        end = f"-{number}"
        slug = base[: SLUG_LENGTH - len(end)].rstrip("-") + end
    return slug


class OutletName(TypedDict):
    """The name and perhaps the domain of an outlet, which is created with the other members if it is unknown."""

    name: str
    domain: NotRequired[str | None]
    kind: NotRequired[OutletKind]
    parent: NotRequired[str | None]
    scorable: NotRequired[bool]


class Mention(NamedTuple):
    """The name of an outlet in a report, and its domain if one is given or the name is a host."""

    name: str
    key: str
    domain: str | None
    pointer: str
    """The member that gives the domain."""


def read_mention(given: OutletName) -> Mention:
    """Return a mention in normal form. A host as the name is also the domain, unless one is given (R21a).

    A host keeps its spelling in the name, such as `SoonerPoll.com`, but `https://www.bild.de/` is shown as `bild.de`.

    Raises:
        InvalidBody: The domain is malformed.
    """
    try:
        return _read_mention(given["name"], given.get("domain"))
    except ValueError as exc:
        raise InvalidBody.at("/domain", str(exc), "invalid") from exc


@lru_cache(maxsize=10_000)  # a file names the same outlets again and again
def _read_mention(given: str, domain: str | None) -> Mention:
    host, name = host_of(given), shown_name(given)
    if host is not None and name_key(name) != name_key(shown_host(host)):
        name = shown_host(host)
    owned = None if domain is None else domain_key(domain)
    return Mention(name, name_key(name), owned or host, "/name" if owned is None else "/domain")
