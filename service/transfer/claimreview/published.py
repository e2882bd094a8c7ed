"""The claims that are published as reviews, with their reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from service.values.vocabulary import OutletKind


@dataclass(frozen=True, slots=True)
class Publisher:
    """The operator of the service, as the author of its reviews."""

    name: str
    url: str
    """The address of the service, without a trailing slash."""


@dataclass(frozen=True, slots=True)
class PublishedOutlet:
    """An outlet that reported a claim."""

    slug: str
    name: str
    kind: OutletKind
    domain: str | None


@dataclass(frozen=True, slots=True)
class PublishedReport:
    """A report that supports a claim."""

    outlet: PublishedOutlet
    published_at: str
    """An RFC 3339 instant, or a date if only the day is known."""
    url: str | None
    is_relay: bool


@dataclass(frozen=True, slots=True)
class PublishedClaim:
    """A resolved claim, with everything that its published review contains."""

    id: UUID
    reference: str
    """The external id of the claim, or its id if it has no external id."""
    text: str
    truth: float
    known_at: str
    """An RFC 3339 instant, or a date if only the day is known."""
    recorded_at: str
    note: str | None
    evidence: list[str] = field(default_factory=list)
    reports: list[PublishedReport] = field(default_factory=list)
