"""The domains of outlets in normal form, with their periods (R21)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias, TypedDict

from service.errors import FieldError
from service.storage.models import OutletDomain
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
"""A domain in responses: a plain string if it has no dates."""


class Domain(NamedTuple):
    """A domain in normal form, with the period in which an outlet has it. None means no limit."""

    name: str
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None

    def overlaps(self, other: Domain | OutletDomain) -> bool:
        """Return whether the periods of two domains overlap."""
        begins = other.ends_at is None or self.starts_at is None or self.starts_at < other.ends_at
        return begins and (self.ends_at is None or other.starts_at is None or other.starts_at < self.ends_at)

    @property
    def is_dated(self) -> bool:
        """Whether the domain is limited to a period."""
        return self.starts_at is not None or self.ends_at is not None

    def show(self) -> ShownDomain:
        """Return the domain as responses show it."""
        if not self.is_dated:
            return self.name
        start, end = (None if moment is None else format_instant(moment) for moment in self[1:])
        return {"domain": self.name, "from": start, "to": end}


def read_domains(given: Sequence[GivenDomain]) -> tuple[list[Domain], list[FieldError]]:
    """Return the sent domains in normal form without duplicates, and an error for each invalid one."""
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


def show_domains(rows: Iterable[OutletDomain]) -> list[ShownDomain]:
    """Return the stored domains of an outlet as responses show them."""
    return [Domain(row.domain, row.starts_at, row.ends_at).show() for row in rows]
