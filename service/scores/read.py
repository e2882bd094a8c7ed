"""Read the scores of outlets, and the records and contexts that they are computed from.

A current record is read from sums, and a past record from the reports.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.errors import CursorExpired, OutletMerged, UnknownOutlet
from service.ledger.seal import LAST_HEAD
from service.methods.claim import add_up, count_claim, difference
from service.methods.tally import STARTING_CONTEXT, Amounts, Context, Slot
from service.outlets.find import filing_for
from service.outlets.nearest import unknown_slug
from service.outlets.positions import ClaimPosition, is_counted, read_positions
from service.outlets.track_record import Condition, Lens, OutletRecord, read_sums
from service.scores.contexts import CONTEXT_PREFIX, RENAMES, stored_context
from service.scores.describe import describe_score
from service.scores.score import Score
from service.storage.db import Database
from service.storage.memo import Memo
from service.storage.models import Claim, ContextRow, Outlet, Reply, Subtotal
from service.storage.predicates import disputed_claims, general_replies, is_among, is_general, is_open
from service.values.ids import ids_and_slugs, is_slug
from service.values.vocabulary import Basis, Role

_Parts: TypeAlias = dict[Slot, Amounts]
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
        InvalidQuery: `as_of` or `recorded_by` is in the future.
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
        InvalidQuery: `as_of` or `recorded_by` is in the future.
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
    """Return the outlets with these slugs or ids, in the order given, each with the one that it was merged into.

    Raises:
        UnknownOutlet: Some references belong to no outlet.
    """
    ids, slugs = ids_and_slugs(references)
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
        raise CursorExpired.because("its first page was read from another database")
    return _load(session, _Newest(*found), basis)


def _load(session: Session, newest: _Newest, basis: Basis) -> Context:
    def load() -> Context:
        return stored_context(session, session.get_one(ContextRow, newest.number), basis)

    return _LOADED.get(session, (newest, basis), load)


def read_records(session: Session, chosen: Condition, lens: Lens, *, now: dt.datetime) -> list[OutletRecord]:
    """Return the record of each outlet that meets an SQL condition, in no particular order."""
    outlets = {row.id: row for row in session.execute(sa.select(Outlet.id, Outlet.slug, Outlet.scorable).where(chosen))}
    replies, disputed = _read_discussion(session, outlets, lens, now=now)
    parts = _current_parts(session, outlets, lens) if lens.is_current else _past_parts(session, outlets, lens, now=now)
    undue = _undue(session, outlets, lens, now=now) if lens.is_current and lens.basis is Basis.MATURED else {}
    counted = {**parts, **{id_: difference(parts.get(id_, {}), _add_up(group)) for id_, group in undue.items()}}
    return [
        OutletRecord(
            outlet.slug,
            outlet.scorable,
            counted.get(id_, {}),
            changes_at=min((due for entry in undue.get(id_, ()) if (due := entry.claim.resolves_by)), default=None),
            disputed=disputed[id_],
            reply=replies.get(id_),
        )
        for id_, outlet in outlets.items()
    ]


def _current_parts(session: Session, outlets: Collection[UUID], lens: Lens) -> Mapping[UUID, _Parts]:
    """Return the current records of outlets from the sums, which include claims that are not due yet."""
    is_one = len(outlets) == 1
    chosen = Subtotal.outlet_id.in_(outlets) if is_one else is_among(session, Subtotal.outlet_id, outlets)
    return read_sums(session, chosen, topic=lens.topic)


def _past_parts(session: Session, outlets: Collection[UUID], lens: Lens, *, now: dt.datetime) -> Mapping[UUID, _Parts]:
    """Return the records of outlets at a past moment, from the reports."""
    positions = _by_outlet(read_positions(session, outlets, lens))
    return {id_: _add_up(entry for entry in group if is_counted(entry, lens, now=now)) for id_, group in positions}


def _undue(
    session: Session, outlets: Collection[UUID], lens: Lens, *, now: dt.datetime
) -> Mapping[UUID, Sequence[ClaimPosition]]:
    """Return the few positions of outlets on claims that are not due yet, which the basis `matured` excludes."""
    positions = read_positions(session, outlets, lens, on=sa.select(Claim.id).where(Claim.resolves_by > now))
    return {id_: list(group) for id_, group in _by_outlet(positions)}


def _by_outlet(positions: Iterable[ClaimPosition]) -> Iterable[tuple[UUID, Iterable[ClaimPosition]]]:
    """Group positions by outlet. `read_positions` yields all positions of an outlet one after another."""
    return groupby(positions, key=lambda entry: entry.outlet_id)


def _add_up(positions: Iterable[ClaimPosition]) -> _Parts:
    return add_up(count_claim(entry.claim, entry.position) for entry in positions)


def _read_discussion(
    session: Session, outlets: Collection[UUID], lens: Lens, *, now: dt.datetime
) -> tuple[Mapping[UUID, Reply], Counter[UUID]]:
    """Return the newest reply of each outlet, and the number of its own claims with a disputed resolution."""
    has_replies, has_disputes = _has_discussion(session, lens.recorded_by)
    replies: dict[UUID, Reply] = {}
    if has_replies:
        filing = is_among(session, Reply.outlet_id, filing_for(session, outlets))
        replies = dict(session.execute(general_replies(filing, lens.recorded_by)).all())
    disputed: Counter[UUID] = Counter()
    if has_disputes:
        positions = read_positions(session, outlets, lens, on=disputed_claims(lens.recorded_by))
        disputed.update(entry.outlet_id for entry in positions if _is_disputed(entry, lens, now=now))
    return replies, disputed


def _is_disputed(entry: ClaimPosition, lens: Lens, *, now: dt.datetime) -> bool:
    """Return whether a position on a claim with an open dispute counts as disputed in the record of its outlet."""
    slot, _ = count_claim(entry.claim, entry.position)
    return slot.role is Role.OWN and entry.claim.verdict is not None and is_counted(entry, lens, now=now)


def _has_discussion(session: Session, moment: dt.datetime | None) -> tuple[bool, bool]:
    """Return whether any outlet has a general reply, and whether any resolution is disputed, in one query.

    Usually neither is the case, so a score needs no other query for them.
    """
    discussion = _DISCUSSION
    if moment is not None:
        discussion = sa.select(sa.exists().where(is_general(moment)), sa.exists().where(is_open(moment)))
    has_replies, has_disputes = session.execute(discussion).one()
    return has_replies, has_disputes
