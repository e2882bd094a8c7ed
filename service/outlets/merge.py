"""Merge outlets that are the same, and undo merges (R22). Reports keep their outlet; only sums change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.errors import InvalidBody, NotFound, UnknownOutlet
from service.outlets.describe import outlet_state
from service.outlets.find import PLACES, find_outlet
from service.outlets.merge_rules import check_merge, check_own, check_parent
from service.outlets.merge_sums import change_of_sums
from service.outlets.nearest import unknown_slug
from service.outlets.sums import add_sums
from service.storage.db import Database, retried
from service.storage.facts import surviving_outlet
from service.storage.locks import lock_name
from service.storage.models import Outlet
from service.storage.versions import check_match, store_version
from service.values.vocabulary import Caller


@dataclass(frozen=True, slots=True)
class MergeView:
    """The merge of an outlet into another one."""

    outlet: str
    into: str
    merged_at: dt.datetime | None


@retried
def merge_outlet(
    db: Database, cache: ScoreCache, reference: str, *, into: str, caller: Caller, now: dt.datetime
) -> tuple[MergeView, bool]:
    """Merge an outlet into another one, which then has the reports of both.

    Returns:
        The merge, and whether it is new.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        InvalidBody: `into` is unknown.
        OwnClaim: The merge would replace a stance on a resolved claim that the caller filed or has a report on (R14b).
        OutletMerged: The outlet was merged into another one.
        MergeChain: `into` was merged itself, or another outlet was merged into this one.
        MergeCycle: `into` is the outlet itself or below it, or relays would form a cycle (R7).
    """
    with db.write() as session:
        lock_name(session, PLACES)
        outlet = _load(session, reference)
        target = _target(session, into, "/into")
        _lock(session, outlet, target)
        if outlet.merged_into is target:
            return describe_merge(outlet), False
        check_own(session, outlet, target, caller)
        check_merge(session, outlet, target)
        store_version(session, outlet.id, outlet_state(outlet), caller=caller, now=now)
        add_sums(session, change_of_sums(session, outlet, target, joined=True))
        _set_merged(outlet, target, caller=caller, now=now)
        invalidate_scores(session, cache, [outlet.slug, target.slug], now=now)
    return describe_merge(outlet), True


@retried
def undo_merge(
    db: Database,
    cache: ScoreCache,
    reference: str,
    *,
    if_match: AbstractSet[str] | None,
    caller: Caller,
    now: dt.datetime,
) -> None:
    """Undo the merge of an outlet. Its record includes the reports that were filed in the meantime.

    Args:
        db: The database.
        cache: The score cache, in which the scores of both outlets are invalidated.
        reference: The slug or id of the outlet.
        if_match: The tags of the merges that the caller accepts; None for any merge.
        caller: The API key of the call.
        now: The time of the call.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        NotFound: The outlet was not merged.
        OwnClaim: The merge replaced a stance on a resolved claim that the caller filed or has a report on (R14b).
        PreconditionFailed: The merge has been changed since the caller read it.
        MergeCycle: The outlet would now be its own ancestor, or relays would form a cycle (R7).
    """
    with db.write() as session:
        lock_name(session, PLACES)
        outlet = _require_merged(session, reference)
        target = surviving_outlet(outlet)
        _lock(session, outlet, target)
        merge, state = describe_merge(outlet), outlet_state(outlet)
        outlet.merged_into = outlet.merged_at = outlet.merged_by = None
        session.flush()
        check_own(session, outlet, target, caller)
        check_match(merge, if_match)
        store_version(session, outlet.id, state, caller=caller, now=now)
        check_parent(session, outlet)
        add_sums(session, change_of_sums(session, outlet, target, joined=False))
        invalidate_scores(session, cache, [outlet.slug, target.slug], now=now)


def get_merge(db: Database, reference: str) -> MergeView:
    """Return the merge of an outlet.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        NotFound: The outlet was not merged.
    """
    with db.read() as session:
        return describe_merge(_require_merged(session, reference))


def merge_imported(session: Session, outlet: Outlet, into: str, *, caller: Caller, now: dt.datetime) -> None:
    """Merge a new imported outlet, which has no reports yet and is not in the session.

    Raises:
        InvalidBody: `into` is unknown.
        MergeChain: `into` was merged itself.
    """
    lock_name(session, PLACES)
    target = _target(session, into, "/merged_into")
    check_merge(session, outlet, target)
    _set_merged(outlet, target, caller=caller, now=now)


def _set_merged(outlet: Outlet, target: Outlet, *, caller: Caller, now: dt.datetime) -> None:
    outlet.merged_into, outlet.merged_at, outlet.merged_by = target, now, caller.key_id


def describe_merge(outlet: Outlet) -> MergeView:
    """Return an outlet's merge as responses show it. The outlet must be merged."""
    return MergeView(outlet.slug, surviving_outlet(outlet).slug, outlet.merged_at)


def _load(session: Session, reference: str) -> Outlet:
    if (outlet := find_outlet(session, reference, whole=True)) is None:
        raise UnknownOutlet(unknown_slug(session, reference))
    return outlet


def _target(session: Session, reference: str, pointer: str) -> Outlet:
    if (target := find_outlet(session, reference)) is None:
        raise InvalidBody.at(pointer, unknown_slug(session, reference), "unknown-outlet")
    return target


def _require_merged(session: Session, reference: str) -> Outlet:
    outlet = _load(session, reference)
    if outlet.merged_into is None:
        raise NotFound(f"The outlet {outlet.slug!r} is not merged, so there is no merge to read or undo.")
    return outlet


def _lock(session: Session, *outlets: Outlet) -> None:
    """Lock outlets against new reports, which the lock `PLACES` does not prevent."""
    rows = sa.select(Outlet.id).where(Outlet.id.in_([outlet.id for outlet in outlets])).order_by(Outlet.id)
    session.execute(rows.with_for_update()).all()
