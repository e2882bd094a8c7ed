"""Merge outlets that are the same, and undo merges (R22). Reports keep their outlet; only sums change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.errors import InvalidBody, MergeChain, MergeCircle, NotFound, OutletMerged, OwnClaim, UnknownOutlet
from service.methods.claim import add_up, count_claim, difference, positions
from service.methods.relays import as_merged, relay_cycle
from service.methods.tally import Amounts, Slot
from service.outlets.find import PLACES, ancestors, find_outlet, outlet_state
from service.outlets.positions import ReportedClaim, read_claims, read_positions
from service.outlets.search import unknown_slug
from service.outlets.sums import Sums, add_sums
from service.outlets.track_record import EVERYTHING, read_sums
from service.storage.db import Database, retried
from service.storage.facts import surviving_outlet
from service.storage.locks import lock_name
from service.storage.models import Claim, Outlet, Report, Subtotal
from service.storage.predicates import is_among, merged_with
from service.storage.versions import check_match, store_version
from service.values.vocabulary import Caller, Scope


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
        MergeCircle: `into` is the outlet itself or below it, or relays would form a cycle (R7).
    """
    with db.write() as session:
        lock_name(session, PLACES)
        outlet = _load(session, reference)
        target = _target(session, into, "/into")
        _lock(session, outlet, target)
        if outlet.merged_into is target:
            return describe_merge(outlet), False
        _check_own(session, outlet, target, caller)
        _check(session, outlet, target)
        store_version(session, outlet.id, outlet_state(outlet), caller=caller, now=now)
        add_sums(session, _change_of_sums(session, outlet, target, joined=True))
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
        OwnClaim: The caller filed a resolved claim, or has a report on it, on which the merge replaced a stance (R14b).
        PreconditionFailed: The merge was changed since the caller read it.
        MergeCircle: The outlet would now be its own ancestor, or relays would form a cycle (R7).
    """
    with db.write() as session:
        lock_name(session, PLACES)
        outlet = _require_merged(session, reference)
        target = surviving_outlet(outlet)
        _lock(session, outlet, target)
        merge, state = describe_merge(outlet), outlet_state(outlet)
        outlet.merged_into = outlet.merged_at = outlet.merged_by = None
        session.flush()
        _check_own(session, outlet, target, caller)
        check_match(merge, if_match)
        store_version(session, outlet.id, state, caller=caller, now=now)
        _check_parent(session, outlet)
        add_sums(session, _change_of_sums(session, outlet, target, joined=False))
        invalidate_scores(session, cache, [outlet.slug, target.slug], now=now)


def _check_parent(session: Session, outlet: Outlet) -> None:
    """Check that an outlet is not its own ancestor once it is no longer merged."""
    if outlet.parent is not None and outlet.id in ancestors(session, outlet.parent):
        raise MergeCircle(
            f"You tried to undo a merge, but without it {outlet.slug!r} would be its own ancestor, because its parent "
            f"{outlet.parent.slug!r} is below it. Change the parent of one of them first."
        )


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
    _check(session, outlet, target)
    _set_merged(outlet, target, caller=caller, now=now)


def _set_merged(outlet: Outlet, target: Outlet, *, caller: Caller, now: dt.datetime) -> None:
    outlet.merged_into, outlet.merged_at, outlet.merged_by = target, now, caller.key_id


def _check(session: Session, outlet: Outlet, into: Outlet) -> None:
    """Check that an outlet can be merged into another one. The relays on their claims are checked elsewhere."""
    if outlet.merged_into is not None:
        raise OutletMerged.of(outlet.slug, into=outlet.merged_into.slug)
    if into.merged_into is not None:
        raise MergeChain(
            f"You tried to merge into {into.slug!r}, which was itself merged into {into.merged_into.slug!r}. "
            f"Merge into {into.merged_into.slug!r} instead."
        )
    merged_slug = session.scalar(sa.select(Outlet.slug).where(Outlet.merged_into_id == outlet.id).limit(1))
    if merged_slug is not None:
        raise MergeChain(
            f"You tried to merge {outlet.slug!r}, but {merged_slug!r} was merged into it. Undo that merge first."
        )
    if outlet.id in ancestors(session, into):
        raise MergeCircle(
            f"You tried to merge {outlet.slug!r} into {into.slug!r}, which is the same outlet or below it. Merge into "
            f"another outlet, or change the parent of {into.slug!r} first."
        )


def describe_merge(outlet: Outlet) -> MergeView:
    """Return the merge of an outlet that was merged."""
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
    """Lock outlets against new reports. The lock `PLACES` is for merges and changes of parents."""
    rows = sa.select(Outlet.id).where(Outlet.id.in_([outlet.id for outlet in outlets])).order_by(Outlet.id)
    session.execute(rows.with_for_update()).all()


def _check_own(session: Session, outlet: Outlet, target: Outlet, caller: Caller) -> None:
    """Check that a key may merge two outlets, or undo their merge (R14b). Call it while they are not merged.

    Raises:
        OwnClaim: The key lacks the scope `resolutions:own`, and the merge changes a stance on a resolved claim that the
            key filed or has a report on.
    """
    if Scope.RESOLUTIONS_OWN in caller.scopes:
        return
    filed = sa.or_(Report.filed_by == caller.key_id, Claim.filed_by == caller.key_id)
    shared = sa.select(Report.claim_id).join(Claim).where(_names(outlet), _names(target), filed).distinct()
    own = session.scalars(shared).all()
    for claim in read_claims(session, only=is_among(session, Report.claim_id, own)) if own else ():
        if claim.facts.verdict is not None and _stances_differ(claim, outlet, target):
            raise OwnClaim(
                f"You tried to merge {outlet.slug!r} and {target.slug!r} or to undo their merge, but their stances "
                f"differ on the resolved claim {claim.id}, which your key filed or has a report on. Use another key or "
                "one with the scope resolutions:own."
            )


def _stances_differ(claim: ReportedClaim, outlet: Outlet, target: Outlet) -> bool:
    """Return whether the merge of two outlets changes the current stance of one of them on a claim."""
    apart = positions(claim.reports, claim.facts.known_at)
    joint = positions(_as_merged(claim, outlet, target).reports, claim.facts.known_at).get(target.id)
    alone = (apart[each.id].scored for each in (outlet, target) if each.id in apart)
    return joint is not None and any(scored not in (None, joint.scored) for scored in alone)


def _as_merged(claim: ReportedClaim, outlet: Outlet, target: Outlet) -> ReportedClaim:
    return claim._replace(reports=[as_merged(report, outlet=outlet.id, into=target.id) for report in claim.reports])


def _change_of_sums(session: Session, outlet: Outlet, target: Outlet, *, joined: bool) -> Sums:
    """Return the change of the sums when two outlets are merged or separated. Call it while they are not merged.

    Raises:
        MergeCircle: The relays on a claim would form a cycle.
    """
    apart, together = Sums(), Sums()
    for claim in read_claims(session, only=sa.and_(_names(outlet), _names(target))):
        merged = _as_merged(claim, outlet, target)
        _check_relays(merged if joined else claim)
        apart.add_claim(claim.facts, positions(claim.reports, claim.facts.known_at))
        together.add_claim(merged.facts, positions(merged.reports, merged.facts.known_at))
    # The claims that name only one of the outlets count in the same way, but for another outlet.
    rest = difference(_own_record(session, outlet, from_sums=joined), apart.record_of(outlet.id))
    apart.add_record(outlet.id, rest)
    together.add_record(target.id, rest)
    return together.minus(apart) if joined else apart.minus(together)


def _names(outlet: Outlet) -> sa.ColumnElement[bool]:
    """Return the condition that a claim has a report of an outlet or a relay of it, with the merged outlets."""
    reports, outlets = sa.select(Report.claim_id), merged_with(outlet)
    named = reports.where(Report.outlet_id.in_(outlets)).union(reports.where(Report.cited_id.in_(outlets)))
    return Report.claim_id.in_(named)


def _own_record(session: Session, outlet: Outlet, *, from_sums: bool) -> dict[Slot, Amounts]:
    """Return the record of an outlet without merges: from its sums or, if it is merged and has none, from the rows."""
    if from_sums:
        return read_sums(session, Subtotal.outlet_id == outlet.id, topic=None).get(outlet.id, {})
    entries = read_positions(session, [outlet.id], EVERYTHING)
    return add_up(count_claim(entry.claim, entry.position) for entry in entries)


def _check_relays(claim: ReportedClaim) -> None:
    if any(report.relays for report in claim.reports) and relay_cycle(claim.reports):
        raise MergeCircle(
            f"You tried to merge outlets or to undo a merge, but on the claim {claim.id} relays would form a cycle. "
            "Withdraw one of these relays first."
        )
