"""Look up the recorded outlets that reports name, many at a time or one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any, NamedTuple, NotRequired, TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import InvalidBody
from service.outlets.find import find_outlet
from service.outlets.owners import Owned, find_owned
from service.storage.base import plain, table_of
from service.storage.db_errors import WriteConflict
from service.storage.facts import surviving_outlet
from service.storage.locks import LOCKED_OUTLETS, lock_name
from service.storage.models import Outlet, OutletAlias, OutletDomain
from service.storage.predicates import is_among, is_among_parameter
from service.values.ids import is_slug, parse_id
from service.values.names import domain_key, host_of, name_key, shown_host, shown_name, slug_of
from service.values.vocabulary import OutletKind

_SURVIVOR = table_of(Outlet).alias()
_COLUMNS = (
    *(Outlet.id, Outlet.slug, Outlet.name, Outlet.name_key, Outlet.parent_id, Outlet.merged_into_id),
    *(_SURVIVOR.columns.id, _SURVIVOR.columns.slug, _SURVIVOR.columns.parent_id),
)


class OutletName(TypedDict):
    """An outlet as a report names it. The last three members are used only to create an unknown outlet."""

    name: str
    domain: NotRequired[str | None]
    kind: NotRequired[OutletKind]
    parent: NotRequired[str | None]
    scorable: NotRequired[bool]


class Mention(NamedTuple):
    """The normal form of a name in a report, with the domain if one is given or the name is a host."""

    name: str
    key: str
    domain: str | None
    pointer: str
    """The JSON pointer to the member that gives the domain."""


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


class KnownOutlets:
    """The recorded outlets that the reports of one transaction may name.

    Outlets that were looked up in advance belong to no session, so compare outlets by id. Others are looked up one by
    one, with the same results.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._named: dict[str, list[Outlet]] = {}
        """The outlets with a name or alias, by its key; an empty list if no outlet has it."""
        self._by_id: dict[UUID, Outlet] = {}
        self._owned: dict[str, list[Owned]] = {}
        """The owners of each domain that was looked up, with their periods."""
        self._free_slugs: set[str] = set()
        """Slugs that no outlet has."""
        self.is_locked = session.get_bind().dialect.name != "postgresql"
        """Whether other writers are kept from creating outlets or linking names; always true on SQLite."""

    def prefetch(self, references: Iterable[str | OutletName]) -> list[Outlet]:
        """Look up all these references with a few statements, and return the outlets found by slug."""
        slugs: set[str] = set()
        mentions: set[Mention] = set()
        for reference in references:
            if isinstance(reference, str):
                slugs.add(reference)
            else:
                with suppress(InvalidBody):
                    mentions.add(read_mention(reference))
        found: list[Outlet] = []
        if slugs:
            found = read_only_outlets(self._session, is_among(self._session, Outlet.slug, slugs), lock=True)
        self._look_up(mentions)
        if self._unknown_among(mentions) and not self.is_locked:
            self.lock()  # so that the unknown ones are still unknown when they are created
            self._look_up(mentions)
        if unknown := self._unknown_among(mentions):
            wanted = {slug_of(mention.name) for mention in unknown} | {mention.name for mention in unknown}
            rows = sa.select(Outlet.slug).where(is_among(self._session, Outlet.slug, wanted))
            self._free_slugs = {slug for slug in wanted if is_slug(slug)}.difference(self._session.scalars(rows))
        return found

    def lock(self) -> None:
        """Lock the names and domains of outlets for this transaction, and discard earlier lookups by them."""
        if not self.is_locked:
            lock_name(self._session, "outlet")
            self.is_locked = True
            self._owned.clear()
            self._named.clear()

    def clear_names(self) -> None:
        """Discard the results of lookups by name or domain, which may be out of date."""
        self._named.clear()
        self._owned.clear()
        self._free_slugs.clear()

    def get(self, outlet_id: UUID) -> Outlet:
        """Return the outlet with this id."""
        return self._by_id.get(outlet_id) or self._session.get_one(Outlet, outlet_id)

    def by_slug_or_id(self, reference: str) -> Outlet | None:
        """Return the outlet with this slug or id."""
        has_no_outlet = reference in self._free_slugs or not (is_slug(reference) or parse_id(reference))
        return None if has_no_outlet else find_outlet(self._session, reference)

    def namesakes(self, key: str, *, without_domains: bool) -> Collection[Outlet]:
        """Return the outlets whose name or alias has this key, optionally only those without domains."""
        known = self._named.get(key)
        if known is not None and not (known and without_domains):
            return known
        # A union, because PostgreSQL scans the whole table for an OR over two tables.
        names = sa.select(Outlet.id).where(Outlet.name_key == key)
        named = names.union(sa.select(OutletAlias.outlet_id).where(OutletAlias.name_key == key))
        rows = sa.select(Outlet).where(Outlet.id.in_(named)).order_by(Outlet.slug)
        if without_domains:
            rows = rows.where(~sa.exists().where(OutletDomain.outlet_id == Outlet.id))
        return self._session.scalars(rows).all()

    def identify(self, key: str) -> Outlet | None:
        """Return the outlet that the key of a name identifies, among those that were looked up in advance."""
        return best_match(key, self._named.get(key, ()))

    def owned_at(self, domain: str) -> list[Owned]:
        """Return the outlets that have this domain at any time, each with its period."""
        if domain not in self._owned:
            self._owned[domain] = find_owned(self._session, [domain]).get(domain, [])
        return self._owned[domain]

    def is_free(self, slug: str) -> bool:
        """Return whether `prefetch` found that no outlet has this slug."""
        return slug in self._free_slugs

    def _look_up(self, mentions: Collection[Mention]) -> None:
        """Look up the outlets with these domains, names and aliases."""
        domains = {mention.domain for mention in mentions if mention.domain is not None}
        owned = find_owned(self._session, domains) if domains else {}
        self._owned |= {domain: owned.get(domain, []) for domain in domains}
        keys = {mention.key for mention in mentions}
        named = outlets_named(self._session, keys) if keys else {}
        self._by_id |= {outlet.id: outlet for outlets in named.values() for outlet in outlets}
        ids = {owner.outlet_id for owners in owned.values() for owner in owners} - self._by_id.keys()
        if ids:
            owners = read_only_outlets(self._session, is_among(self._session, Outlet.id, ids), lock=True)
            self._by_id |= {outlet.id: outlet for outlet in owners}
        self._named |= {key: named.get(key, []) for key in keys}

    def _unknown_among(self, mentions: Iterable[Mention]) -> list[Mention]:
        return [each for each in mentions if not self._named[each.key] and not self._owned.get(each.domain or "")]


def outlets_named(session: Session, keys: Collection[str]) -> dict[str, list[Outlet]]:
    """Return the recorded outlets with a name or alias that has one of these keys, by key.

    The outlets are locked and read-only, like those of `read_only_outlets`.
    """
    rows = _named_rows(session.get_bind().dialect.name)
    found: dict[str, list[Outlet]] = {}
    for key, *columns in session.connection().execute(rows, {"keys": list(keys)}):
        found.setdefault(key, []).append(_read_only(columns))
    _note_locked(session, (outlet.id for outlets in found.values() for outlet in outlets))
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
    """Return outlets as read-only objects, with those that they were merged into, in one statement.

    They have ids, names, slugs and the ids of their parents, but no other columns.

    Args:
        session: The session.
        chosen: A condition on the outlet.
        lock: Whether to lock the outlets against merges until the transaction ends (R22), as `lock_outlets` does.

    Raises:
        WriteConflict: An outlet was merged, or a merge undone, while the call waited for the lock.
    """
    rows = _with_survivors(sa.select(*_COLUMNS).select_from(Outlet).where(chosen), lock=lock)
    outlets = [_read_only(columns) for columns in session.connection().execute(rows)]
    if lock:
        _note_locked(session, (outlet.id for outlet in outlets))
    return outlets


def _with_survivors(rows: sa.Select[*tuple[Any, ...]], *, lock: bool) -> sa.Select[*tuple[Any, ...]]:
    rows = rows.outerjoin(_SURVIVOR, _SURVIVOR.columns.id == Outlet.merged_into_id)
    return rows.order_by(Outlet.id).with_for_update(read=True, key_share=True, of=Outlet) if lock else rows


def _read_only(columns: Sequence[object]) -> Outlet:
    *own, merged_into_id, into_id, into_slug, into_parent_id = columns
    if merged_into_id != into_id:  # after a wait for the lock, only the locked row was read again
        raise WriteConflict("An outlet was merged, or a merge undone.")
    into = {"id": into_id, "slug": into_slug, "parent_id": into_parent_id, "merged_into": None}
    values = dict(zip(("id", "slug", "name", "name_key", "parent_id"), own, strict=True))
    values["merged_into"] = None if into_id is None else plain(Outlet, into)
    return plain(Outlet, values)


def _note_locked(session: Session, outlets: Iterable[UUID]) -> None:
    session.info.setdefault(LOCKED_OUTLETS, set()).update(outlets)


def best_match(key: str, outlets: Collection[Outlet]) -> Outlet | None:
    """Return the one outlet that a name's key identifies among these; None if it is ambiguous (R22)."""
    if len(outlets) == 1:
        return next(iter(outlets))
    if len({surviving_outlet(outlet).id for outlet in outlets}) != 1:
        return None
    return min(outlets, key=lambda outlet: (outlet.name_key != key, outlet.merged_into is not None, outlet.slug))
