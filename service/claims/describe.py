"""Build the views of claims, reports, resolutions, disputes and replies from loaded rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import cache
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, selectinload

from service.claims.resolve import describe_resolution
from service.claims.views import (
    ClaimView,
    ClosureView,
    DisputeView,
    ListedClaim,
    RelayView,
    ReplyView,
    ReportView,
    WithdrawalView,
)
from service.methods.claim import Roots, independent_roots
from service.storage.facts import as_filed, counting_reports, sided_reports, standing_resolution, surviving_outlet
from service.storage.models import Claim, Dispute, Outlet, Reply, Report, Resolution, Withdrawal
from service.storage.predicates import counts_as, is_among, is_reported
from service.values.documents import members_of
from service.values.names import text_key
from service.values.vocabulary import ClaimKind, ClaimStatus, DisputeStatus

_SIMILAR = 5
_RECORDED = aliased(Claim)
_SAME = (_RECORDED.text_key == sa.bindparam("new_text_key")) & (_RECORDED.id != sa.bindparam("new_id"))
_OTHERS = sa.select(sa.cast(_RECORDED.id, sa.String).label("id")).where(_SAME, _RECORDED.merged_into_id.is_(None))
_OLDEST = _OTHERS.order_by(_RECORDED.id).limit(_SIMILAR).subquery()
SAME_TEXT = sa.select(sa.func.aggregate_strings(_OLDEST.c.id, ",")).scalar_subquery()
"""A subquery for the ids of the oldest other claims with the normalised text of a new claim."""
_REPLIES = sa.select(Reply).order_by(Reply.id).options(selectinload(Reply.outlet))


def describe_claim(session: Session, claim: Claim, *, now: dt.datetime) -> ClaimView:
    """Return the view of a claim that is loaded with its reports and resolutions."""
    similar = _similar_claims(session, claim)
    return _claim_view(claim, count_roots(session, [claim])[claim.id], replies_on(session, claim.id), similar, now=now)


def describe_new_claim(session: Session, claim: Claim, same_text: str | None, *, now: dt.datetime) -> ClaimView:
    """Return the view of a claim that was just recorded; `same_text` is the result of `SAME_TEXT`."""
    similar = [] if same_text is None else sorted(map(UUID, same_text.split(",")))
    return _claim_view(claim, count_roots(session, [claim])[claim.id], [], similar[:_SIMILAR], now=now)


def describe_claims(session: Session, claims: Sequence[Claim], *, now: dt.datetime) -> list[ClaimView]:
    """Return the views of claims that are loaded with their reports and resolutions.

    The number of SQL statements does not depend on the number of claims.
    """
    roots = count_roots(session, claims)
    named = is_among(session, Reply.claim_id, [claim.id for claim in claims])
    replies: dict[UUID | None, list[ReplyView]] = {}
    for reply in session.scalars(_REPLIES.where(named)):
        replies.setdefault(reply.claim_id, []).append(describe_reply(reply))
    same = _claims_by_text(session, [claim for claim in claims if not claim.redacted])
    return [
        _claim_view(
            claim,
            roots[claim.id],
            replies.get(claim.id, []),
            [] if claim.redacted else _others(claim, same.get(text_key(claim.text), ())),
            now=now,
        )
        for claim in claims
    ]


def _claim_view(
    claim: Claim, roots: Roots, replies: list[ReplyView], similar: list[UUID], *, now: dt.datetime
) -> ClaimView:
    return ClaimView(
        **members_of(summarise_claim(claim, has_side=bool(sided_reports(claim)), now=now)),
        independent_roots=roots.together,
        roots=roots,
        reports=[describe_report(report, claim) for report in claim.reports],
        reviews=claim.reviews or [],
        disputes=describe_disputes(claim.resolutions),
        replies=replies,
        similar=similar,
    )


def _similar_claims(session: Session, claim: Claim) -> list[UUID]:
    """Return the ids of the oldest other claims with the same normalised text; none if it is redacted."""
    if claim.redacted:
        return []
    same = Claim.text_key == text_key(claim.text), Claim.merged_into_id.is_(None)
    return _others(claim, session.scalars(sa.select(Claim.id).where(*same).order_by(Claim.id).limit(_SIMILAR + 1)))


def _claims_by_text(session: Session, claims: Iterable[Claim]) -> dict[str, list[UUID]]:
    """Return the ids of the oldest claims with the texts of these claims, by normalised text."""
    keys = {text_key(claim.text) for claim in claims}
    place = sa.func.row_number().over(partition_by=Claim.text_key, order_by=Claim.id)
    numbered = sa.select(Claim.text_key, Claim.id, place.label("place")).where(is_among(session, Claim.text_key, keys))
    oldest = numbered.where(Claim.merged_into_id.is_(None)).subquery()
    found: dict[str, list[UUID]] = {}
    for key, claim_id, _ in session.execute(sa.select(oldest).where(oldest.c.place <= _SIMILAR + 1).order_by("id")):
        found.setdefault(key, []).append(claim_id)
    return found


def _others(claim: Claim, same: Iterable[UUID]) -> list[UUID]:
    return [claim_id for claim_id in same if claim_id != claim.id][:_SIMILAR]


def summarise_claims(session: Session, claims: Sequence[Claim], *, now: dt.datetime) -> list[ListedClaim]:
    """Return the short views of claims for lists. The claims must be loaded with their resolutions."""
    overdue = [claim.id for claim in claims if _is_overdue(claim, now=now)]
    chosen = sa.select(Claim.id).where(Claim.id.in_(overdue), is_reported())
    reported = set(session.scalars(chosen)) if overdue else set()
    return [summarise_claim(claim, has_side=claim.id in reported, now=now) for claim in claims]


def summarise_claim(claim: Claim, *, has_side: bool, now: dt.datetime) -> ListedClaim:
    """Return the short view of a claim for lists; `has_side` says whether a report counts (R15)."""
    in_effect = standing_resolution(claim)
    return ListedClaim(
        id=claim.id,
        text=claim.text,
        kind=claim.kind,
        topic=claim.topic,
        tags=claim.tags,
        resolves_by=claim.resolves_by,
        group=claim.group,
        external_id=claim.external_id,
        recorded_at=claim.recorded_at,
        status=_status(claim, has_side=has_side, now=now),
        not_due_because="no-report-counts" if _is_overdue(claim, now=now) and not has_side else None,
        resolution=None if in_effect is None else describe_resolution(in_effect),
        supersedes=claim.resolutions[-1].id if claim.resolutions else None,
        disputed=is_disputed(in_effect),
        redacted=claim.redacted or [],
    )


def _status(claim: Claim, *, has_side: bool, now: dt.datetime) -> ClaimStatus:
    if claim.kind is ClaimKind.OPINION:
        return ClaimStatus.OPINION
    if standing_resolution(claim) is not None:
        return ClaimStatus.RESOLVED
    return ClaimStatus.DUE if has_side and _is_overdue(claim, now=now) else ClaimStatus.OPEN


def _is_overdue(claim: Claim, *, now: dt.datetime) -> bool:
    """Return whether a claim is an event past its due date without a resolution in effect (R15)."""
    is_past = claim.kind is ClaimKind.EVENT and claim.resolves_by is not None and claim.resolves_by <= now
    return is_past and standing_resolution(claim) is None


def count_roots(session: Session, claims: Sequence[Claim]) -> dict[UUID, Roots]:
    """Return the numbers of independent roots of claims (R8) by claim id, with at most one query."""
    by_claim = {claim.id: (counting_reports(claim), standing_resolution(claim)) for claim in claims}
    outlets = {outlet for claim in claims for report in claim.reports for outlet in (report.outlet, report.cited)}
    named = [surviving_outlet(outlet) for outlet in outlets if outlet is not None]
    topmost = {outlet.id: outlet.id for outlet in named}
    if owned := {outlet.id for outlet in named if outlet.parent_id is not None}:
        topmost |= topmost_parents(session, owned)
    return {
        claim_id: independent_roots(filed, None if found is None else found.known_at, topmost)
        for claim_id, (filed, found) in by_claim.items()
    }


def topmost_parents(session: Session, outlets: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the id of the topmost parent of each outlet; the outlet's own id if it has no parent."""
    return dict(session.execute(_topmost_statement(), {"outlets": list(set(outlets))}).all())


@cache
def _topmost_statement() -> sa.Select[UUID, UUID]:
    start = sa.select(Outlet.id.label("below"), Outlet.id, Outlet.parent_id)
    climb = start.where(Outlet.id.in_(sa.bindparam("outlets", expanding=True))).cte("climb", recursive=True)
    parent = aliased(Outlet)
    climb = climb.union_all(
        sa.select(climb.c.below, Outlet.id, Outlet.parent_id)
        .join(parent, parent.id == climb.c.parent_id)
        .join(Outlet, Outlet.id == counts_as(parent))
    )
    return sa.select(climb.c.below, climb.c.id).where(climb.c.parent_id.is_(None))


def describe_report(report: Report, claim: Claim) -> ReportView:
    """Return the view of a report on a claim that is loaded with its resolutions."""
    filed = as_filed(report)
    in_effect = standing_resolution(claim)
    return ReportView(
        id=report.id,
        claim=claim.id,
        outlet=surviving_outlet(report.outlet).slug,
        stance=report.stance,
        stance_source=report.stance_source,
        commitment=report.commitment,
        commitment_source=_commitment_source(report),
        probability=report.probability,
        published_at=report.published_at,
        published_precision=report.published_precision,
        url=report.url,
        quote=report.quote,
        relays=_describe_relay(report) if filed.is_relay else None,
        role=filed.role,
        after_known=filed.is_after(None if in_effect is None else in_effect.known_at),
        backfilled=filed.backfilled,
        withdrawn=_describe_withdrawal(report.withdrawal),
        recorded_at=report.recorded_at,
        corrected_at=report.corrected_at,
        redacted=report.redacted or [],
    )


def describe_disputes(resolutions: Iterable[Resolution]) -> list[DisputeView]:
    """Return the views of all disputes of some resolutions, in the order of the resolutions."""
    return [describe_dispute(dispute, resolution) for resolution in resolutions for dispute in resolution.disputes]


def describe_dispute(dispute: Dispute, resolution: Resolution) -> DisputeView:
    """Return the view of a dispute over a resolution."""
    return DisputeView(
        id=dispute.id,
        claim=resolution.claim_id,
        resolution=resolution.id,
        status=DisputeStatus.OPEN if dispute.closed_at is None else DisputeStatus.CLOSED,
        reason=dispute.reason,
        evidence=dispute.evidence,
        via=dispute.via,
        closure=None
        if dispute.closed_at is None
        else ClosureView(dispute.closing_reason, dispute.closing_resolution_id, dispute.closed_at),
        recorded_at=dispute.recorded_at,
        redacted=dispute.redacted or [],
    )


def describe_reply(reply: Reply) -> ReplyView:
    """Return the view of a reply that is loaded with its outlet."""
    return ReplyView(
        id=reply.id,
        outlet=surviving_outlet(reply.outlet).slug,
        claim=reply.claim_id,
        text=reply.text,
        url=reply.url,
        via=reply.via,
        verified=reply.verified,
        withdrawn=None if reply.withdrawn_at is None else WithdrawalView(reply.withdrawal_reason, reply.withdrawn_at),
        recorded_at=reply.recorded_at,
        redacted=reply.redacted or [],
    )


def is_disputed(resolution: Resolution | None) -> bool:
    """Return whether a resolution has an open dispute; False without a resolution."""
    return resolution is not None and any(dispute.closed_at is None for dispute in resolution.disputes)


def replies_on(session: Session, claim_id: UUID) -> list[ReplyView]:
    """Return the replies to a claim, the oldest first."""
    return [describe_reply(reply) for reply in session.scalars(_REPLIES.where(Reply.claim_id == claim_id))]


def _describe_withdrawal(withdrawal: Withdrawal | None) -> WithdrawalView | None:
    return None if withdrawal is None else WithdrawalView(withdrawal.reason, withdrawal.recorded_at)


def _commitment_source(report: Report) -> str | None:
    if report.commitment is None:
        return None
    return "stated" if report.lexicon is None else "lexicon"


def _describe_relay(report: Report) -> RelayView:
    return RelayView(None if report.cited is None else surviving_outlet(report.cited).slug, report.cited_as)
