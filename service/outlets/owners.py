"""Find the outlets that have a domain, and store the domains of outlets (R21)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import DomainTaken
from service.outlets.domains import Domain
from service.storage.models import Outlet, OutletDomain
from service.storage.predicates import is_among
from service.values.accounts import account_key


class Owned(NamedTuple):
    """A recorded domain with the id of its outlet."""

    domain: Domain
    outlet_id: UUID

    def is_valid(self, at: dt.datetime) -> bool:
        """Return whether the outlet has the domain at a moment."""
        _, starts_at, ends_at = self.domain
        return (starts_at is None or starts_at <= at) and (ends_at is None or at < ends_at)


def domain_rows(session: Session, domains: Sequence[Domain], *, owner: Outlet) -> list[OutletDomain]:
    """Return the rows for an outlet's domains. The caller must hold the lock on outlets.

    Raises:
        DomainTaken: A domain belongs to another outlet at the same time.
    """
    rows = sa.select(OutletDomain, Outlet.slug).join(Outlet, Outlet.id == OutletDomain.outlet_id)
    others = rows.where(OutletDomain.domain.in_([domain.name for domain in domains]), Outlet.id != owner.id)
    taken = sorted(
        (row.domain, slug)
        for row, slug in session.execute(others)
        if any(domain.name == row.domain and domain.overlaps(row) for domain in domains)
    )
    if taken:
        owners = "; ".join(f"{domain} belongs to the outlet {slug!r}" for domain, slug in taken)
        raise DomainTaken(
            f"You sent a domain that another outlet has at the same time: {owners}. Remove it there first, or send "
            "periods that do not overlap."
        )
    return [new_domain(owner.id, domain, position) for position, domain in enumerate(domains)]


def new_domain(outlet_id: UUID, domain: Domain, position: int) -> OutletDomain:
    """Return the row that records a domain of an outlet."""
    return OutletDomain(
        outlet_id=outlet_id,
        position=position,
        domain=domain.name,
        key=account_key(domain.name),
        starts_at=domain.starts_at,
        ends_at=domain.ends_at,
    )


def find_owned(session: Session, domains: Collection[str]) -> dict[str, list[Owned]]:
    """Return the outlets that have these domains at any time, with their periods, by domain.

    They include the owners of other spellings of an account; `owner_at` chooses among them.
    """
    keys = {domain: account_key(domain) for domain in domains}
    row = OutletDomain
    rows = sa.select(row.key, row.outlet_id, row.domain, row.starts_at, row.ends_at)
    by_key: dict[str, list[Owned]] = {}
    found = session.execute(rows.where(is_among(session, row.key, keys.values())).order_by(row.domain))
    for key, outlet_id, name, starts_at, ends_at in found:
        by_key.setdefault(key, []).append(Owned(Domain(name, starts_at, ends_at), outlet_id))
    return {domain: by_key[key] for domain, key in keys.items() if key in by_key}


def owner_at(domain: str, owned: Collection[Owned], at: dt.datetime) -> Owned | None:
    """Return the owner of a domain at a moment, from the owners that `find_owned` found for it.

    An owner of the exact spelling is preferred. Otherwise another spelling matches if one outlet owns all of them.
    """
    valid = [one for one in owned if one.is_valid(at)]
    exact = next((one for one in valid if one.domain.name == domain), None)
    return exact or (valid[0] if len({one.outlet_id for one in valid}) == 1 else None)
