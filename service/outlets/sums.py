"""What records add up to, kept beside the rows by every transaction that moves them.

So the current score costs the same at a thousand reports and at ten million.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.methods.provenance import Position, positions
from service.methods.rates import NO_COUNT, Cell, Count, Rates
from service.methods.tally import NOTHING, Amounts, ClaimFacts, Parts, Slot, count_claim, count_votes, difference
from service.storage.base import Base
from service.storage.db_errors import WriteConflict
from service.storage.facts import claim_facts, counting_reports
from service.storage.models import Claim, Outlet, Rate, Subtotal
from service.storage.predicates import counts_as, is_among
from service.values.vocabulary import ClaimKind, Role, Stance

_KEPT = [Subtotal.__table__.c[name] for name in ("outlet_id", *Slot._fields, *Amounts._fields)]
_AMOUNTS_FROM = 1 + len(Slot._fields)


@dataclass(slots=True)
class Sums:
    """What some claims add to the sums: to the records of outlets, and to the rates."""

    records: dict[tuple[UUID, Slot], Amounts] = field(default_factory=dict)
    rates: dict[Cell, Count] = field(default_factory=dict)

    def add(self, facts: ClaimFacts, positions: Mapping[UUID, Position]) -> None:
        """Count one claim, told by where each outlet stands on it."""
        for outlet_id, where in positions.items():
            slot, amounts = count_claim(facts, where)
            self.put(outlet_id, {slot: amounts})
        for cell, count in count_votes(facts, positions.values()):
            self.rates[cell] = self.rates.get(cell, NO_COUNT).plus(count)

    def put(self, outlet_id: UUID, parts: Parts) -> None:
        """Add to the record of an outlet."""
        for slot, amounts in parts.items():
            key = outlet_id, slot
            self.records[key] = self.records.get(key, NOTHING).plus(amounts)

    def of(self, outlet_id: UUID) -> dict[Slot, Amounts]:
        """The record of an outlet."""
        return {slot: amounts for (one, slot), amounts in self.records.items() if one == outlet_id}

    def minus(self, other: Sums) -> Sums:
        """What has to be added to the other to get this one."""
        cells = self.rates.keys() | other.rates.keys()
        rates = {cell: self.rates.get(cell, NO_COUNT).minus(other.rates.get(cell, NO_COUNT)) for cell in cells}
        changed = {cell: count for cell, count in rates.items() if any(count)}
        return Sums(difference(self.records, other.records), changed)


@contextmanager
def kept_sums(session: Session, claims: Collection[Claim]) -> Iterator[None]:
    """Keep the sums in step with what a block changes of some claims, whose reports and resolutions are loaded.

    Args:
        session: The session that changes them.
        claims: The claims, locked. The block may add new ones to them.
    """
    before = _sums_of(claims)
    yield
    lock_outlets(session, claims)
    change = _sums_of(claims).minus(before)
    session.flush()
    add_sums(session, change)


def lock_outlets(session: Session, claims: Collection[Claim]) -> None:
    """Let no outlet of the claims be merged or parted until the transaction ends (R22).

    SQLite needs nothing: whoever writes there has the database to itself.

    Raises:
        WriteConflict: One was, since the claims were loaded.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    outlets = {one for claim in claims for report in claim.reports for one in (report.outlet, report.cited) if one}
    seen = {outlet.id: outlet.surviving.id for outlet in outlets}
    rows = sa.select(Outlet.id, counts_as(Outlet)).where(Outlet.id.in_(seen)).order_by(Outlet.id)
    with session.no_autoflush:
        held = session.execute(rows.with_for_update(read=True, key_share=True)).all()
    if any(seen[outlet] != surviving for outlet, surviving in held):
        raise WriteConflict("An outlet was merged, or a merge undone.")


def add_sums(session: Session, change: Sums) -> None:
    """Add a change to the sums, in an order that is the same for all, so that two who do so never block each other."""
    if change.records:
        rows = [_row(outlet_id, slot, amounts) for (outlet_id, slot), amounts in change.records.items()]
        _upsert(session, Subtotal, rows, key=("outlet_id", *Slot._fields), added=Amounts._fields)
        if any(amounts.claims < 0 for amounts in change.records.values()):
            outlets = {outlet_id for outlet_id, _ in change.records}
            session.execute(sa.delete(Subtotal).where(Subtotal.outlet_id.in_(outlets), Subtotal.claims == 0))
    if change.rates:
        rows = [_plain(cell) | count._asdict() for cell, count in change.rates.items()]
        _upsert(session, Rate, rows, key=Cell._fields, added=Count._fields)
        if any(count.weight < 0 for count in change.rates.values()):
            session.execute(sa.delete(Rate).where(Rate.weight == 0))


def _upsert(
    session: Session, table: type[Base], rows: list[dict[str, Any]], *, key: Sequence[str], added: Sequence[str]
) -> None:
    rows.sort(key=lambda row: [str(row[name]) for name in key])
    session.execute(_upserting(session.get_bind().dialect.name, table, tuple(key), tuple(added)), rows)


@cache  # every write comes by here, and to put the statement together takes longer than to run it
def _upserting(dialect: str, table: type[Base], key: tuple[str, ...], added: tuple[str, ...]) -> sa.Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(table)
    sums = {name: table.__table__.c[name] + statement.excluded[name] for name in added}
    return statement.on_conflict_do_update(index_elements=key, set_=sums)


def read_sums(
    session: Session, chosen: sa.ColumnElement[bool], *, topic: str | None
) -> dict[UUID, dict[Slot, Amounts]]:
    """Return what is on record of outlets on a topic, or on all, by outlet.

    Args:
        session: Where it is read.
        chosen: Which outlets, as a condition on `Subtotal.outlet_id`.
        topic: Which topic; None for all.
    """
    rows = sa.select(*_KEPT).where(chosen)
    if topic is not None:
        rows = rows.where(Subtotal.topic == topic)
    found = session.execute(rows.order_by(Subtotal.outlet_id))
    slot_of = cache(_slot)  # outlets have the same few hundred among hundreds of thousands of rows
    return {
        outlet_id: {slot_of(*row[1:_AMOUNTS_FROM]): Amounts._make(row[_AMOUNTS_FROM:]) for row in of_outlet}
        for outlet_id, of_outlet in groupby(found, key=itemgetter(0))
    }


def having_resolved(session: Session, at_least: int) -> sa.ColumnElement[bool]:
    """Return a condition for the outlets that are scored and have so many resolved claims of their own."""
    resolved = sa.func.sum(Subtotal.correct + Subtotal.incorrect + Subtotal.partial)
    rows = sa.select(Subtotal.outlet_id).where(Subtotal.role == Role.OWN).group_by(Subtotal.outlet_id)
    # Read first and sent as values: as a subquery it may be joined with every outlet, row by row.
    return sa.and_(Outlet.scorable, is_among(session, Outlet.id, session.scalars(rows.having(resolved >= at_least))))


def all_sums(session: Session) -> Sums:
    """All the sums as they are kept."""
    kept = read_sums(session, sa.true(), topic=None)
    records = {(outlet_id, slot): amounts for outlet_id, parts in kept.items() for slot, amounts in parts.items()}
    rows = session.execute(sa.select(Rate.__table__))
    return Sums(records, {_cell(row): Count(row.weight, row.true) for row in rows})


def read_rates(session: Session) -> Rates:
    """How often claims have proved true, by what was said of them."""
    rates = Rates()
    for row in session.execute(sa.select(Rate.__table__)):
        rates.add_count(_cell(row).levels, Count(row.weight, row.true))
    return rates


def read_rates_on(session: Session, topic: str | None) -> Rates:
    """The same, but of the cells within a topic only that one's, so that it costs the same however many there are."""
    asked = Rate.topic == (topic or "")
    sums = (sa.func.sum(Rate.weight), sa.func.sum(Rate.true))
    by = (Rate.stance, Rate.kind, Rate.commitment, asked)
    rates = Rates()
    for stance, kind, commitment, is_asked, weight, true in session.execute(sa.select(*by, *sums).group_by(*by)):
        levels = Cell(stance, kind, commitment or None, topic).levels
        rates.add_count(levels if is_asked else levels[:3], Count(int(weight), int(true)))
    return rates


def _sums_of(claims: Collection[Claim]) -> Sums:
    sums = Sums()
    for claim in claims:
        facts = claim_facts(claim)
        sums.add(facts, positions(counting_reports(claim), facts.known_at))
    return sums


def _row(outlet_id: UUID, slot: Slot, amounts: Amounts) -> dict[str, Any]:
    return {"outlet_id": outlet_id, **_plain(slot), **amounts._asdict()}


def _plain(key: Slot | Cell) -> dict[str, Any]:
    """A key as columns have it, which cannot be null."""
    return key._asdict() | {"topic": key.topic or "", "stance": key.stance or "", "commitment": key.commitment or 0}


def _cell(row: sa.Row[Any]) -> Cell:
    return Cell(row.stance, row.kind, row.commitment or None, row.topic or None)


def _slot(role: Role, kind: ClaimKind, topic: str, stance: str, commitment: int) -> Slot:
    return Slot(role, kind, topic or None, Stance(stance) if stance else None, commitment or None)
