"""Count how often claims proved true after an outlet took a stance on them, as input for forecasts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.claim import count_claim
from service.methods.forecast import StanceCount, StanceCounts
from service.methods.rates import UNIT
from service.outlets.positions import read_positions
from service.outlets.track_record import EVERYTHING
from service.storage.models import Claim, Rate, Resolution, Subtotal
from service.values.vocabulary import Stance


def read_counts(session: Session, outlets: Collection[UUID], *, now: dt.datetime) -> StanceCounts:
    """Return, by outlet and stance, the number of due claims and the number that proved true."""
    sums = sa.func.sum(Subtotal.told), sa.func.sum(Subtotal.told_true)
    by = Subtotal.outlet_id, Subtotal.stance
    rows = sa.select(*by, *sums).where(Subtotal.outlet_id.in_(outlets), Subtotal.stance != "").group_by(*by)
    counts = {
        (outlet, Stance(stance)): [int(told), int(told_true)]
        for outlet, stance, told, told_true in session.execute(rows)
    }
    if undue_weight(session, now=now):
        undue = sa.select(Claim.id).where(Claim.resolves_by > now)
        for entry in read_positions(session, outlets, EVERYTHING, on=undue, only=Resolution.truth.is_not(None)):
            slot, amounts = count_claim(entry.claim, entry.position)
            if slot.stance is not None:
                count = counts[entry.outlet_id, slot.stance]
                count[0] -= amounts.told
                count[1] -= amounts.told_true
    return {(str(outlet), stance): StanceCount(told, true / UNIT) for (outlet, stance), (told, true) in counts.items()}


def undue_weight(session: Session, *, now: dt.datetime) -> int:
    """Return the weight of the resolved claims that are not due yet, in billionths of a claim."""
    return int(session.scalar(sa.select(sa.func.sum(Rate.weight)).where(Rate.due > now)) or 0)
