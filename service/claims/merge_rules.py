"""Check the rules of merges of claims (R22a)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.load import check_group
from service.claims.resolve import check_own
from service.errors import ClaimMerged, ClaimsContradict, MergeChain, MergeCycle
from service.methods.relays import relay_cycle
from service.storage.facts import counting_reports, standing_resolution
from service.storage.models import Claim, Resolution
from service.values.vocabulary import Caller, ClaimKind, Verdict


def check_rights(claim: Claim, target: Claim, caller: Caller) -> None:
    """Check that a key may merge two claims, or undo their merge.

    Raises:
        OwnClaim: One of the claims is resolved, and the key filed either of them, or a report on it, and lacks
            `resolutions:own` (R14b).
    """
    if any(standing_resolution(each) is not None for each in (claim, target)):
        check_own(claim, caller)
        check_own(target, caller)


def check_free(session: Session, claim: Claim, target: Claim) -> None:
    """Check that two claims differ, that neither was merged, and that none was merged into the first."""
    if claim.merged_into_id is not None:
        raise ClaimMerged.of(claim.id, into=claim.merged_into_id)
    if claim is target:
        raise MergeCycle(
            f"You tried to merge the claim {claim.id} into itself. Send the id of another claim as `into`."
        )
    if target.merged_into_id is not None:
        raise MergeChain(
            f"You tried to merge into the claim {target.id}, which was itself merged into {target.merged_into_id}. "
            f"Merge into {target.merged_into_id} instead."
        )
    if (other := session.scalar(sa.select(Claim.id).where(Claim.merged_into_id == claim.id).limit(1))) is not None:
        raise MergeChain(
            f"You tried to merge the claim {claim.id}, which is the target of the merge of {other}. Undo that "
            "merge first."
        )


def check_agreement(claim: Claim, target: Claim) -> None:
    """Check that the kinds and verdicts of two claims agree, and that a merge replaces no open dispute."""
    if (claim.kind is ClaimKind.OPINION) is not (target.kind is ClaimKind.OPINION):
        raise ClaimsContradict(
            f"You tried to merge the claims {claim.id} and {target.id}, but only one of them is an opinion. Merge "
            "opinions only with opinions."
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
            f"The merge would replace the resolution {replaced.id} of the claim {claim.id}, which is disputed. "
            "Close the dispute first."
        )


def check_result(session: Session, claim: Claim) -> None:
    """Check the rules of groups and relays on a claim after a merge, or its undoing (R3, R7)."""
    in_effect = standing_resolution(claim)
    if in_effect is not None and in_effect.verdict is Verdict.TRUE:
        check_group(session, claim)
    if relay_cycle(counting_reports(claim)):
        raise MergeCycle(
            f"The relays on the claim {claim.id} would form a cycle without an own report. Withdraw one of them first."
        )


def _verdict(resolution: Resolution) -> str:
    partial = resolution.verdict is Verdict.PARTIAL
    return f"{resolution.verdict} ({resolution.truth})" if partial else str(resolution.verdict)
