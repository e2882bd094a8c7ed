"""Restore the records that the first page of a list was computed from, without later writes."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.errors import CursorExpired
from service.methods.claim import add_up, count_claim, difference
from service.methods.tally import Amounts, Slot
from service.outlets.positions import is_counted, read_positions
from service.outlets.track_record import Lens, OutletRecord, Unseen
from service.storage.models import Claim, Outlet, Report, Resolution
from service.storage.predicates import counts_as, is_among
from service.storage.snapshots import Snapshot, Written, written_since

MAX_WRITES = 100_000
"""The number of later writes that expires the cursors of a list. Reading them takes about a second."""
_PLACE = ("slug", "kind", "scorable", "merged_into_id")
"""The members of an outlet that affect its rank, apart from its record."""
_FILER = aliased(Outlet)

_Parts: TypeAlias = dict[UUID, dict[Slot, Amounts]]


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes to the records of outlets since a snapshot."""

    claims: frozenset[UUID]
    """The claims that were recorded or changed."""
    outlets: Mapping[UUID, str]
    """The slugs of the outlets that reported these claims, by outlet id."""
    unseen: Unseen


def changes_since(session: Session, snapshot: Snapshot) -> Changes | None:
    """Return the changes to the records of outlets since a snapshot; None if there are none.

    Raises:
        CursorExpired: More than `MAX_WRITES` rows were written, an outlet was merged or reclassified, a topic renamed,
            or a claim merged.
    """
    written = written_since(session, snapshot, at_most=MAX_WRITES + 1)
    if len(written) > MAX_WRITES:
        raise CursorExpired.because(f"more than {MAX_WRITES:,} rows were written since its first page")
    rows: dict[str, list[Written]] = defaultdict(list)
    for write in written:
        rows[write.table].append(write)
    _refuse_moved_outlets(session, rows["outlet"])
    if rows["topic_rename"]:
        raise CursorExpired.because("a topic was renamed since its first page")
    if rows["claim_merge"]:
        raise CursorExpired.because("two claims were merged since its first page")
    claims = _claims_of(session, rows)
    if not claims:
        return None
    filing = sa.select(Report.outlet_id).where(is_among(session, Report.claim_id, claims))
    surviving = sa.select(counts_as(_FILER)).where(_FILER.id.in_(filing))
    outlets = session.execute(sa.select(Outlet.id, Outlet.slug).where(Outlet.id.in_(surviving)))
    unseen = Unseen(_new(rows["report"]), _new(rows["resolution"]), _new(rows["withdrawal"]), _new(rows["version"]))
    return Changes(claims, {row.id: row.slug for row in outlets}, unseen)


def take_back(
    session: Session, records: Mapping[str, OutletRecord], changes: Changes, lens: Lens, *, now: dt.datetime
) -> None:
    """Undo changes in the records of outlets. The records are modified in place.

    Args:
        session: The session.
        records: The current records, by slug.
        changes: The changes to undo.
        lens: The lens with which the records were read.
        now: The time of the first page.
    """
    outlets = {id_: records[slug] for id_, slug in changes.outlets.items() if slug in records}
    current = _count(session, outlets, changes.claims, lens, now=now)
    earlier = _count(session, outlets, changes.claims, replace(lens, unseen=changes.unseen), now=now)
    for id_, record in outlets.items():
        others = difference(record.parts, current.get(id_, {}))
        record.parts = add_up(chain(others.items(), earlier.get(id_, {}).items()))


def _count(
    session: Session, outlets: Mapping[UUID, OutletRecord], claims: Iterable[UUID], lens: Lens, *, now: dt.datetime
) -> _Parts:
    """Return the parts of outlets' records that come from these claims, by outlet id."""
    on = sa.select(Claim.id).where(is_among(session, Claim.id, claims))
    counted = defaultdict(list)
    for entry in read_positions(session, outlets, lens, on=on):
        if is_counted(entry, lens, now=now):
            counted[entry.outlet_id].append(count_claim(entry.claim, entry.position))
    return {id_: add_up(each) for id_, each in counted.items()}


def _claims_of(session: Session, rows: Mapping[str, Sequence[Written]]) -> frozenset[UUID]:
    """Return the claims that the written rows belong to."""
    reports = _ids([*rows["report"], *rows["withdrawal"]])
    found = session.scalars(sa.select(Report.claim_id).where(is_among(session, Report.id, reports)))
    resolutions = session.scalars(
        sa.select(Resolution.claim_id).where(is_among(session, Resolution.id, _ids(rows["resolution"])))
    )
    return frozenset({*_ids(rows["claim"]), *found, *resolutions})


def _refuse_moved_outlets(session: Session, written: Iterable[Written]) -> None:
    """Check that no outlet was merged or reclassified, because its earlier record cannot be restored."""
    earlier = {UUID(each.row_key): json.loads(each.before) for each in written if each.before is not None}
    if not earlier:
        return
    columns = (Outlet.slug, Outlet.kind, Outlet.scorable, Outlet.merged_into_id)
    for id_, *place in session.execute(sa.select(Outlet.id, *columns).where(is_among(session, Outlet.id, earlier))):
        before = earlier[id_]
        if [None if value is None else _as_json(value) for value in place] != [before.get(name) for name in _PLACE]:
            raise CursorExpired.because("an outlet was merged or reclassified since its first page")


def _as_json(value: Any) -> object:
    return value if isinstance(value, bool) else str(value)


def _new(written: Iterable[Written]) -> frozenset[UUID]:
    return frozenset(_ids(each for each in written if each.is_new))


def _ids(written: Iterable[Written]) -> set[UUID]:
    return {UUID(each.row_key) for each in written}
