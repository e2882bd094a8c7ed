"""The record of an outlet, as sums of its claims, and the lens that selects a part of a record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import InvalidQuery
from service.methods.reliability import DEFAULT_LEVEL
from service.methods.tally import Amounts, Slot
from service.storage.models import Reply, Subtotal
from service.storage.predicates import in_topic
from service.values.vocabulary import Basis, ClaimKind, Role, Stance

Condition: TypeAlias = sa.ColumnExpressionArgument[bool]

_COLUMNS = [Subtotal.__table__.c[name] for name in ("outlet_id", *Slot._fields, *Amounts._fields)]
_AMOUNTS_FROM = 1 + len(Slot._fields)


class Unseen(NamedTuple):
    """The rows to leave out, because they were recorded after the first page of a list."""

    reports: frozenset[UUID]
    resolutions: frozenset[UUID]
    withdrawn: frozenset[UUID]
    """The reports that were withdrawn after the first page."""
    versions: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Lens:
    """The part of the records that a score is computed from, and the level of its interval."""

    topic: str | None
    """Only claims on this topic or below it count (R21b); None for all claims."""
    basis: Basis
    as_of: dt.datetime | None
    """Only reports published and answers known by this moment count (R18); None for no limit."""
    recorded_by: dt.datetime | None
    """Only rows recorded by this moment count (R18); None for no limit."""
    level: float
    unseen: Unseen | None = None
    """The rows recorded since the first page of a list; None if this is the first page."""

    @property
    def is_current(self) -> bool:
        """Return whether the lens selects the current record, not a past one."""
        return self.as_of is None and self.recorded_by is None

    def moment(self, now: dt.datetime) -> dt.datetime:
        """Return the moment for which the record is read: a past one if given, else the current time."""
        return self.as_of or self.recorded_by or now

    def refuse_future(self, now: dt.datetime) -> None:
        """Check that neither `as_of` nor `recorded_by` is in the future.

        Raises:
            InvalidQuery: `as_of` or `recorded_by` is in the future.
        """
        for name, moment in (("as_of", self.as_of), ("recorded_by", self.recorded_by)):
            if moment is not None and moment > now:
                raise InvalidQuery.at(name, detail="Lies in the future. Send a past moment.", code="future")


EVERYTHING = Lens(topic=None, basis=Basis.RESOLVED, as_of=None, recorded_by=None, level=DEFAULT_LEVEL)


@dataclass(slots=True)
class OutletRecord:
    """An outlet's record: the sums of its claims by slot, and other facts that its score shows."""

    slug: str
    scorable: bool
    parts: dict[Slot, Amounts] = field(default_factory=dict)
    changes_at: dt.datetime | None = None
    """The moment at which its next claim is due, which changes the record on the basis `matured`."""
    disputed: int = 0
    """The number of its own claims with a disputed resolution."""
    reply: Reply | None = None
    """The newest reply of the outlet to its whole record."""


def read_sums(
    session: Session, chosen: sa.ColumnElement[bool], *, topic: str | None
) -> dict[UUID, dict[Slot, Amounts]]:
    """Return the records of outlets by outlet and slot.

    Args:
        session: The session.
        chosen: A condition on `Subtotal.outlet_id` that selects the outlets.
        topic: The topic of the claims, with all topics below it; None for all topics.
    """
    rows = sa.select(*_COLUMNS).where(chosen)
    if topic is not None:
        rows = rows.where(in_topic(Subtotal.topic, topic))
    slot_of = cache(_slot)  # hundreds of thousands of rows share a few hundred slots
    return {
        outlet_id: {slot_of(*row[1:_AMOUNTS_FROM]): Amounts._make(row[_AMOUNTS_FROM:]) for row in group}
        for outlet_id, group in groupby(session.execute(rows.order_by(Subtotal.outlet_id)), key=itemgetter(0))
    }


def _slot(role: Role, kind: ClaimKind, topic: str, stance: str, commitment: int) -> Slot:
    return Slot(role, kind, topic or None, Stance(stance) if stance else None, commitment or None)
