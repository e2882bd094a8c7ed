"""The claims that an outlet's own score rests on, one by one."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.provenance import Filed
from service.methods.rates import Cell
from service.methods.tally import NOTHING, Amounts, ClaimFacts, Parts, Slot, add_up, count_claim
from service.outlets.track_record import ClaimPosition, Condition, Lens, OutletRecord, is_counted, read_positions
from service.storage.models import Outlet, Resolution
from service.values.vocabulary import Basis, Role


class Scored(NamedTuple):
    """A claim, and what it counts for."""

    claim_id: UUID
    claim: ClaimFacts
    known_at: dt.datetime
    report: Filed
    """The report that speaks for the outlet."""
    slot: Slot
    cell: Cell
    amounts: Amounts

    def counts_from(self, basis: Basis) -> dt.datetime:
        """The moment from which scores as of then rest on it, and never stop to (R16, R18)."""
        due = self.claim.resolves_by
        return self.known_at if basis is Basis.RESOLVED or due is None else max(self.known_at, due)


def read_scored(session: Session, outlet: Outlet, lens: Lens, *, now: dt.datetime) -> list[Scored]:
    """The claims, in no particular order; none for an outlet that is not scored (R9)."""
    return read_scored_of(session, [outlet.id], lens, now=now)[outlet.id] if outlet.scorable else []


def read_scored_of(
    session: Session, outlets: Collection[UUID], lens: Lens, *only: Condition, now: dt.datetime
) -> dict[UUID, list[Scored]]:
    """Return the claims of some scored outlets, by outlet; `only` leaves claims out by what is on record of them."""
    # Only what has an established truth can count, and open claims may be many.
    known = sa.and_(Resolution.truth.is_not(None), *only)
    found: dict[UUID, list[Scored]] = {outlet: [] for outlet in outlets}
    for one in read_positions(session, outlets, lens, only=known):
        if is_counted(one, lens, now=now) and (scored := _scored(one)):
            found[one.outlet_id].append(scored)
    return found


def _scored(standing: ClaimPosition) -> Scored | None:
    claim, report = standing.claim, standing.position.report
    slot, amounts = count_claim(claim, standing.position)
    if slot.role is Role.OWN and slot.cell and report and claim.known_at and amounts.resolved:
        return Scored(standing.claim_id, claim, claim.known_at, report, slot, slot.cell, amounts)
    return None


def own_record(outlet: Outlet, scored: Iterable[Scored]) -> OutletRecord:
    """The outlet's record as far as its own score rests on it."""
    return OutletRecord(outlet.slug, outlet.scorable, add_up((one.slot, one.amounts) for one in scored))


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
