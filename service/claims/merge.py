"""Merge claims that prove to be the same, and undo merges (R22a). Reports, resolutions, replies and reviews move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.claims.load import WHOLE, check_group
from service.claims.move import move_reports, move_resolutions, return_resolutions
from service.claims.resolve import check_own
from service.errors import ClaimMerged, ClaimsContradict, InvalidBody, MergeChain, MergeCircle, NotFound
from service.methods.relays import relay_cycle
from service.outlets.find import PLACES
from service.outlets.sums import updating_sums
from service.storage.db import Database, retried
from service.storage.db_errors import WriteConflict
from service.storage.facts import (
    counting_reports,
    reporting_outlets,
    standing_resolution,
)
from service.storage.locks import lock_name
from service.storage.models import Claim, ClaimMerge, Reply, Resolution
from service.storage.models.merges import MovedRows
from service.storage.predicates import is_among
from service.storage.versions import check_match
from service.values.vocabulary import Caller, ClaimKind, Verdict


@dataclass(frozen=True, slots=True)
class ClaimMergeView:
    """The merge of a claim into another one."""

    claim: UUID
    into: UUID
    merged_at: dt.datetime


@retried
def merge_claim(
    db: Database, cache: ScoreCache, claim_id: UUID, *, into: UUID, caller: Caller, now: dt.datetime
) -> tuple[ClaimMergeView, bool]:
    """Merge a claim into another one, which gets its reports, resolutions and replies and counts in place of both.

    Returns:
        The merge, and whether it is new.

    Raises:
        NotFound: No claim has this id.
        InvalidBody: `into` is unknown.
        OwnClaim: One of the claims is resolved, and the caller filed one of them or a report on it (R14b).
        ClaimMerged: The claim was merged into another one.
        MergeChain: `into` was merged itself, or another claim was merged into this one.
        MergeCircle: `into` is the claim itself, or relays would form a cycle (R7).
        ClaimsContradict: The verdicts differ, or a resolution that would be replaced is disputed.
        GroupResolved: The claim would be true, and so is another claim of its group (R3).
    """
    with db.write() as session:
        claim, target = _lock_both(session, claim_id, into)
        if (merge := _merge_of(session, claim)) is not None and merge.into_id == into:
            return _describe(merge), False
        _check_rights(claim, target, caller)
        _check_free(session, claim, target)
        _check_agreement(claim, target)
        outlets = reporting_outlets(claim) | reporting_outlets(target)
        merge = ClaimMerge(claim_id=claim.id, into_id=target.id, merged_by=caller.key_id, recorded_at=now)
        with updating_sums(session, [claim, target]):
            claim.merged_into_id = target.id
            replies = _replies(session, Reply.claim_id == claim.id)
            merge.moved = MovedRows(
                reports=[str(report.id) for report in claim.reports],
                resolutions=[str(resolution.id) for resolution in claim.resolutions],
                replies=[str(reply.id) for reply in replies],
            )
            session.add(merge)
            move_resolutions(claim, target)
            move_reports(claim.reports, claim, target)
            for reply in replies:
                reply.claim_id = target.id
        _check_result(session, target)
        invalidate_scores(session, cache, outlets, now=now)
    return _describe(merge), True


@retried
def undo_claim_merge(
    db: Database,
    cache: ScoreCache,
    claim_id: UUID,
    *,
    if_match: AbstractSet[str] | None,
    caller: Caller,
    now: dt.datetime,
) -> None:
    """Undo the merge of a claim: what it moved returns, and what was recorded since stays with the other claim.

    A resolution that supersedes one that returns, returns with it.

    Args:
        db: The database.
        cache: The score cache, in which the scores of the outlets of both claims are invalidated.
        claim_id: The id of the claim.
        if_match: The tags of the merges that the caller accepts; None for any merge.
        caller: The API key of the call.
        now: The time of the call.

    Raises:
        NotFound: No claim has this id, or it was not merged.
        OwnClaim: The claims are resolved, and the caller filed one of them or a report on it (R14b).
        PreconditionFailed: The merge was changed since the caller read it.
        MergeCircle: Because of later changes, relays would form a cycle on one of the claims (R7).
        GroupResolved: One of the claims would be true, and so is another claim of its group (R3).
    """
    with db.write() as session:
        claim, target = _lock_both(session, claim_id, _require_merge(session, claim_id).into_id)
        merge = _require_merge(session, claim_id)  # it may have been undone before the lock
        if merge.into_id != target.id:
            raise WriteConflict("The claim was merged into another one in the meantime.")
        _check_rights(claim, target, caller)
        check_match(_describe(merge), if_match)
        outlets = reporting_outlets(target)
        with updating_sums(session, [claim, target]):
            claim.merged_into_id = None
            merge.undone_at, merge.undone_by = now, caller.key_id
            return_resolutions(claim, target, merge.moved)
            moved = set(merge.moved["reports"])
            move_reports([report for report in target.reports if str(report.id) in moved], target, claim)
            for reply in _replies(session, is_among(session, Reply.id, map(UUID, merge.moved["replies"]))):
                reply.claim_id = claim.id
        for each in (claim, target):
            _check_result(session, each)
        invalidate_scores(session, cache, outlets, now=now)


def get_claim_merge(db: Database, claim_id: UUID) -> ClaimMergeView:
    """Return the merge of a claim.

    Raises:
        NotFound: No claim has this id, or it was not merged.
    """
    with db.read() as session:
        return _describe(_require_merge(session, claim_id))


def _describe(merge: ClaimMerge) -> ClaimMergeView:
    return ClaimMergeView(merge.claim_id, merge.into_id, merge.recorded_at)


def _require_merge(session: Session, claim_id: UUID) -> ClaimMerge:
    """Return the merge of a claim that is in effect."""
    if (claim := session.get(Claim, claim_id)) is None:
        raise NotFound(f"No claim with the id {claim_id} is on record. Find its id with GET /v1/claims.")
    if (merge := _merge_of(session, claim)) is None:
        raise NotFound(f"The claim {claim_id} was not merged, so there is no merge to read or undo.")
    return merge


def _merge_of(session: Session, claim: Claim) -> ClaimMerge | None:
    """Return the merge of a claim that is in effect."""
    return session.scalar(sa.select(ClaimMerge).where(ClaimMerge.claim_id == claim.id, ClaimMerge.undone_at.is_(None)))


def _lock_both(session: Session, claim_id: UUID, into: UUID) -> tuple[Claim, Claim]:
    """Lock two claims, and return them with their reports and resolutions.

    Raises:
        NotFound: No claim has the first id.
        InvalidBody: No claim has the second one.
    """
    lock_name(session, PLACES)  # excludes new replies, and merges of outlets
    rows = sa.select(Claim).where(Claim.id.in_([claim_id, into]))
    session.execute(rows.with_only_columns(Claim.id).order_by(Claim.id).with_for_update()).all()
    found = session.scalars(rows.options(*WHOLE).execution_options(populate_existing=True)).all()
    by_id = {claim.id: claim for claim in found}
    if claim_id not in by_id:
        raise NotFound(f"No claim with the id {claim_id} is on record. Find its id with GET /v1/claims.")
    if into not in by_id:
        detail = f"No claim with the id {into} is on record. Find its id with GET /v1/claims."
        raise InvalidBody.at("/into", detail, "unknown-claim")
    return by_id[claim_id], by_id[into]


def _check_rights(claim: Claim, target: Claim, caller: Caller) -> None:
    """Check that a key may merge two claims, or undo their merge: if one is resolved, it needs the right to resolve it.

    Raises:
        OwnClaim: It filed one of the claims or a report on it, and lacks the scope `resolutions:own` (R14b).
    """
    if any(standing_resolution(each) is not None for each in (claim, target)):
        check_own(claim, caller)
        check_own(target, caller)


def _check_free(session: Session, claim: Claim, target: Claim) -> None:
    """Check that neither of two claims is part of another merge."""
    if claim.merged_into_id is not None:
        raise ClaimMerged.of(claim.id, into=claim.merged_into_id)
    if claim is target:
        raise MergeCircle(f"You tried to merge the claim {claim.id} into itself. Send the id of another claim as into.")
    if target.merged_into_id is not None:
        raise MergeChain(
            f"The claim {target.id} was merged into {target.merged_into_id}, and a merged claim takes no merges. Merge "
            f"into {target.merged_into_id} instead."
        )
    if (other := session.scalar(sa.select(Claim.id).where(Claim.merged_into_id == claim.id).limit(1))) is not None:
        raise MergeChain(
            f"The claim {other} was merged into {claim.id}, so that one cannot be merged itself. Undo that merge first."
        )


def _check_agreement(claim: Claim, target: Claim) -> None:
    """Check that two claims do not contradict each other."""
    if (claim.kind is ClaimKind.OPINION) is not (target.kind is ClaimKind.OPINION):
        raise ClaimsContradict(
            f"Only one of the claims {claim.id} and {target.id} is an opinion, and an opinion is never resolved. Merge "
            "an opinion into an opinion only."
        )
    replaced, kept = standing_resolution(claim), standing_resolution(target)
    if replaced is None or kept is None:
        return
    if (replaced.verdict, replaced.truth) != (kept.verdict, kept.truth):
        raise ClaimsContradict(
            f"The verdicts of the claims differ: {_verdict(replaced)} for {claim.id}, and {_verdict(kept)} for "
            f"{target.id}. Correct or withdraw the wrong one first."
        )
    if any(dispute.closed_at is None for dispute in replaced.disputes):
        raise ClaimsContradict(
            f"The resolution {replaced.id} of the claim {claim.id} is disputed, and after the merge the one of "
            f"{target.id} would be in effect. Close the dispute first."
        )


def _verdict(resolution: Resolution) -> str:
    partial = resolution.verdict is Verdict.PARTIAL
    return f"{resolution.verdict} ({resolution.truth})" if partial else str(resolution.verdict)


def _check_result(session: Session, claim: Claim) -> None:
    """Check the rules of groups and relays on a claim after rows were moved to or from it."""
    in_effect = standing_resolution(claim)
    if in_effect is not None and in_effect.verdict is Verdict.TRUE:
        check_group(session, claim)
    if relay_cycle(counting_reports(claim)):
        raise MergeCircle(
            f"On the claim {claim.id} the relays would form a cycle without an own report. Withdraw one of those "
            "relays first."
        )


def _replies(session: Session, condition: sa.ColumnElement[bool]) -> Sequence[Reply]:
    return session.scalars(sa.select(Reply).where(condition)).all()
