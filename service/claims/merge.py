"""Merge claims that prove to be the same, and undo merges (R22a)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.claims.merge_locks import lock_both, lock_merge, merge_of, require_merge
from service.claims.merge_rules import check_agreement, check_free, check_result, check_rights
from service.claims.move import move_rows, return_rows
from service.outlets.sums import updating_sums
from service.storage.db import Database, retried
from service.storage.facts import reporting_outlets
from service.storage.models import ClaimMerge
from service.storage.versions import check_match
from service.values.vocabulary import Caller


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
    """Merge a claim into another one, which then counts in place of both.

    Returns:
        The merge, and whether it is new. If the claim was already merged into the same claim, the
        existing merge is returned.

    Raises:
        NotFound: No claim has this id.
        InvalidBody: `into` is unknown.
        OwnClaim: One of the claims is resolved, and the caller filed a claim or a report on one (R14b).
        ClaimMerged: The claim was already merged into a different one.
        MergeChain: `into` was merged itself, or another claim was merged into this one.
        MergeCycle: `into` is the claim itself, or relays would form a cycle (R7).
        ClaimsContradict: The verdicts differ, only one of the claims is an opinion, or the merge would replace a
            disputed resolution.
        GroupResolved: The merged claim would be true, although another claim of its group is true (R3).
    """
    with db.write() as session:
        claim, target = lock_both(session, claim_id, into)
        if (merge := merge_of(session, claim)) is not None and merge.into_id == into:
            return _describe(merge), False
        check_rights(claim, target, caller)
        check_free(session, claim, target)
        check_agreement(claim, target)
        outlets = reporting_outlets(claim) | reporting_outlets(target)
        with updating_sums(session, [claim, target]):
            claim.merged_into_id = target.id
            moved = move_rows(session, claim, target)
            merge = ClaimMerge(claim_id=claim.id, into_id=target.id, moved=moved)
            merge.merged_by, merge.recorded_at = caller.key_id, now
            session.add(merge)
        check_result(session, target)
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
    """Undo the merge of a claim, and move its reports, resolutions, replies and reviews back to it.

    Rows recorded since the merge stay with the other claim, except for resolutions that supersede a moved one.

    Args:
        db: The database.
        cache: The score cache, in which the scores of the outlets of both claims are invalidated.
        claim_id: The id of the claim.
        if_match: The ETags of the merges that the caller accepts; None for any merge.
        caller: The API key of the call.
        now: The time of the call.

    Raises:
        NotFound: No claim has this id, or it was not merged.
        OwnClaim: One of the claims is resolved, and the caller filed a claim or a report on one (R14b).
        PreconditionFailed: The merge has been changed since the caller read it.
        MergeCycle: Because of later changes, relays would form a cycle on one of the claims (R7).
        GroupResolved: One of the claims would be true, although another claim of its group is true (R3).
    """
    with db.write() as session:
        claim, target, merge = lock_merge(session, claim_id)
        check_rights(claim, target, caller)
        check_match(_describe(merge), if_match)
        outlets = reporting_outlets(target)
        with updating_sums(session, [claim, target]):
            claim.merged_into_id = None
            merge.undone_at, merge.undone_by = now, caller.key_id
            return_rows(session, claim, target, merge.moved)
        for each in (claim, target):
            check_result(session, each)
        invalidate_scores(session, cache, outlets, now=now)


def get_claim_merge(db: Database, claim_id: UUID) -> ClaimMergeView:
    """Return the merge in effect of a claim into another one.

    Raises:
        NotFound: No claim has this id, or it was not merged.
    """
    with db.read() as session:
        return _describe(require_merge(session, claim_id))


def _describe(merge: ClaimMerge) -> ClaimMergeView:
    return ClaimMergeView(merge.claim_id, merge.into_id, merge.recorded_at)
