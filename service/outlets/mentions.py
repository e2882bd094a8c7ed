"""Find the outlets that reports name, or create them where a report may."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import NotRequired, TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import InvalidBody
from service.outlets.find import domain_owners, find_outlet, free_slug
from service.outlets.suggest import unknown_slug
from service.storage.locks import lock_name
from service.storage.models import Outlet, OutletAlias, OutletDomain
from service.storage.predicates import is_among
from service.values.addresses import parse_address
from service.values.ids import new_id
from service.values.names import domain_key, name_key
from service.values.vocabulary import OutletKind


class OutletName(TypedDict):
    """The name and perhaps the domain of an outlet, which is created if it is unknown."""

    name: str
    domain: NotRequired[str | None]


class Directory:
    """The outlets that the reports of one transaction name, each looked up once.

    A created outlet enters the session together with its first report, so a rejected report creates no outlet.
    """

    def __init__(self, session: Session, *, now: dt.datetime) -> None:
        self._session = session
        self._now = now
        self._found: dict[str | tuple[str, str | None], Outlet] = {}
        self._created: list[Outlet] = []
        self._unknown: dict[str, str] = {}
        """The error details by unknown slug."""

    def get(self, reference: str | OutletName) -> Outlet:
        """Return the outlet with this slug or id, or the found or created one with this name.

        Raises:
            InvalidBody: The slug is unknown, the domain malformed, or the name ambiguous.
        """
        key = reference if isinstance(reference, str) else (name_key(reference["name"]), reference.get("domain"))
        if key not in self._found:
            self._found[key] = self._look_up(reference)
        return self._found[key]

    def prefetch(self, references: Iterable[str | OutletName]) -> None:
        """Look up outlets by slug or name in two queries; `get` looks up the missing ones later."""
        references = list(references)
        slugs = {reference for reference in references if isinstance(reference, str)}
        outlets = self._session.scalars(sa.select(Outlet).where(is_among(self._session, Outlet.slug, slugs)))
        self._found |= {outlet.slug: outlet for outlet in outlets}
        named = [reference for reference in references if not isinstance(reference, str)]
        keys = {name_key(reference["name"]) for reference in named if reference.get("domain") is None}
        for key, namesakes in _outlets_named(self._session, keys).items():
            if outlet := _best_match(key, namesakes):
                self._found[key, None] = outlet

    def drop_unused(self) -> None:
        """Drop the created outlets whose reports were rejected."""
        unused = [outlet for outlet in self._created if outlet not in self._session]
        self._created = [outlet for outlet in self._created if outlet not in unused]
        self._found = {key: outlet for key, outlet in self._found.items() if outlet not in unused}

    def clear_names(self) -> None:
        """Invalidate the lookups by name, because a new outlet may have one of the names."""
        self._found = {key: outlet for key, outlet in self._found.items() if isinstance(key, str)}
        self._unknown.clear()

    def publisher_of(self, url: str) -> Outlet:
        """Return the outlet that publishes at a URL, on record or just created (R21).

        Raises:
            InvalidBody: No outlet publishes at the URL.
        """
        keys = []
        with suppress(ValueError):
            keys = list(parse_address(url).keys())
        owners = domain_owners(self._session, keys)
        created = {owned.domain: outlet for outlet in self._created for owned in outlet.domains}
        for key in keys:
            if key in created:
                return created[key]
            if key in owners:
                return self._session.get_one(Outlet, owners[key])
        raise InvalidBody.at("", "No outlet on record publishes at the url. Name the outlet.", "unknown-outlet")

    def _look_up(self, reference: str | OutletName) -> Outlet:
        if not isinstance(reference, str):
            domain = _domain_of(reference)
            return self._by_name(reference["name"], domain) or self._create(reference["name"], domain)
        created = (outlet for outlet in self._created if outlet.slug == reference)
        if (outlet := next(created, None) or find_outlet(self._session, reference)) is None:
            raise InvalidBody.at("", self._unknown_detail(reference), "unknown-outlet")
        return outlet

    def _unknown_detail(self, slug: str) -> str:
        if slug not in self._unknown:
            self._session.flush()  # created outlets may be among the nearest
            self._unknown[slug] = unknown_slug(self._session, slug)
        return self._unknown[slug]

    def _by_name(self, name: str, domain: str | None) -> Outlet | None:
        """Return the outlet with this domain, or else the one with this name, alias or slug.

        With a domain given, an outlet of this name that has other domains does not match.

        Raises:
            InvalidBody: Several outlets have this name.
        """
        if domain is not None and (owner := self._owner(domain)) is not None:
            return owner
        key = name_key(name)
        outlets = self._namesakes(key, without_domains=domain is not None)
        if outlet := _best_match(key, outlets):
            return outlet
        if outlets:
            slugs = ", ".join(outlet.slug for outlet in outlets)
            raise InvalidBody.at(
                "/name",
                f"Several outlets have this name, and it must identify one. Send the slug of one of them: {slugs}.",
                "ambiguous",
            )
        created = [outlet for outlet in self._created if outlet.name_key == key or outlet.slug == name]
        if domain is not None:
            return next((outlet for outlet in created if not outlet.domains), None)
        return next(iter(created), None) or find_outlet(self._session, name)

    def _namesakes(self, key: str, *, without_domains: bool) -> Collection[Outlet]:
        """Return the outlets on record with this key of a name or an alias, by slug."""
        # A union, because PostgreSQL scans the whole table for an OR over two tables.
        names = sa.select(Outlet.id).where(Outlet.name_key == key)
        named = names.union(sa.select(OutletAlias.outlet_id).where(OutletAlias.name_key == key))
        rows = sa.select(Outlet).where(Outlet.id.in_(named)).order_by(Outlet.slug)
        if without_domains:
            rows = rows.where(~sa.exists().where(OutletDomain.outlet_id == Outlet.id))
        return self._session.scalars(rows).all()

    def _owner(self, domain: str) -> Outlet | None:
        rows = sa.select(Outlet).join(OutletDomain, OutletDomain.outlet_id == Outlet.id)
        if (owner := self._session.scalar(rows.where(OutletDomain.domain == domain))) is not None:
            return owner
        return next((outlet for outlet in self._created if domain in [owned.domain for owned in outlet.domains]), None)

    def _create(self, name: str, domain: str | None) -> Outlet:
        # Two concurrent writers of one name would otherwise create two outlets.
        lock_name(self._session, "outlet")
        if found := self._by_name(name, domain):
            return found
        outlet = Outlet(id=new_id(), name=name, name_key=name_key(name), recorded_at=self._now)
        outlet.kind, outlet.scorable = OutletKind.WEBSITE, True
        outlet.slug = free_slug(self._session, outlet, taken={created.slug for created in self._created})
        outlet.domains = [] if domain is None else [OutletDomain(domain=domain, position=0)]
        self._created.append(outlet)
        self._unknown.clear()
        return outlet


def _domain_of(given: OutletName) -> str | None:
    if (domain := given.get("domain")) is None:
        return None
    try:
        return domain_key(domain)
    except ValueError as exc:
        raise InvalidBody.at("/domain", str(exc), "invalid") from exc


def _outlets_named(session: Session, keys: Collection[str]) -> dict[str, list[Outlet]]:
    """Return the outlets on record by their key of a name or an alias, for those of these keys that occur."""
    names = sa.select(Outlet.name_key, Outlet.id).where(is_among(session, Outlet.name_key, keys))
    aliases = sa.select(OutletAlias.name_key, OutletAlias.outlet_id)
    named = names.union(aliases.where(is_among(session, OutletAlias.name_key, keys))).subquery()
    outlets: dict[str, list[Outlet]] = {}
    for key, outlet in session.execute(sa.select(named.c.name_key, Outlet).join(named, named.c.id == Outlet.id)):
        outlets.setdefault(key, []).append(outlet)
    return outlets


def _best_match(key: str, outlets: Collection[Outlet]) -> Outlet | None:
    """Return the outlet that this key identifies, or None if the outlets are not merged into one (R22)."""
    if len({outlet.surviving.id for outlet in outlets}) != 1:
        return None
    return min(outlets, key=lambda outlet: (outlet.name_key != key, outlet.merged_into is not None, outlet.slug))
