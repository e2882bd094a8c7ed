"""Find the outlets that publish at URLs, by their recorded domains (R21)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from service.outlets.describe import OutletView, describe_outlet
from service.outlets.find import find_outlets
from service.outlets.owners import find_owned, owner_at
from service.storage.facts import surviving_outlet
from service.values.accounts import account_key
from service.values.addresses import Address
from service.values.vocabulary import MatchRule


@dataclass(frozen=True, slots=True)
class DomainMatch:
    """The domain of an outlet that a URL matched, and the rule by which it matched."""

    rule: MatchRule
    key: str
    """The matching domain."""


@dataclass(frozen=True, slots=True)
class OutletMatch:
    """The outlet that publishes at a URL."""

    outlet: OutletView
    matched: DomainMatch


def find_by_address(session: Session, addresses: dict[str, Address], at: dt.datetime) -> dict[str, OutletMatch]:
    """Return the outlets that publish at these addresses at a moment, by URL, with the domains that match."""
    keys = {url: list(address.keys()) for url, address in addresses.items()}
    owned = find_owned(session, {key for candidates in keys.values() for key in candidates})
    closest = {
        url: owner
        for url, candidates in keys.items()
        if (owner := next(filter(None, (owner_at(key, owned.get(key, ()), at) for key in candidates)), None))
    }
    outlets = describe_by_id(session, {owner.outlet_id for owner in closest.values()})
    return {
        url: OutletMatch(outlets[owner.outlet_id], DomainMatch(_rule(addresses[url], domain.name), domain.name))
        for url, owner in closest.items()
        for domain in [owner.domain]
    }


def describe_by_id(session: Session, ids: set[UUID]) -> dict[UUID, OutletView]:
    """Return the views of outlets by id. A merged outlet has the view of the one it was merged into."""
    owners = find_outlets(session, [str(id_) for id_ in ids]).values() if ids else ()
    survivors = {outlet.id: str(surviving_outlet(outlet).id) for outlet in owners}
    whole = find_outlets(session, survivors.values(), whole=True) if ids else {}
    return {id_: describe_outlet(whole[survivor]) for id_, survivor in survivors.items()}


def _rule(address: Address, key: str) -> MatchRule:
    if "/" in key:
        return MatchRule.PATH
    return MatchRule.HOST if account_key(key) == account_key(address.host) else MatchRule.PARENT
