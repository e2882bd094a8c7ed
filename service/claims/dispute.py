"""File and close disputes of resolutions. A dispute changes no verdict; only a new resolution does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set as AbstractSet
from typing import TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.claims.describe import describe_dispute
from service.claims.load import load_claim
from service.claims.views import DisputeView
from service.errors import AlreadyDisputed, DisputeClosed, NotFound, NothingToDispute, OwnDispute
from service.outlets.sums import lock_outlets
from service.storage.db import Database, retried
from service.storage.db_errors import WriteConflict
from service.storage.facts import filers, reporting_outlets, standing_resolution
from service.storage.models import Claim, Dispute, Resolution
from service.values.ids import new_id
from service.values.vocabulary import Caller, Scope, Via


class NewDispute(TypedDict):
    """A dispute as sent."""

    reason: str
    evidence: list[str]


@retried
def dispute_resolution(
    db: Database,
    cache: ScoreCache,
    claim_id: UUID,
    *,
    reason: str,
    evidence: list[str],
    caller: Caller,
    now: dt.datetime,
) -> tuple[DisputeView, bool]:
    """Dispute the resolution in effect of a claim.

    Scores do not change, but the number of disputed claims shown with them does.

    Returns:
        The dispute, and whether it is new. If the key has sent the same dispute before and it is still open, that one
        is returned.

    Raises:
        NotFound: No claim has this id.
        ClaimMerged: The claim was merged into another one.
        NothingToDispute: The claim has no resolution in effect.
        AlreadyDisputed: The caller has an open dispute over the resolution with a different reason or other evidence.
    """
    with db.write() as session:
        claim = load_claim(session, claim_id, lock=True)
        if (resolution := standing_resolution(claim)) is None:
            raise NothingToDispute(
                f"You tried to dispute the claim {claim_id}, which has no resolution in effect. Dispute it once it is "
                "resolved."
            )
        if (known := _open_dispute(resolution, caller)) is not None:
            if (known.reason, known.evidence) != (reason, evidence):
                raise AlreadyDisputed(
                    f"Your key already has an open dispute {known.id} of the resolution {resolution.id}. Send a new "
                    "one once that dispute is closed."
                )
            return describe_dispute(known, resolution), False
        dispute = Dispute(reason=reason, evidence=evidence, filed_by=caller.key_id, via=Via.API)
        add_dispute(session, cache, claim, dispute, now=now)
    return describe_dispute(dispute, resolution), True


def add_dispute(session: Session, cache: ScoreCache, claim: Claim, dispute: Dispute, *, now: dt.datetime) -> None:
    """Add a new dispute to the resolution in effect of a locked claim."""
    dispute.id, dispute.recorded_at = new_id(), now
    claim.resolutions[-1].disputes.append(dispute)
    lock_outlets(session, [claim])
    invalidate_scores(session, cache, reporting_outlets(claim), now=now)


@retried
def close_dispute(
    db: Database, cache: ScoreCache, dispute_id: UUID, *, reason: str, caller: Caller, now: dt.datetime
) -> DisputeView:
    """Close a dispute with a public reason. The resolution stays in effect.

    Raises:
        NotFound: No dispute has this id.
        OwnDispute: The caller is a party to the dispute, and lacks the scope to close it (R14).
        DisputeClosed: The dispute is already closed.
    """
    with db.write() as session:
        claim, dispute = _load(session, dispute_id)
        resolution = next(each for each in claim.resolutions if each.id == dispute.resolution_id)
        if is_party(claim, {dispute.filed_by, resolution.resolved_by}, caller):
            raise OwnDispute(
                f"Your key is a party to the dispute {dispute_id} and lacks the scope resolutions:own. Close it with "
                "another key."
            )
        if dispute.closed_at is not None:
            raise DisputeClosed(
                f"You tried to close the dispute {dispute_id}, which is already closed. If the resolution is still "
                "wrong, file a new dispute."
            )
        dispute.closed_at, dispute.closed_by, dispute.closing_reason = now, caller.key_id, reason
        lock_outlets(session, [claim])
        invalidate_scores(session, cache, reporting_outlets(claim), now=now)
    return describe_dispute(dispute, resolution)


def is_party(claim: Claim, keys: AbstractSet[UUID | None], caller: Caller) -> bool:
    """Return whether a key is a party to a dispute and lacks the scope to end it (R14).

    Args:
        claim: The claim of the dispute.
        keys: The keys that filed the dispute, or made the disputed resolution.
        caller: The API key of the call.
    """
    return caller.key_id in filers(claim) | keys and Scope.RESOLUTIONS_OWN not in caller.scopes


def _open_dispute(resolution: Resolution, caller: Caller) -> Dispute | None:
    """Return the open dispute that a key filed over a resolution; None if there is none."""
    own = (dispute for dispute in resolution.disputes if dispute.filed_by == caller.key_id)
    return next((dispute for dispute in own if dispute.closed_at is None), None)


def _load(session: Session, dispute_id: UUID) -> tuple[Claim, Dispute]:
    """Lock the claim of a dispute, and return the claim and the dispute.

    Raises:
        NotFound: No dispute has this id.
    """
    claims = sa.select(Resolution.claim_id).join(Dispute, Dispute.resolution_id == Resolution.id)
    if (claim_id := session.scalar(claims.where(Dispute.id == dispute_id))) is None:
        raise NotFound(f"No dispute has the id {dispute_id}. Find the id with GET /v1/disputes.")
    claim = load_claim(session, claim_id, lock=True)
    disputes = (dispute for resolution in claim.resolutions for dispute in resolution.disputes)
    if (found := next((dispute for dispute in disputes if dispute.id == dispute_id), None)) is None:
        raise WriteConflict("The claim of the dispute was merged, or its merge was undone.")
    return claim, found
