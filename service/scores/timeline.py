"""A record through time: what it held at the end of each month, by when each claim began to count."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterable, Iterator

from service.methods.tally import NOTHING, Amounts, Parts, Slot
from service.scores.contributions import Scored
from service.values.vocabulary import Basis

LONGEST = 1800
"""Months, the latest ones."""
_INSTANT = dt.timedelta(microseconds=1)


def month_ends(first: dt.datetime, last: dt.datetime) -> Iterator[dt.datetime]:
    """The last instants of the months, in UTC, from that of one moment until another one."""
    earliest = max(12 * first.year + first.month, 12 * last.year + last.month - LONGEST)
    for month in range(earliest, 12 * last.year + last.month):
        yield dt.datetime(month // 12, month % 12 + 1, 1, tzinfo=dt.UTC) - _INSTANT


def grow(
    parts: Parts, scored: Iterable[Scored], moments: Iterable[dt.datetime], basis: Basis
) -> Iterator[tuple[dt.datetime, dict[Slot, Amounts] | None]]:
    """A record at some moments in order, while the claims are added to it that begin to count.

    Args:
        parts: What was in it before all of them.
        scored: The claims, in any order.
        moments: When to look.
        basis: From when a claim counts.

    Yields:
        Each moment with the record; None where it is that of the moment before.
    """
    waiting = deque(sorted(scored, key=lambda one: one.counts_from(basis)))
    held, changed = dict(parts), True
    for moment in moments:
        while waiting and waiting[0].counts_from(basis) <= moment:
            one, changed = waiting.popleft(), True
            held[one.slot] = held.get(one.slot, NOTHING).plus(one.amounts)
        yield moment, dict(held) if changed else None
        changed = False
