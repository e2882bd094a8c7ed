"""Hold the sums against the rows that they are made of, and set right what differs."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from service.db import Database, hold_snapshot, lock_name, retried
from service.models import Claim, Subtotal
from service.outbox import leave_forget_all
from service.provenance import positions
from service.records import walk_claims
from service.sums import Ledger, add_sums, read_ledger


@retried
def rebuild_sums(db: Database, *, now: dt.datetime) -> int:
    """Recompute the sums from the rows; every score is then computed anew.

    Returns:
        How many sums were not what the rows say; 0 unless somebody changed the database by hand.
    """
    with db.write() as session:
        hold_snapshot(session)
        lock_name(session, "rebuild of sums")
        counted = Ledger()
        for claim in walk_claims(session):
            counted.add(claim.facts, positions(claim.reports, claim.facts.known_at))
        change = counted.minus(read_ledger(session))
        add_sums(session, change)
        if change.records or change.rates:
            leave_forget_all(session, now=now)
    return len(change.records) + len(change.rates)


def ensure_sums(db: Database, *, now: dt.datetime) -> None:
    """Make the sums of a database that was filled before there were any."""
    with db.read() as session:
        missing = session.scalar(sa.select(sa.exists(sa.select(Claim.id)) & ~sa.exists(sa.select(Subtotal.claims))))
    if missing:
        rebuild_sums(db, now=now)
