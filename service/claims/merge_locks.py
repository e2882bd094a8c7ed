"""Load and lock the claims of a merge."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.load import WHOLE
from service.errors import InvalidBody, NotFound
from service.outlets.find import PLACES
from service.storage.db_errors import WriteConflict
from service.storage.locks import lock_name
from service.storage.models import Claim, ClaimMerge


def require_merge(session: Session, claim_id: UUID) -> ClaimMerge:
    """Return the merge in effect of a claim into another one.

    Raises:
        NotFound: No claim has this id, or it was not merged.
    """
    if (claim := session.get(Claim, claim_id)) is None:
        raise NotFound(f"No claim has the id {claim_id}. Find the id with GET /v1/claims.")
    if (merge := merge_of(session, claim)) is None:
        raise NotFound(f"The claim {claim_id} was not merged, so there is no merge to read or undo.")
    return merge


def merge_of(session: Session, claim: Claim) -> ClaimMerge | None:
    """Return the merge in effect of a claim into another one; None if it was not merged."""
    return session.scalar(sa.select(ClaimMerge).where(ClaimMerge.claim_id == claim.id, ClaimMerge.undone_at.is_(None)))


def lock_both(session: Session, claim_id: UUID, into: UUID) -> tuple[Claim, Claim]:
    """Lock two claims, and return them with their reports and resolutions.

    Raises:
        NotFound: No claim has the first id.
        InvalidBody: No claim has the second id.
    """
    lock_name(session, PLACES)  # blocks concurrent replies, and merges of outlets
    rows = sa.select(Claim).where(Claim.id.in_([claim_id, into]))
    session.execute(rows.with_only_columns(Claim.id).order_by(Claim.id).with_for_update()).all()
    found = session.scalars(rows.options(*WHOLE).execution_options(populate_existing=True)).all()
    by_id = {claim.id: claim for claim in found}
    if claim_id not in by_id:
        raise NotFound(f"No claim has the id {claim_id}. Find the id with GET /v1/claims.")
    if into not in by_id:
        detail = f"No claim has the id {into}. Find the id with GET /v1/claims."
        raise InvalidBody.at("/into", detail, "unknown-claim")
    return by_id[claim_id], by_id[into]


def lock_merge(session: Session, claim_id: UUID) -> tuple[Claim, Claim, ClaimMerge]:
    """Lock a merged claim and its target, and return them with their merge."""
    claim, target = lock_both(session, claim_id, require_merge(session, claim_id).into_id)
    merge = require_merge(session, claim_id)  # the first one may have been undone before the lock
    if merge.into_id != target.id:
        raise WriteConflict("The claim was merged into another one in the meantime.")
    return claim, target, merge
