"""Hold the sums against the rows that they are made of, and set right what differs."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa

from service.db import Database, hold_snapshot, lock_name, retried
from service.models import Claim, Subtotal
from service.outbox import leave_forget_all
from service.records import walk_all
from service.sums import add_sums, read_sums
from service.tally import NOTHING, Amounts, Slot, count_claim, difference


@retried
def rebuild_sums(db: Database, *, now: dt.datetime) -> int:
    """Recompute the sums from the rows; every score is then computed anew.

    Returns:
        How many subtotals were not what the rows say; 0 unless somebody changed the database by hand.
    """
    with db.write() as session:
        hold_snapshot(session)
        lock_name(session, "rebuild of sums")
        counted: dict[tuple[UUID, Slot], Amounts] = {}
        for standing in walk_all(session):
            slot, amounts = count_claim(standing.claim, standing.position)
            key = standing.outlet_id, slot
            counted[key] = counted.get(key, NOTHING).plus(amounts)
        kept = read_sums(session, sa.true(), topic=None)
        flat = {(outlet_id, slot): amounts for outlet_id, parts in kept.items() for slot, amounts in parts.items()}
        change = difference(counted, flat)
        if change:
            add_sums(session, change)
            leave_forget_all(session, now=now)
    return len(change)


def ensure_sums(db: Database, *, now: dt.datetime) -> None:
    """Make the sums of a database that was filled before there were any."""
    with db.read() as session:
        missing = session.scalar(sa.select(sa.exists(sa.select(Claim.id)) & ~sa.exists(sa.select(Subtotal.claims))))
    if missing:
        rebuild_sums(db, now=now)
