"""What records add up to, kept beside the rows by every transaction that moves them.

So the current score costs the same at a thousand reports and at ten million.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.dossier import counting_reports, standing_resolution
from service.models import Claim, Outlet, Subtotal
from service.provenance import position
from service.tally import NOTHING, Amounts, ClaimFacts, Slot, count_claim, difference
from service.vocabulary import Role, Stance

Sums: TypeAlias = Mapping[tuple[UUID, Slot], Amounts]
"""What is on record of each outlet in each slot."""

_KEY = ("outlet_id", *Slot._fields)


@contextmanager
def kept_sums(session: Session, claims: Collection[Claim]) -> Iterator[None]:
    """Keep the sums in step with what a block changes of some claims, whose reports and resolutions are loaded.

    Args:
        session: The session that changes them.
        claims: The claims, locked. The block may add new ones to them.
    """
    before = _sums_of(claims)
    yield
    change = difference(_sums_of(claims), before)
    if change:
        session.flush()
        add_sums(session, change)


def add_sums(session: Session, change: Sums) -> None:
    """Add a change to the sums, in an order that is the same for all, so that two who do so never block each other."""
    rows = [_row(outlet_id, slot, amounts) for (outlet_id, slot), amounts in change.items()]
    rows.sort(key=lambda row: [str(row[name]) for name in _KEY])
    session.execute(_upsert(session), rows)
    if any(amounts.claims < 0 for amounts in change.values()):
        outlets = {outlet_id for outlet_id, _ in change}
        session.execute(sa.delete(Subtotal).where(Subtotal.outlet_id.in_(outlets), Subtotal.claims == 0))


def read_sums(
    session: Session, chosen: sa.ColumnExpressionArgument[bool], *, topic: str | None
) -> dict[UUID, dict[Slot, Amounts]]:
    """What is on record of outlets on a topic, or on all, by outlet."""
    rows = sa.select(Subtotal.__table__).join(Outlet, Outlet.id == Subtotal.outlet_id).where(chosen)
    if topic is not None:
        rows = rows.where(Subtotal.topic == topic)
    found = session.execute(rows.order_by(Subtotal.outlet_id))
    return {
        outlet_id: {_slot(row): Amounts(*(getattr(row, name) for name in Amounts._fields)) for row in of_outlet}
        for outlet_id, of_outlet in groupby(found, key=lambda row: row.outlet_id)
    }


def having_resolved(at_least: int) -> sa.ColumnElement[bool]:
    """The outlets that are scored and have so many resolved claims of their own."""
    resolved = sa.func.sum(Subtotal.correct + Subtotal.incorrect + Subtotal.partial)
    rows = sa.select(Subtotal.outlet_id).where(Subtotal.role == Role.OWN).group_by(Subtotal.outlet_id)
    return sa.and_(Outlet.scorable, Outlet.id.in_(rows.having(resolved >= at_least)))


def _sums_of(claims: Collection[Claim]) -> dict[tuple[UUID, Slot], Amounts]:
    sums: dict[tuple[UUID, Slot], Amounts] = {}
    for claim in claims:
        facts = claim_facts(claim)
        reports = sorted(counting_reports(claim), key=lambda report: report.outlet_id)
        for outlet_id, of_outlet in groupby(reports, key=lambda report: report.outlet_id):
            slot, amounts = count_claim(facts, position(list(of_outlet), facts.known_at))
            sums[outlet_id, slot] = sums.get((outlet_id, slot), NOTHING).plus(amounts)
    return sums


def claim_facts(claim: Claim) -> ClaimFacts:
    """What records need of a claim that is loaded with its resolutions."""
    standing = standing_resolution(claim)
    verdict, truth, known_at = (
        (None, None, None) if standing is None else (standing.verdict, standing.truth, standing.known_at)
    )
    return ClaimFacts(claim.kind, claim.topic, claim.resolves_by, verdict, truth, known_at)


def _upsert(session: Session) -> sa.Insert:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Subtotal)
    added = {name: getattr(Subtotal, name) + statement.excluded[name] for name in Amounts._fields}
    return statement.on_conflict_do_update(index_elements=_KEY, set_=added)


def _row(outlet_id: UUID, slot: Slot, amounts: Amounts) -> dict[str, Any]:
    key = slot._replace(topic=slot.topic or "", commitment=slot.commitment or 0)._asdict()
    return {"outlet_id": outlet_id, **key, "stance": slot.stance or "", **amounts._asdict()}


def _slot(row: sa.Row[Any]) -> Slot:
    stance = Stance(row.stance) if row.stance else None
    return Slot(row.role, row.kind, row.topic or None, stance, row.commitment or None)
