"""Read the stored sums, and the rates at which reported claims proved true."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.cells import Cell
from service.methods.rates import Rates, TruthCount, rates_of
from service.outlets.sums import DatedCell, Sums
from service.outlets.track_record import read_sums
from service.storage.models import Rate

_RATE_SUMS = sa.func.sum(Rate.weight).label("weight"), sa.func.sum(Rate.true).label("true")


def all_sums(session: Session) -> Sums:
    """Return all stored sums."""
    by_outlet = read_sums(session, sa.true(), topic=None)
    records = {(outlet_id, slot): amounts for outlet_id, parts in by_outlet.items() for slot, amounts in parts.items()}
    rows = session.execute(sa.select(Rate.__table__))
    rates = {DatedCell(*_cell(row), row.due): TruthCount(row.weight, row.true) for row in rows}
    return Sums(records, rates)


def read_cells(session: Session, *, due_by: dt.datetime | None = None) -> dict[Cell, TruthCount]:
    """Return how often reported claims proved true, by stance, kind, commitment and topic.

    Args:
        session: The session.
        due_by: Only claims that are due by this moment; None for all resolved claims.
    """
    by = (Rate.stance, Rate.kind, Rate.commitment, Rate.topic)
    rows = sa.select(*by, *_RATE_SUMS).group_by(*by)
    counted = session.execute(rows if due_by is None else rows.where(Rate.due <= due_by))
    return {_cell(row): TruthCount(int(row.weight), int(row.true)) for row in counted}


def read_rates(session: Session, topics: Collection[str | None], *, due_by: dt.datetime) -> Rates:
    """Return how often claims due by `due_by` proved true, with cells for at least these topics.

    A query for a single topic costs the same however many topics are stored.
    """
    if len(topics) > 1:
        return rates_of(read_cells(session, due_by=due_by))
    [topic] = topics or [None]
    on_topic = (Rate.topic == (topic or "")).label("is_on_topic")
    by = (Rate.stance, Rate.kind, Rate.commitment, on_topic)
    rates = Rates()
    for row in session.execute(sa.select(*by, *_RATE_SUMS).where(Rate.due <= due_by).group_by(*by)):
        levels = Cell(row.stance, row.kind, row.commitment or None, topic).levels
        rates.add_count(levels if row.is_on_topic else levels[:3], TruthCount(int(row.weight), int(row.true)))
    return rates


def _cell(row: sa.Row[*tuple[Any, ...]]) -> Cell:
    return Cell(row.stance, row.kind, row.commitment or None, row.topic or None)
