"""Compute an outlet's record at the end of each month."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterable, Iterator

from service.methods.tally import NOTHING, Amounts, Parts, Slot
from service.scores.scored_claims import ScoredClaim
from service.values.vocabulary import Basis

MAX_MONTHS = 1800
"""The maximum number of month ends; earlier months are left out."""
_INSTANT = dt.timedelta(microseconds=1)


def month_ends(first: dt.datetime, last: dt.datetime) -> Iterator[dt.datetime]:
    """Yield the last instant of each month, in UTC, from the month of `first` to the month before `last`."""
    earliest = max(12 * first.year + first.month, 12 * last.year + last.month - MAX_MONTHS)
    for month in range(earliest, 12 * last.year + last.month):
        yield dt.datetime(month // 12, month % 12 + 1, 1, tzinfo=dt.UTC) - _INSTANT


def accumulate(
    parts: Parts, claims: Iterable[ScoredClaim], moments: Iterable[dt.datetime], basis: Basis
) -> Iterator[tuple[dt.datetime, dict[Slot, Amounts] | None]]:
    """Yield each moment with an outlet's record at that moment, or with None if it has not changed.

    Args:
        parts: The record before any of these claims.
        claims: The claims, in any order.
        moments: The moments, the earliest first.
        basis: The basis, which determines from when a claim counts.
    """
    waiting = deque(sorted(claims, key=lambda claim: claim.counts_from(basis)))
    record, changed = dict(parts), True
    for moment in moments:
        while waiting and waiting[0].counts_from(basis) <= moment:
            claim, changed = waiting.popleft(), True
            record[claim.slot] = record.get(claim.slot, NOTHING).plus(claim.amounts)
        yield moment, dict(record) if changed else None
        changed = False
