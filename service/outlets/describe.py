"""Build the views of outlets from loaded rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import selectinload

from service.outlets.domains import ShownDomain, show_domains
from service.storage.facts import surviving_outlet
from service.storage.models import Outlet
from service.values.documents import members_of
from service.values.vocabulary import OutletKind

WHOLE = (selectinload(Outlet.parent), selectinload(Outlet.domains), selectinload(Outlet.aliases))
"""The loader options that load an outlet with everything that its view shows."""


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
    """An outlet with the outlet that it was merged into, for imports, exports and stored versions."""

    merged_into: str | None
    """The slug of that outlet."""


def describe_outlet(outlet: Outlet) -> OutletView:
    """Return the view of an outlet that was loaded with `WHOLE`."""
    return OutletView(
        id=outlet.id,
        slug=outlet.slug,
        name=outlet.name,
        kind=outlet.kind,
        domains=show_domains(outlet.domains),
        aliases=[alias.name for alias in outlet.aliases],
        parent=None if outlet.parent is None else surviving_outlet(outlet.parent).slug,
        scorable=outlet.scorable,
        recorded_at=outlet.recorded_at,
    )


def outlet_state(outlet: Outlet) -> OutletState:
    """Return the view of an outlet that was loaded with `WHOLE`, and the slug it was merged into."""
    into = None if outlet.merged_into is None else outlet.merged_into.slug
    return OutletState(**members_of(describe_outlet(outlet)), merged_into=into)
