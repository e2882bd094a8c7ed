"""Read the scores of outlets, and the records and contexts that they are computed from.

A current record is read from sums, and a past record from the reports.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.errors import CursorExpired, OutletMerged, UnknownOutlet
from service.ledger.seal import LAST_HEAD
from service.methods.claim import add_up, count_claim, difference
from service.methods.tally import STARTING_CONTEXT, Context
from service.outlets.find import filing_for
from service.outlets.nearest import unknown_slug
from service.outlets.positions import is_counted, read_positions
from service.outlets.track_record import Condition, Lens, OutletRecord, read_sums
from service.scores.contexts import CONTEXT_PREFIX, RENAMES, stored_context
from service.scores.describe import describe_score
from service.scores.score import Score
from service.storage.db import Database
from service.storage.memo import Memo
from service.storage.models import Claim, ContextRow, Outlet, Reply, Subtotal
from service.storage.predicates import disputed_claims, general_replies, is_among, is_general, is_open
from service.values.ids import is_slug, parse_id
from service.values.vocabulary import Basis, Role

_INTO = aliased(Outlet)
# Built once, because building a statement takes as long as running it.
_NAMED = (
    sa.select(Outlet.id, Outlet.slug, _INTO.id, _INTO.slug)
    .outerjoin(_INTO, _INTO.id == Outlet.merged_into_id)
    .where(Outlet.id.in_(sa.bindparam("ids", expanding=True)) | Outlet.slug.in_(sa.bindparam("slugs", expanding=True)))
)
_DISCUSSION = sa.select(sa.exists().where(is_general(None)), sa.exists().where(is_open(None)))
_STATE = RENAMES.subquery()
_NEWEST = (
    sa.select(ContextRow.number, ContextRow.recorded_at, _STATE)
    .join(_STATE, sa.true())
    .order_by(ContextRow.number.desc())
    .limit(1)
)
# Contexts never change, so each is loaded once. A restored backup may hold another context under the same number.
_LOADED = Memo[Context](16)


class _Named(NamedTuple):
    """The outlet with a given slug or id, and the one that it was merged into."""

    id: UUID
    slug: str
    into_id: UUID | None
    into: str | None


class _Newest(NamedTuple):
    """The number and time of a context, and the state of topic renames (`RENAMES`), as its cache key."""

    number: int
    recorded_at: dt.datetime
    made: int
    last_made: dt.datetime | None
    undone: int
    last_undone: dt.datetime | None


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
        for outlet in outlets:
            if outlet.into is not None and not follow_merges:
                raise OutletMerged.of(outlet.slug, into=outlet.into)
        slugs = [outlet.into or outlet.slug for outlet in outlets]
        chosen = Outlet.id.in_({outlet.into_id or outlet.id for outlet in outlets})
        context = context_of(session, lens.basis, lens.recorded_by)
        records = read_records(session, chosen, lens, now=now)
        head = session.scalar(LAST_HEAD)
    scores = {record.slug: describe_score(record, context, lens, now=now, ledger=head) for record in records}
    return [scores[slug] for slug in slugs]


def slugs_of(db: Database, references: Sequence[str]) -> list[str]:
    """Return the slugs of outlets given by slug or id. Does not read the database if all are slugs.

    Raises:
        UnknownOutlet: Some references belong to no outlet.
    """
    if all(map(is_slug, references)):
        return list(references)
    with db.read() as session:
        return [outlet.slug for outlet in _find(session, references)]


def _find(session: Session, references: Sequence[str]) -> list[_Named]:
    ids = {reference: id_ for reference in references if (id_ := parse_id(reference)) is not None}
    slugs = [reference for reference in references if is_slug(reference)]
    rows = [_Named(*row) for row in session.execute(_NAMED, {"ids": list(ids.values()), "slugs": slugs})]
    found = {key: row for row in rows for key in (row.id, row.slug)}
    keys = {reference: ids.get(reference, reference) for reference in references}
    unknown = [reference for reference in references if keys[reference] not in found]
    if len(unknown) == 1:
        raise UnknownOutlet(unknown_slug(session, unknown[0]))
    if unknown:
        named = ", ".join(map(repr, unknown))
        raise UnknownOutlet(f"No outlets have these slugs or ids: {named}. Correct or remove them.")
    return [found[keys[reference]] for reference in references]


def context_of(session: Session, basis: Basis, recorded_by: dt.datetime | None = None) -> Context:
    """Return the context for scores on a basis: the newest, or the newest recorded by a past moment."""
    newest = _NEWEST if recorded_by is None else _NEWEST.where(ContextRow.recorded_at <= recorded_by)
    found = session.execute(newest).one_or_none()
    return STARTING_CONTEXT if found is None else _load(session, _Newest(*found), basis)


def context_named(session: Session, name: str, basis: Basis) -> Context:
    """Return the context that a cursor names.

    Raises:
        CursorExpired: No context has this name any more.
    """
    if name == STARTING_CONTEXT.id:
        return STARTING_CONTEXT
    number = int(name.removeprefix(CONTEXT_PREFIX))
    found = session.execute(_NEWEST.where(ContextRow.number == number)).one_or_none()
    if found is None:
        raise CursorExpired("The first page was read from another database. Start again without cursor.")
    return _load(session, _Newest(*found), basis)


def _load(session: Session, newest: _Newest, basis: Basis) -> Context:
    def load() -> Context:
        return stored_context(session, session.get_one(ContextRow, newest.number), basis)

    return _LOADED.get(session, (newest, basis), load)


def read_records(session: Session, chosen: Condition, lens: Lens, *, now: dt.datetime) -> list[OutletRecord]:
    """Return the record of each outlet that meets an SQL condition, in no particular order."""
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
    """Read current records from the sums; on the basis `matured`, leave out claims that are not due yet."""
    is_one = len(records) == 1
    chosen = Subtotal.outlet_id.in_(records) if is_one else is_among(session, Subtotal.outlet_id, records)
    for outlet_id, parts in read_sums(session, chosen, topic=lens.topic).items():
        records[outlet_id].parts = parts
    if lens.basis is Basis.MATURED:
        _subtract_undue(session, records, lens, now=now)


def _subtract_undue(session: Session, records: dict[UUID, OutletRecord], lens: Lens, *, now: dt.datetime) -> None:
    """Subtract the claims that are not due yet from records, and set when each record next changes."""
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
    discussion = _DISCUSSION
    if moment is not None:
        discussion = sa.select(sa.exists().where(is_general(moment)), sa.exists().where(is_open(moment)))
    has_replies, has_disputes = session.execute(discussion).one()
    return has_replies, has_disputes
