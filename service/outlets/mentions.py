"""Find the outlets that reports name, and create unknown ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from contextlib import suppress
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import InvalidBody, nested
from service.outlets.describe import describe_outlet
from service.outlets.domains import Domain
from service.outlets.find import find_outlet, find_outlets
from service.outlets.known import KnownOutlets, Mention, OutletName, best_match, read_mention
from service.outlets.nearest import unknown_slug
from service.outlets.owners import find_owned, new_domain, owner_at
from service.outlets.slugs import free_slug
from service.storage.facts import surviving_outlet
from service.storage.models import Outlet, OutletAlias, OutletDomain
from service.storage.versions import store_version
from service.values.accounts import account_key
from service.values.addresses import parse_address
from service.values.ids import RESERVED_SLUGS, new_id
from service.values.names import host_of, slug_of
from service.values.vocabulary import Caller, OutletKind

MAX_ALIASES = 100
"""The maximum number of aliases of an outlet."""


class Directory:
    """The outlets that the reports of one transaction name, each looked up once.

    The same names and domains give the same outlets in any order of reports (R21a). An outlet is found by its domain,
    or else by its name. A new name or domain in a report is then linked to the outlet. `settle` adds created outlets
    and links to the session, so a rejected report changes nothing.
    """

    def __init__(self, session: Session, *, now: dt.datetime) -> None:
        self.session = session
        self._now = now
        self._found: dict[str | tuple[str, str | None], Outlet] = {}
        self._created: dict[UUID, Outlet] = {}
        self._created_names: dict[str, list[Outlet]] = {}
        """The created outlets by the key of their name."""
        self._created_slugs: dict[str, Outlet] = {}
        self._unsettled: list[Outlet] = []
        """The created outlets that are not in the session yet."""
        self._links: list[OutletDomain | OutletAlias] = []
        """The names and domains that this transaction adds to outlets, in order; the settled ones are first."""
        self._settled = 0
        """The number of links that are already in the session."""
        self._known = KnownOutlets(session)
        self._unknown: dict[str, str] = {}
        """The error details by unknown slug."""

    def get(self, reference: str | OutletName, *, at: dt.datetime) -> Outlet:
        """Return the outlet that a report names, at its time of publication; create one for an unknown name.

        Raises:
            InvalidBody: The slug or the parent is unknown, the domain malformed or without an outlet at that moment,
                or the name ambiguous.
        """
        if isinstance(reference, str):
            if reference not in self._found:
                self._found[reference] = self._by_slug(reference)
            return self._found[reference]
        mention, parent = read_mention(reference), self._parent(reference.get("parent"), at)
        key = mention.key, mention.domain
        if key in self._found:
            return self._found[key]
        if (outlet := self._find(mention, at)) is None:
            outlet = self._create(mention, reference, parent, at)
        if mention.domain is None or not any(one.domain.is_dated for one in self._known.owned_at(mention.domain)):
            self._found[key] = outlet
        return outlet

    def prefetch(self, references: Iterable[str | OutletName]) -> None:
        """Look up in advance all outlets that reports name, with a few statements."""
        self._found |= {outlet.slug: outlet for outlet in self._known.prefetch(references)}

    def identify(self, reference: str | OutletName | None) -> Outlet | None:
        """Return the recorded outlet that a name alone identifies; None if only `get` can find it."""
        if reference is None or isinstance(reference, str) or reference.keys() != {"name"}:
            return None
        mention = read_mention(reference)
        if mention.domain is not None or self._created_names.get(mention.key):
            return None
        return self._known.identify(mention.key)

    def settle(self, caller: Caller) -> None:
        """Add the outlets and links of accepted reports to the session, and store the outlets' old versions."""
        self.session.add_all(self._unsettled)
        self._unsettled = []
        links = self._links[self._settled :]
        self._settled = len(self._links)
        if not links:
            return
        known = {link.outlet_id for link in links} - self._created.keys()
        for id_, outlet in find_outlets(self.session, list(map(str, known)), whole=True).items():
            store_version(self.session, UUID(id_), describe_outlet(outlet), caller=caller, now=self._now)
            self.session.expire(outlet, ["domains", "aliases"])
        self.session.add_all(links)
        if known:
            self.session.flush()  # so that the next version gets the next number

    def drop_unused(self) -> None:
        """Drop the created outlets and the links of rejected reports."""
        if len(self._links) > self._settled:
            del self._links[self._settled :]
            self.clear_names()
        for outlet in self._unsettled:
            del self._created[outlet.id], self._created_slugs[outlet.slug]
            self._created_names[outlet.name_key].remove(outlet)
        if self._unsettled:
            self._found = {key: outlet for key, outlet in self._found.items() if outlet not in self._unsettled}
            self._unsettled = []

    def clear_names(self) -> None:
        """Discard the results of lookups by name, which may be out of date."""
        self._found = {key: outlet for key, outlet in self._found.items() if isinstance(key, str)}
        self._known.clear_names()
        self._unknown.clear()

    def publisher_of(self, url: str, *, at: dt.datetime) -> Outlet:
        """Return the outlet that publishes at a URL at a moment, recorded or just created (R21).

        Raises:
            InvalidBody: No outlet publishes at the URL.
        """
        keys = []
        with suppress(ValueError):
            keys = list(parse_address(url).keys())
        owned = find_owned(self.session, keys)
        for key in keys:
            if (linked := self._linked(key)) is not None:
                return linked
            if (owner := owner_at(key, owned.get(key, ()), at)) is not None:
                return self.session.get_one(Outlet, owner.outlet_id)
        raise InvalidBody.at(
            "", "No recorded outlet publishes at the url at published_at. Name the outlet.", "unknown-outlet"
        )

    def _by_slug(self, reference: str) -> Outlet:
        if (outlet := self._created_slugs.get(reference) or find_outlet(self.session, reference)) is None:
            raise InvalidBody.at("", self._unknown_detail(reference), "unknown-outlet")
        return outlet

    def _unknown_detail(self, slug: str) -> str:
        if slug not in self._unknown:
            self.session.flush()  # created outlets may be among the nearest
            self._unknown[slug] = unknown_slug(self.session, slug)
        return self._unknown[slug]

    def _find(self, mention: Mention, at: dt.datetime) -> Outlet | None:
        """Return the outlet with this domain, or else the one with this name, alias or slug.

        If a domain is given, an outlet with this name but other domains does not match. An outlet found by its domain
        gets the name as an alias, and one found by its name gets the domain.

        Raises:
            InvalidBody: Several outlets have this name, or outlets have the domain only at other times.
        """
        if mention.domain is None:
            return self._by_name(mention) or self._by_slug_as_name(mention.name)
        if (owner := self._owner(mention, mention.domain, at)) is not None:
            self._link_name(owner, mention)
            return owner
        if (outlet := self._by_name(mention)) is not None:
            self._link_domain(outlet, mention.domain)
        return outlet

    def _by_name(self, mention: Mention) -> Outlet | None:
        """Return the outlet with this name or alias; if a domain is given, only an outlet without domains."""
        outlets = self._namesakes(mention.key, without_domains=mention.domain is not None)
        if outlet := best_match(mention.key, outlets):
            return outlet
        if outlets:
            slugs = ", ".join(sorted(outlet.slug for outlet in outlets))
            raise InvalidBody.at(
                "/name",
                f"Several outlets have this name, and it must identify one. Send the slug of one of them: {slugs}.",
                "ambiguous",
            )
        return None

    def _by_slug_as_name(self, name: str) -> Outlet | None:
        """Return the outlet whose slug is this name, unless the slug is one word derived from its own name.

        Otherwise the outlet for `muller` would depend on whether `Müller` comes before or after it in a file.
        """
        outlet = self._created_slugs.get(name) or self._known.by_slug_or_id(name)
        if outlet is not None and "-" not in name and slug_of(outlet.name) == name:
            return None
        return outlet

    def _namesakes(self, key: str, *, without_domains: bool) -> Collection[Outlet]:
        """Return the outlets, recorded or created in this transaction, whose name or alias has this key."""
        on_record = self._known.namesakes(key, without_domains=without_domains)
        created = self._created_names.get(key, ())
        if not created and not self._links:
            return on_record
        aliased = {link.outlet_id for link in self._links if isinstance(link, OutletAlias) and link.name_key == key}
        found = {outlet.id: outlet for outlet in on_record}
        found |= {outlet.id: outlet for outlet in created}
        found |= {id_: self._created.get(id_) or self._known.get(id_) for id_ in aliased - found.keys()}
        return [outlet for outlet in found.values() if not (without_domains and self._has_domain(outlet))]

    def _has_domain(self, outlet: Outlet) -> bool:
        """Return whether this transaction adds a domain to an outlet."""
        return any(link.outlet_id == outlet.id for link in self._links if isinstance(link, OutletDomain))

    def _owner(self, mention: Mention, domain: str, at: dt.datetime) -> Outlet | None:
        if (linked := self._linked(domain)) is not None:
            return linked
        owned = self._known.owned_at(domain)
        if (owner := owner_at(domain, owned, at)) is not None:
            return self._known.get(owner.outlet_id)
        if any(one.domain.name == domain for one in owned):
            detail = f"No outlet has the domain {domain} at published_at, only at other times. Send a slug."
            raise InvalidBody.at(mention.pointer, detail, "unknown-outlet")
        return None

    def _linked(self, domain: str) -> Outlet | None:
        """Return the outlet that this transaction links a domain to, or None."""
        key = account_key(domain)
        for link in self._links:
            if isinstance(link, OutletDomain) and link.key == key:
                return self._created.get(link.outlet_id) or self._known.get(link.outlet_id)
        return None

    def _link_domain(self, outlet: Outlet, domain: str) -> None:
        """Add a domain to an outlet without domains, unless another outlet has it."""
        self._known.lock()
        if domain not in find_owned(self.session, [domain]):
            self._links.append(new_domain(outlet.id, Domain(domain, None, None), 0))

    def _link_name(self, owner: Outlet, mention: Mention) -> None:
        """Add a name to the owner of a domain as an alias, unless an outlet already has the name."""
        is_known = mention.key == owner.name_key or host_of(mention.name) is not None
        if is_known or self._namesakes(mention.key, without_domains=False):
            return
        self._known.lock()
        last = sa.select(sa.func.max(OutletAlias.position)).where(OutletAlias.outlet_id == owner.id)
        known = -1 if (position := self.session.scalar(last)) is None else position
        new = [link.position for link in self._links if isinstance(link, OutletAlias) and link.outlet_id == owner.id]
        if (position := max([known, *new]) + 1) < MAX_ALIASES:
            alias = OutletAlias(outlet_id=owner.id, position=position, name=mention.name, name_key=mention.key)
            self._links.append(alias)
            self.clear_names()

    def _parent(self, slug: str | None, at: dt.datetime) -> Outlet | None:
        """Return the parent of an outlet to create, which must be recorded; None if no parent is given."""
        if slug is None:
            return None
        try:
            parent = surviving_outlet(self.get(slug, at=at))
        except InvalidBody as exc:
            raise InvalidBody(exc.detail, errors=nested(exc, "/parent")) from exc
        if parent in self._unsettled:
            raise InvalidBody.at("/parent", self._unknown_detail(slug), "unknown-outlet")
        return parent

    def _create(self, mention: Mention, given: OutletName, parent: Outlet | None, at: dt.datetime) -> Outlet:
        if not self._known.is_locked:  # two concurrent writers of one name would otherwise create two outlets
            self._known.lock()
            if found := self._find(mention, at):
                return found
        outlet = Outlet(id=new_id(), name=mention.name, name_key=mention.key, recorded_at=self._now)
        outlet.kind, outlet.scorable = given.get("kind", OutletKind.WEBSITE), given.get("scorable", True)
        # By id, because with the relationship SQLAlchemy may insert a new domain before its outlet.
        outlet.parent_id = None if parent is None else parent.id
        outlet.slug = self._slug_for(outlet)
        self._unsettled.append(outlet)
        self._created[outlet.id] = self._created_slugs[outlet.slug] = outlet
        self._created_names.setdefault(outlet.name_key, []).append(outlet)
        self._found.pop((mention.key, None), None)  # the name may have become ambiguous
        if mention.domain is not None:
            self._links.append(new_domain(outlet.id, Domain(mention.domain, None, None), 0))
        self._unknown.clear()
        return outlet

    def _slug_for(self, outlet: Outlet) -> str:
        slug, taken = slug_of(outlet.name), self._created_slugs.keys()
        is_free = self._known.is_free(slug) and slug not in taken and slug not in RESERVED_SLUGS
        return slug if is_free else free_slug(self.session, outlet, taken=taken)
