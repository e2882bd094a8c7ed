"""Group the sources of a claim by their publishers (R8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.describe import topmost_parents
from service.methods.claim import root_outlets
from service.storage.facts import claim_facts, counting_reports
from service.storage.models import Claim, Outlet


@dataclass(frozen=True, slots=True)
class House:
    """A publisher whose outlets count as one source of a claim (R8)."""

    slug: str
    name: str
    outlets: list[str]
    """The slugs of its root outlets, sorted by name; the publisher itself may be one of them."""


def houses_of(session: Session, claim: Claim, outlets: Mapping[UUID, Outlet]) -> list[House]:
    """Return the publishers that own more than one root outlet of a claim, sorted by name."""
    sides = root_outlets(counting_reports(claim), claim_facts(claim).known_at)
    roots = {root for side in sides.values() for root in side if root is not None}
    if len(roots) < 2:
        return []
    together: dict[UUID, list[Outlet]] = {}
    for outlet_id, house_id in topmost_parents(session, roots).items():
        together.setdefault(house_id, []).append(outlets[outlet_id])
    shared = {house_id: found for house_id, found in together.items() if len(found) > 1}
    houses = session.scalars(sa.select(Outlet).where(Outlet.id.in_(shared)).order_by(Outlet.name)) if shared else ()
    return [
        House(house.slug, house.name, [one.slug for one in sorted(shared[house.id], key=lambda one: one.name)])
        for house in houses
    ]
