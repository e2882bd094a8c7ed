"""Read the records of outlets, and their scores: from sums for the current record, from rows for a past moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import UnknownOutlet
from service.ledger.seal import LAST_HEAD
from service.methods.claim import add_up, count_claim, difference
from service.outlets.find import filing_for, find_outlets, refuse_merged
from service.outlets.positions import is_counted, read_positions
from service.outlets.search import unknown_slug
from service.outlets.track_record import Condition, Lens, OutletRecord, read_sums
from service.scores.contexts import context_of
from service.scores.describe import Score, describe_score
from service.storage.db import Database
from service.storage.facts import surviving_outlet
from service.storage.models import Claim, Outlet, Reply, Subtotal
from service.storage.predicates import by_bytes, disputed_claims, general_replies, is_among, is_general, is_open
from service.values.ids import is_slug
from service.values.vocabulary import Basis, Role

_STREAMED = 500
"""The number of outlets whose records are read at a time."""


def read_score(db: Database, reference: str, *, lens: Lens, now: dt.datetime) -> Score:
    """Return the score of one outlet.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: The outlet was merged into another one.
        InvalidQuery: A moment of the lens is in the future.
    """
    return read_scores(db, [reference], lens=lens, now=now, follow_merges=False)[0]


def read_scores(
    db: Database, references: Sequence[str], *, lens: Lens, now: dt.datetime, follow_merges: bool = True
) -> list[Score]:
    """Return the scores of outlets, in the order given.

    Args:
        db: The database.
        references: The slugs or ids of the outlets.
        lens: The lens on their records.
        now: The time of the call.
        follow_merges: Whether to return, for an outlet that was merged, the score of the outlet it was merged into.

    Raises:
        UnknownOutlet: Some references belong to no outlet.
        OutletMerged: An outlet was merged, and `follow_merges` is false.
        InvalidQuery: A moment of the lens is in the future.
    """
    lens.refuse_future(now)
    with db.read() as session:
        outlets = _find(session, references)
        if not follow_merges:
            for outlet in outlets:
                refuse_merged(outlet)
        slugs = [surviving_outlet(outlet).slug for outlet in outlets]
        chosen = Outlet.id.in_({surviving_outlet(outlet).id for outlet in outlets})
        context = context_of(session, lens.basis, lens.recorded_by)
        records = read_records(session, chosen, lens, now=now)
        head = session.scalar(LAST_HEAD)
    scores = {record.slug: describe_score(record, context, lens, now=now, ledger=head) for record in records}
    return [scores[slug] for slug in slugs]


def stream_scores(session: Session, *conditions: Condition, lens: Lens, now: dt.datetime) -> Iterator[Score]:
    """Yield the scores of all outlets that have one and meet the conditions, by slug, some hundred at a time.

    Raises:
        InvalidQuery: A moment of the lens is in the future.
    """
    lens.refuse_future(now)
    rows = sa.select(Outlet.id).where(Outlet.scorable, Outlet.merged_into_id.is_(None), *conditions)
    outlets = session.scalars(rows.order_by(by_bytes(session, Outlet.slug))).all()
    context, head = context_of(session, lens.basis, lens.recorded_by), session.scalar(LAST_HEAD)
    for start in range(0, len(outlets), _STREAMED):
        chosen = is_among(session, Outlet.id, outlets[start : start + _STREAMED])
        records = read_records(session, chosen, lens, now=now)
        for record in sorted(records, key=lambda each: each.slug):
            yield describe_score(record, context, lens, now=now, ledger=head)


def slugs_of(db: Database, references: Sequence[str]) -> list[str]:
    """Return references as slugs; if all are slugs already, the database is not read.

    Raises:
        UnknownOutlet: Some references belong to no outlet.
    """
    if all(map(is_slug, references)):
        return list(references)
    with db.read() as session:
        return [outlet.slug for outlet in _find(session, references)]


def _find(session: Session, references: Sequence[str]) -> list[Outlet]:
    found = find_outlets(session, references)
    unknown = [reference for reference in references if reference not in found]
    if len(unknown) == 1:
        raise UnknownOutlet(unknown_slug(session, unknown[0]))
    if unknown:
        raise UnknownOutlet(f"Not on record: {', '.join(map(repr, unknown))}.")
    return [found[reference] for reference in references]


def read_records(session: Session, chosen: Condition, lens: Lens, *, now: dt.datetime) -> list[OutletRecord]:
    """Return the record of each outlet that meets a condition, in no particular order."""
    rows = session.execute(sa.select(Outlet.id, Outlet.slug, Outlet.scorable).where(chosen))
    records = {row.id: OutletRecord(row.slug, row.scorable) for row in rows}
    _add_discussion(session, records, lens, now=now)
    if lens.is_current:
        _add_sums(session, records, lens, now=now)
    else:
        for outlet_id, positions in groupby(read_positions(session, records, lens), key=lambda entry: entry.outlet_id):
            counted = (entry for entry in positions if is_counted(entry, lens, now=now))
            records[outlet_id].parts = add_up(count_claim(entry.claim, entry.position) for entry in counted)
    return list(records.values())


def _add_sums(session: Session, records: dict[UUID, OutletRecord], lens: Lens, *, now: dt.datetime) -> None:
    """Read the current records from the sums, without the claims that are not due yet on the basis `matured`."""
    chosen = is_among(session, Subtotal.outlet_id, records)
    for outlet_id, parts in read_sums(session, chosen, topic=lens.topic).items():
        records[outlet_id].parts = parts
    if lens.basis is Basis.MATURED:
        _subtract_undue(session, records, lens, now=now)


def _subtract_undue(session: Session, records: dict[UUID, OutletRecord], lens: Lens, *, now: dt.datetime) -> None:
    """Subtract the claims that are not due yet, which are few."""
    positions = read_positions(session, records, lens, on=sa.select(Claim.id).where(Claim.resolves_by > now))
    for outlet_id, group in groupby(positions, key=lambda entry: entry.outlet_id):
        undue = list(group)
        record = records[outlet_id]
        record.parts = difference(record.parts, add_up(count_claim(entry.claim, entry.position) for entry in undue))
        record.changes_at = min(entry.claim.resolves_by for entry in undue if entry.claim.resolves_by is not None)


def _add_discussion(session: Session, records: dict[UUID, OutletRecord], lens: Lens, *, now: dt.datetime) -> None:
    """Add the newest reply to each record and the number of its disputed claims."""
    has_replies, has_disputes = _has_discussion(session, lens.recorded_by)
    if has_replies:
        filing = is_among(session, Reply.outlet_id, filing_for(session, records))
        for outlet_id, reply in session.execute(general_replies(filing, lens.recorded_by)):
            records[outlet_id].reply = reply
    if not has_disputes:
        return
    for entry in read_positions(session, records, lens, on=disputed_claims(lens.recorded_by)):
        slot, _ = count_claim(entry.claim, entry.position)
        is_own = slot.role is Role.OWN and entry.claim.verdict is not None
        records[entry.outlet_id].disputed += is_own and is_counted(entry, lens, now=now)


def _has_discussion(session: Session, moment: dt.datetime | None) -> tuple[bool, bool]:
    """Return whether any outlet has a general reply, and whether any resolution is disputed, in one query.

    Usually neither is the case, so a score needs no other query for them.
    """
    replied = sa.exists().where(is_general(moment))
    has_replies, has_disputes = session.execute(sa.select(replied, sa.exists().where(is_open(moment)))).one()
    return has_replies, has_disputes
