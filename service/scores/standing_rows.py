"""Compute standings, the stored numbers that rankings are sorted by, from outlets' records."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.tally import Amounts, Context, Slot, tally
from service.outlets.track_record import EVERYTHING, Condition, OutletRecord
from service.scores.places import Measures, measure
from service.scores.read import context_of, read_records
from service.storage.base import detached
from service.storage.models import Outlet, Standing
from service.storage.predicates import is_among
from service.values.topics import lineage
from service.values.vocabulary import Basis, Role

COMPUTED = 500
"""The number of outlets whose standings are computed at a time."""


def compute_standings(session: Session, chosen: Condition, *, now: dt.datetime) -> Iterator[Standing]:
    """Yield the standings of outlets that meet a condition, as new rows, by basis, outlet and topic."""
    kinds = dict(session.execute(sa.select(Outlet.slug, Outlet.kind).where(Outlet.scorable, chosen)).all())
    slugs = list(kinds)
    for basis in Basis:
        context, lens = context_of(session, basis), replace(EVERYTHING, basis=basis)
        for start in range(0, len(slugs), COMPUTED):
            some = is_among(session, Outlet.slug, slugs[start : start + COMPUTED])
            for record in read_records(session, some, lens, now=now):
                of_outlet = {"slug": record.slug, "basis": basis, "kind": kinds[record.slug]}
                for topic, measures in _measure(record, context, level=lens.level):
                    dates = (None, None) if topic else (now, record.changes_at)
                    members = measures._asdict() | {"topic": topic, "computed_at": dates[0], "valid_until": dates[1]}
                    yield detached(Standing, of_outlet | members)


def _measure(record: OutletRecord, context: Context, *, level: float) -> Iterator[tuple[str, Measures]]:
    """Yield the measures of an outlet on each topic that it has claims on, and on all claims as topic "".

    An outlet without claims that count yields nothing, unless a claim of it will fall due.
    """
    by_topic: defaultdict[str, dict[Slot, Amounts]] = defaultdict(dict)
    if record.changes_at is not None:
        by_topic[""] = {}
    for slot, amounts in record.parts.items():
        if slot.role is Role.OWN:
            for topic in ("", *([] if slot.topic is None else lineage(slot.topic))):
                by_topic[topic][slot] = amounts
    for topic, parts in by_topic.items():
        yield topic, measure(tally(parts, Role.OWN, scorable=True), context, topic=topic or None, level=level)
