"""Hold the sums against the rows that they are made of, and set right what differs."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from service.cache.invalidation import queue_invalidation_of_all
from service.methods.provenance import positions
from service.outlets.sums import Sums, add_sums, all_sums
from service.outlets.track_record import walk_claims
from service.storage.db import Database, retried
from service.storage.locks import lock_name


@retried
def rebuild_sums(db: Database, *, now: dt.datetime) -> int:
    """Recompute the sums from the rows, and set right what differs; every score is then computed anew.

    Who writes meanwhile waits on SQLite. On PostgreSQL nobody does: what is added to the sums is the difference at one
    moment, and stays right whatever others have added since.

    Returns:
        How many sums were not what the rows say.
    """
    with db.write() as session:
        # Two at once would both add the difference. The other one may take its time.
        lock_name(session, "rebuild of sums", wait_forever=True)
        with db.read(unlimited=True) as snapshot:
            change = missing_sums(snapshot)
        add_sums(session, change)
        queue_invalidation_of_all(session, now=now)
    return len(change.records) + len(change.rates)


def missing_sums(session: Session) -> Sums:
    """What would have to be added to the sums for them to be what the rows add up to."""
    counted = Sums()
    for claim in walk_claims(session):
        counted.add(claim.facts, positions(claim.reports, claim.facts.known_at))
    return counted.minus(all_sums(session))
