"""The domains of outlets: their periods, and the outlet that has a domain at a moment (R21)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, TypeAlias, TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import DomainTaken, FieldError
from service.storage.models import Outlet, OutletDomain
from service.storage.predicates import is_among
from service.values.accounts import account_key
from service.values.instants import format_instant, start_of_day
from service.values.names import domain_key


class GivenPeriod(TypedDict):
    """A domain with its dates, as a client sends it."""

    domain: str
    starts_at: dt.date | None
    ends_at: dt.date | None


GivenDomain: TypeAlias = str | GivenPeriod
DomainPeriod = TypedDict("DomainPeriod", {"domain": str, "from": str | None, "to": str | None})
"""A domain with its dates in responses, exports and earlier versions."""
ShownDomain: TypeAlias = str | DomainPeriod
"""A domain, as a text if it has no dates."""


class Domain(NamedTuple):
    """A domain in normal form, with the period in which an outlet has it. None is no limit."""

    name: str
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None

    def overlaps(self, other: Domain | OutletDomain) -> bool:
        """Return whether two periods have a moment in common."""
        begins = other.ends_at is None or self.starts_at is None or self.starts_at < other.ends_at
        return begins and (self.ends_at is None or other.starts_at is None or other.starts_at < self.ends_at)

    @property
    def is_dated(self) -> bool:
        """Whether the domain is limited to a period."""
        return self.starts_at is not None or self.ends_at is not None

    def show(self) -> ShownDomain:
        """Return the domain in the form of responses."""
        if not self.is_dated:
            return self.name
        start, end = (None if moment is None else format_instant(moment) for moment in self[1:])
        return {"domain": self.name, "from": start, "to": end}


class Owned(NamedTuple):
    """A recorded domain with the id of its outlet."""

    domain: Domain
    outlet_id: UUID

    def is_valid(self, at: dt.datetime) -> bool:
        """Return whether the outlet has the domain at a moment."""
        _, starts_at, ends_at = self.domain
        return (starts_at is None or starts_at <= at) and (ends_at is None or at < ends_at)


def read_domains(given: Sequence[GivenDomain]) -> tuple[list[Domain], list[FieldError]]:
    """Return the domains of an outlet in normal form and without duplicates, and the errors in what was sent."""
    domains: list[Domain] = []
    errors: list[FieldError] = []
    for index, sent in enumerate(given):
        try:
            domain = _read_domain(sent)
        except ValueError as exc:
            errors.append(FieldError(pointer=f"/domains/{index}", detail=str(exc), code="invalid"))
            continue
        if domain in domains:
            continue
        if any(domain.name == other.name and domain.overlaps(other) for other in domains):
            detail = f"The domain {domain.name} is listed twice for the same time. Send periods that do not overlap."
            errors.append(FieldError(pointer=f"/domains/{index}", detail=detail, code="invalid"))
        domains.append(domain)
    return domains, errors


def _read_domain(sent: GivenDomain) -> Domain:
    if isinstance(sent, str):
        return Domain(domain_key(sent), None, None)
    starts_at, ends_at = (
        None if moment is None else start_of_day(moment) for moment in (sent["starts_at"], sent["ends_at"])
    )
    if starts_at is not None and ends_at is not None and starts_at >= ends_at:
        raise ValueError("The period of the domain ends before it begins. Send a `to` that is later than `from`.")
    return Domain(domain_key(sent["domain"]), starts_at, ends_at)


def domain_rows(session: Session, domains: Sequence[Domain], *, owner: Outlet) -> list[OutletDomain]:
    """Return the rows of an outlet's domains. The caller holds the lock on outlets.

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
    """Return the row of a domain."""
    return OutletDomain(
        outlet_id=outlet_id,
        position=position,
        domain=domain.name,
        key=account_key(domain.name),
        starts_at=domain.starts_at,
        ends_at=domain.ends_at,
    )


def show_domains(rows: Iterable[OutletDomain]) -> list[ShownDomain]:
    """Return domains in the form of responses."""
    return [Domain(row.domain, row.starts_at, row.ends_at).show() for row in rows]


def find_owned(session: Session, domains: Collection[str]) -> dict[str, list[Owned]]:
    """Return the outlets that have domains at any time, by the given domain.

    The spellings of an account are found together; `owner_at` chooses among them.
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
    """Return the outlet that has a domain at a moment, given the outlets that have it in any spelling at any time.

    The exact spelling comes first. Otherwise any spelling is found if one outlet has them all.
    """
    valid = [one for one in owned if one.is_valid(at)]
    exact = next((one for one in valid if one.domain.name == domain), None)
    return exact or (valid[0] if len({one.outlet_id for one in valid}) == 1 else None)
