"""Check the rules for merging outlets and undoing merges (R22)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import MergeChain, MergeCycle, OutletMerged, OwnClaim
from service.methods.claim import positions
from service.outlets.find import ancestors
from service.outlets.merge_sums import merged_claim, names_outlet
from service.outlets.positions import ReportedClaim, read_claims
from service.storage.models import Claim, Outlet, Report
from service.storage.predicates import is_among
from service.values.vocabulary import Caller, Scope


def check_parent(session: Session, outlet: Outlet) -> None:
    """Check that undoing the merge of an outlet does not make it its own ancestor."""
    if outlet.parent is not None and outlet.id in ancestors(session, outlet.parent):
        raise MergeCycle(
            f"You tried to undo a merge, but without it {outlet.slug!r} would be its own ancestor, because its parent "
            f"{outlet.parent.slug!r} is below it. Change the parent of one of them first."
        )


def check_merge(session: Session, outlet: Outlet, into: Outlet) -> None:
    """Check that an outlet can be merged into another one. `change_of_sums` checks for cycles of relays."""
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
        raise MergeCycle(
            f"You tried to merge {outlet.slug!r} into {into.slug!r}, which is the same outlet or below it. Merge into "
            f"another outlet, or change the parent of {into.slug!r} first."
        )


def check_own(session: Session, outlet: Outlet, target: Outlet, caller: Caller) -> None:
    """Check that a key may merge two outlets or undo their merge (R14b).

    Call it while the outlets are not merged.

    Raises:
        OwnClaim: The key lacks the scope `resolutions:own`, and the merge changes a stance on a resolved claim that the
            key filed or has a report on.
    """
    if Scope.RESOLUTIONS_OWN in caller.scopes:
        return
    filed = sa.or_(Report.filed_by == caller.key_id, Claim.filed_by == caller.key_id)
    shared = sa.select(Report.claim_id).join(Claim).where(names_outlet(outlet), names_outlet(target), filed).distinct()
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
    joint = positions(merged_claim(claim, outlet, target).reports, claim.facts.known_at).get(target.id)
    alone = (apart[each.id].scored for each in (outlet, target) if each.id in apart)
    return joint is not None and any(scored not in (None, joint.scored) for scored in alone)
