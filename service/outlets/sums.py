"""Store the sums of outlets' records, and update them in every transaction that changes a record.

The current score is read from the sums, so it costs the same with a thousand reports as with ten million.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.methods.cells import Cell
from service.methods.claim import ClaimFacts, Position, count_claim, count_votes, difference, positions
from service.methods.rates import NO_COUNT, TruthCount
from service.methods.tally import Amounts, Parts, Slot
from service.storage.base import Base
from service.storage.db_errors import WriteConflict
from service.storage.facts import claim_facts, counting_reports, surviving_outlet
from service.storage.locks import LOCKED_OUTLETS
from service.storage.models import Claim, Outlet, Rate, Subtotal
from service.storage.predicates import counts_as
from service.values.vocabulary import ClaimKind, Stance

ColumnValue: TypeAlias = UUID | str | int | dt.datetime


AT_ONCE = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""The due date in the rates for claims that count at once, because they were not resolved early."""


class DatedCell(NamedTuple):
    """A cell of the rates with a due date. Forecasts use its claims only after that date."""

    stance: Stance
    kind: ClaimKind
    commitment: int | None
    topic: str | None
    due: dt.datetime
    """For claims that were resolved before they were due, the due date; otherwise `AT_ONCE`."""

    @property
    def cell(self) -> Cell:
        return Cell(*self[:4])


@dataclass(slots=True)
class Sums:
    """The sums over claims: the records of outlets by slot, and the rates by cell."""

    records: dict[tuple[UUID, Slot], Amounts] = field(default_factory=dict)
    rates: dict[DatedCell, TruthCount] = field(default_factory=dict)

    def add_claim(
        self, facts: ClaimFacts, positions: Mapping[UUID, Position], *, only: Collection[UUID] | None = None
    ) -> None:
        """Add a claim to the rates and to the records of outlets.

        Args:
            facts: The facts of the claim.
            positions: The position of each outlet on it.
            only: The outlets whose records it is added to; None for all.
        """
        for outlet_id in positions if only is None else positions.keys() & only:
            slot, amounts = count_claim(facts, positions[outlet_id])
            self.add_record(outlet_id, {slot: amounts})
        due = facts.resolves_by if facts.is_early and facts.resolves_by is not None else AT_ONCE
        for cell, count in count_votes(facts, positions.values()):
            dated = DatedCell(*cell, due)
            self.rates[dated] = self.rates[dated].plus(count) if dated in self.rates else count

    def add_record(self, outlet_id: UUID, parts: Parts) -> None:
        """Add parts to the record of an outlet."""
        for slot, amounts in parts.items():
            key = outlet_id, slot
            self.records[key] = self.records[key].plus(amounts) if key in self.records else amounts

    def record_of(self, outlet_id: UUID) -> dict[Slot, Amounts]:
        """Return the record of an outlet, by slot."""
        return {slot: amounts for (owner, slot), amounts in self.records.items() if owner == outlet_id}

    def minus(self, other: Sums) -> Sums:
        """Return the change that turns other sums into these."""
        cells = self.rates.keys() | other.rates.keys()
        counts = {cell: (self.rates.get(cell, NO_COUNT), other.rates.get(cell, NO_COUNT)) for cell in cells}
        rates = {cell: TruthCount(*map(operator.sub, after, before)) for cell, (after, before) in counts.items()}
        changed = {cell: count for cell, count in rates.items() if any(count)}
        return Sums(difference(self.records, other.records), changed)


@contextmanager
def updating_sums(session: Session, claims: Collection[Claim]) -> Iterator[None]:
    """Update the stored sums after a `with` block that changes claims.

    Args:
        session: The session of the changes.
        claims: The claims, locked, and loaded with their reports and resolutions.
    """
    before = sums_of(claims)
    yield
    lock_outlets(session, claims)
    change = sums_of(claims).minus(before)
    session.flush()
    add_sums(session, change)


def lock_outlets(session: Session, claims: Collection[Claim]) -> None:
    """Lock the outlets of claims against merges until the transaction ends (R22), if not locked yet.

    SQLite needs no lock, because its write transactions run one at a time.

    Raises:
        WriteConflict: An outlet was merged, or a merge undone, after the claims were loaded.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    reports = [report for claim in claims for report in claim.reports]
    outlets = {outlet for report in reports for outlet in (report.outlet, report.cited) if outlet is not None}
    noted: set[UUID] = session.info.setdefault(LOCKED_OUTLETS, set())
    loaded = {outlet.id: surviving_outlet(outlet).id for outlet in outlets if outlet.id not in noted}
    if not loaded:
        return
    rows = sa.select(Outlet.id, counts_as(Outlet)).where(Outlet.id.in_(loaded)).order_by(Outlet.id)
    with session.no_autoflush:
        locked = session.execute(rows.with_for_update(read=True, key_share=True)).all()
    noted.update(loaded)
    if any(loaded[outlet_id] != surviving_id for outlet_id, surviving_id in locked):
        raise WriteConflict("An outlet of the claim was merged, or a merge undone.")


def add_sums(session: Session, change: Sums) -> None:
    """Add a change to the stored sums, with the rows sorted, so that concurrent writers cannot deadlock."""
    if change.records:
        rows = [_subtotal(outlet_id, slot, amounts) for (outlet_id, slot), amounts in change.records.items()]
        _upsert(session, Subtotal, rows, key=("outlet_id", *Slot._fields), added=Amounts._fields)
        if any(amounts.claims < 0 for amounts in change.records.values()):
            outlets = {outlet_id for outlet_id, _ in change.records}
            session.execute(sa.delete(Subtotal).where(Subtotal.outlet_id.in_(outlets), Subtotal.claims == 0))
    if change.rates:
        rows = [_key_columns(cell) | count._asdict() for cell, count in change.rates.items()]
        _upsert(session, Rate, rows, key=DatedCell._fields, added=TruthCount._fields)
        if any(count.weight < 0 for count in change.rates.values()):
            session.execute(sa.delete(Rate).where(Rate.weight == 0))


def _upsert(
    session: Session, table: type[Base], rows: list[dict[str, ColumnValue]], *, key: Sequence[str], added: Sequence[str]
) -> None:
    """Insert rows, or add their amounts to the existing rows with the same key."""
    rows.sort(key=lambda row: [str(row[name]) for name in key])
    statement = _upsert_statement(session.get_bind().dialect.name, table, tuple(key), tuple(added))
    session.connection().execute(statement, rows)


@cache  # every write needs it, and building it takes longer than running it
def _upsert_statement(dialect: str, table: type[Base], key: tuple[str, ...], added: tuple[str, ...]) -> sa.Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(table)
    sums = {name: table.__table__.c[name] + statement.excluded[name] for name in added}
    return statement.on_conflict_do_update(index_elements=key, set_=sums)


def sums_of(claims: Iterable[Claim]) -> Sums:
    """Return the sums over claims that are loaded with their reports and resolutions."""
    sums = Sums()
    for claim in claims:
        facts = claim_facts(claim)
        sums.add_claim(facts, positions(counting_reports(claim), facts.known_at))
    return sums


def _subtotal(outlet_id: UUID, slot: Slot, amounts: Amounts) -> dict[str, ColumnValue]:
    return {"outlet_id": outlet_id, **_key_columns(slot), **amounts._asdict()}


def _key_columns(key: Slot | DatedCell) -> dict[str, ColumnValue]:
    """Return a slot or cell as columns of a primary key, which cannot be null."""
    return key._asdict() | {"topic": key.topic or "", "stance": key.stance or "", "commitment": key.commitment or 0}
