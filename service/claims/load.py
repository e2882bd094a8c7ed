"""Load claims with their reports and resolutions, and lock them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from service.errors import ClaimMerged, GroupResolved, NotFound
from service.methods.claim import ORDER
from service.storage.locks import LOCKED_OUTLETS, lock_name
from service.storage.models import Claim, Outlet, Report, Resolution
from service.storage.predicates import is_newest
from service.values.vocabulary import Verdict

WHOLE = (
    selectinload(Claim.reports).options(
        selectinload(Report.outlet), selectinload(Report.cited), selectinload(Report.withdrawal)
    ),
    selectinload(Claim.resolutions).selectinload(Resolution.disputes),
)
"""The loader options that read whole claims with one query per table instead of one per row."""
# The statements are built only once, because building one takes as long as running it.
_CITED = aliased(Outlet)
_CLAIM = sa.select(Claim).where(Claim.id == sa.bindparam("id"))
_LOCKED_CLAIM = _CLAIM.with_for_update()
_REPORTS = (
    sa.select(Report, sa.exists().where(Resolution.claim_id == sa.bindparam("claim")).label("is_resolved"))
    .join(Report.outlet)
    .outerjoin(Report.cited.of_type(_CITED))
    .outerjoin(Report.withdrawal)
    .where(Report.claim_id == sa.bindparam("claim"))
    .options(
        contains_eager(Report.outlet),
        contains_eager(Report.cited.of_type(_CITED)),
        contains_eager(Report.withdrawal),
    )
)
_LOCKED_REPORTS = _REPORTS.order_by(Outlet.id).with_for_update(read=True, key_share=True, of=Outlet)
_RESOLUTIONS = (
    sa.select(Resolution)
    .where(Resolution.claim_id == sa.bindparam("claim"))
    .order_by(Resolution.position)
    .options(joinedload(Resolution.disputes))
)


def load_claim(session: Session, claim_id: UUID, *, lock: bool = False) -> Claim:
    """Return a claim with its reports and resolutions; with `lock`, locked until the transaction ends.

    Raises:
        NotFound: No claim has this id.
        ClaimMerged: The claim was merged into another one.
    """
    # The claim is locked before the rest is read, so that the read includes the commit of the previous writer.
    if (claim := session.scalar(_LOCKED_CLAIM if lock else _CLAIM, {"id": claim_id})) is None:
        raise _not_on_record(claim_id)
    _refuse_merged(claim)
    if "reports" not in claim.__dict__:
        _load_reports(session, claim, lock=lock)
    return claim


def _load_reports(session: Session, claim: Claim, *, lock: bool) -> None:
    """Load the reports of a claim, and its resolutions if it has any.

    With `lock`, the reporting outlets are locked too, so `lock_outlets` later has to lock only cited ones.
    """
    rows = session.execute(_LOCKED_REPORTS if lock else _REPORTS, {"claim": claim.id}).all()
    reports = sorted((report for report, _ in rows), key=ORDER)
    resolutions: Sequence[Resolution] = []
    if not rows or rows[0].is_resolved:
        resolutions = session.scalars(_RESOLUTIONS, {"claim": claim.id}).unique().all()
    set_committed_value(claim, "reports", reports)
    set_committed_value(claim, "resolutions", list(resolutions))
    if lock:
        session.info.setdefault(LOCKED_OUTLETS, set()).update(report.outlet_id for report in reports)


def require_claim(session: Session, claim_id: UUID) -> None:
    """Check that a claim exists and was not merged.

    Raises:
        NotFound: No claim has this id.
        ClaimMerged: The claim was merged into another one.
    """
    if (claim := session.get(Claim, claim_id)) is None:
        raise _not_on_record(claim_id)
    _refuse_merged(claim)


def surviving_claim(session: Session, claim: Claim) -> Claim:
    """Return a locked claim itself or, if it was merged, the claim that it was merged into (R22a)."""
    return claim if claim.merged_into_id is None else load_claim(session, claim.merged_into_id, lock=True)


def _refuse_merged(claim: Claim) -> None:
    if claim.merged_into_id is not None:
        raise ClaimMerged.of(claim.id, into=claim.merged_into_id)


def _not_on_record(claim_id: UUID) -> NotFound:
    return NotFound(f"No claim has the id {claim_id}. Find the id with GET /v1/claims.")


def check_group(session: Session, claim: Claim) -> None:
    """Check that a claim may be true, because no other claim of its group is (R3).

    Raises:
        GroupResolved: Another claim in the group is true.
    """
    if claim.group is None:
        return
    # Without this lock, two concurrent transactions could each resolve a claim of the group as true.
    lock_name(session, f"group {claim.group}")
    session.flush()
    if (other := true_rival(session, claim)) is not None:
        raise GroupResolved(
            f"The claim {claim.id} cannot be true, because the claim {other} of the same group {claim.group!r} is. "
            "If that one is wrong, correct its resolution first."
        )


def true_rival(session: Session, claim: Claim) -> UUID | None:
    """Return the id of another claim of the group that is true; None if there is none (R3)."""
    if claim.group is None:
        return None
    rivals = sa.select(Claim.id).join(Resolution, Resolution.claim_id == Claim.id)
    is_true = (Resolution.verdict == Verdict.TRUE) & is_newest()
    return session.scalar(rivals.where(Claim.group == claim.group, Claim.id != claim.id, is_true).limit(1))
