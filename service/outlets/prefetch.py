"""Look up the outlets that many reports name in a few statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from contextlib import suppress
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import InvalidBody
from service.outlets.domains import find_owned
from service.outlets.find import Mention, OutletName, outlets_named, read_mention, read_only_outlets
from service.outlets.mentions import Directory
from service.storage.models import Outlet
from service.storage.predicates import is_among
from service.values.ids import RESERVED_SLUGS, is_slug, parse_id
from service.values.names import slug_of


class PrefetchedDirectory(Directory):
    """A directory that looks up outlets in advance. It looks up the others one by one, with the same results.

    The outlets on record belong to no session, so compare them by id.
    """

    def __init__(self, session: Session, *, now: dt.datetime) -> None:
        super().__init__(session, now=now)
        self._named: dict[str, list[Outlet]] = {}
        """The outlets on record by the key of a name or an alias; empty if no outlet has it."""
        self._on_record: dict[UUID, Outlet] = {}
        """The outlets on record by id."""
        self._free_slugs: set[str] = set()
        """Slugs that no outlet on record has."""

    def prefetch(self, references: Iterable[str | OutletName]) -> None:
        """Look up outlets by slug, name or domain."""
        slugs: set[str] = set()
        mentions: set[Mention] = set()
        for reference in references:
            if isinstance(reference, str):
                slugs.add(reference)
            else:
                with suppress(InvalidBody):
                    mentions.add(read_mention(reference))
        if slugs:
            outlets = read_only_outlets(self.session, is_among(self.session, Outlet.slug, slugs), lock=True)
            self._found |= {outlet.slug: outlet for outlet in outlets}
        self._look_up(mentions)
        if self._unknown_among(mentions) and not self._is_locked:
            self._lock()  # so that the unknown ones are still unknown when they are created
            self._look_up(mentions)
        if unknown := self._unknown_among(mentions):
            wanted = {slug_of(mention.name) for mention in unknown} | {mention.name for mention in unknown}
            rows = sa.select(Outlet.slug).where(is_among(self.session, Outlet.slug, wanted))
            self._free_slugs = {slug for slug in wanted if is_slug(slug)}.difference(self.session.scalars(rows))

    def clear_names(self) -> None:
        """Invalidate the lookups by name, because a new outlet may have one of the names."""
        super().clear_names()
        self._named.clear()
        self._free_slugs.clear()

    def _look_up(self, mentions: Collection[Mention]) -> None:
        """Look up the outlets with these domains, names and aliases."""
        domains = {mention.domain for mention in mentions if mention.domain is not None}
        owned = find_owned(self.session, domains) if domains else {}
        self._owned |= {domain: owned.get(domain, []) for domain in domains}
        keys = {mention.key for mention in mentions}
        named = outlets_named(self.session, keys) if keys else {}
        self._on_record |= {outlet.id: outlet for outlets in named.values() for outlet in outlets}
        ids = {owner.outlet_id for owners in owned.values() for owner in owners} - self._on_record.keys()
        if ids:
            owners = read_only_outlets(self.session, is_among(self.session, Outlet.id, ids), lock=True)
            self._on_record |= {outlet.id: outlet for outlet in owners}
        self._named |= {key: named.get(key, []) for key in keys}

    def _unknown_among(self, mentions: Iterable[Mention]) -> list[Mention]:
        return [each for each in mentions if not self._named[each.key] and not self._owned.get(each.domain or "")]

    def _lock(self) -> None:
        if not self._is_locked:
            super()._lock()
            self._named.clear()

    def _get(self, outlet_id: UUID) -> Outlet:
        return self._on_record.get(outlet_id) or super()._get(outlet_id)

    def _by_slug_or_id(self, reference: str) -> Outlet | None:
        has_no_outlet = reference in self._free_slugs or not (is_slug(reference) or parse_id(reference))
        return None if has_no_outlet else super()._by_slug_or_id(reference)

    def _namesakes_on_record(self, key: str, *, without_domains: bool) -> Collection[Outlet]:
        known = self._named.get(key)
        if known is None or (known and without_domains):
            return super()._namesakes_on_record(key, without_domains=without_domains)
        return known

    def _slug_for(self, outlet: Outlet) -> str:
        slug = slug_of(outlet.name)
        if slug not in self._free_slugs or slug in RESERVED_SLUGS or any(one.slug == slug for one in self._created):
            return super()._slug_for(outlet)
        return slug
