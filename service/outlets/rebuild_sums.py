"""Recompute the sums from the rows, and correct those that differ."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from service.cache.invalidation import queue_invalidation_of_all
from service.methods.claim import positions
from service.outlets.positions import read_claims
from service.outlets.stored_rates import all_sums
from service.outlets.sums import Sums, add_sums
from service.storage.db import Database, retried
from service.storage.locks import lock_name


@retried
def rebuild_sums(db: Database, *, now: dt.datetime) -> int:
    """Recompute the sums from the rows, correct those that differ, and invalidate all scores.

    On SQLite, concurrent writers block. On PostgreSQL they continue: the correction is a difference at one moment, so
    it remains right if they add to the sums later.

    Returns:
        The number of sums that differed.
    """
    with db.write() as session:
        # Two concurrent rebuilds would both add the difference.
        lock_name(session, "rebuild of sums", wait_forever=True)
        with db.read(unlimited=True) as snapshot:
            change = missing_sums(snapshot)
        add_sums(session, change)
        queue_invalidation_of_all(session, now=now)
    return len(change.records) + len(change.rates)


def missing_sums(session: Session) -> Sums:
    """Return the change that corrects the stored sums to those of the recorded claims."""
    counted = Sums()
    for claim in read_claims(session):
        counted.add_claim(claim.facts, positions(claim.reports, claim.facts.known_at))
    return counted.minus(all_sums(session))
