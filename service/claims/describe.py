"""A claim with its reports and resolutions: load it, lock it, and build the views of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from service.claims.discussion import DisputeView, ReplyView, WithdrawalView, describe_disputes, is_disputed, replies_on
from service.methods.provenance import independent_roots
from service.outlets.find import topmost_parents
from service.storage.facts import as_filed, counting_reports, standing_resolution
from service.storage.models import Claim, Report, Resolution, Withdrawal
from service.storage.models.columns import RedactionNote
from service.values.documents import members_of
from service.values.vocabulary import ClaimKind, ClaimStatus, Role, Stance, Verdict


@dataclass(frozen=True, slots=True)
class ResolutionView:
    """A resolution of a claim."""

    id: UUID
    claim: UUID
    verdict: Verdict | None
    """None for a withdrawal."""
    truth: float | None
    """The truth as sent, for a `partial` verdict only."""
    known_at: dt.datetime
    evidence: list[str]
    note: str | None
    supersedes: UUID | None
    recorded_at: dt.datetime
    redacted: list[RedactionNote]


@dataclass(frozen=True, slots=True)
class RelayView:
    """The source that a relay cites."""

    outlet: str | None
    """The slug of the cited outlet; None for an unknown source."""
    cited_as: str | None


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report as sent, with the members that the record adds."""

    id: UUID
    claim: UUID
    outlet: str
    stance: Stance
    commitment: int | None
    commitment_source: str | None
    probability: float | None
    published_at: dt.datetime
    url: str | None
    quote: str | None
    relays: RelayView | None
    role: Role
    after_known: bool
    backfilled: bool
    withdrawn: WithdrawalView | None
    recorded_at: dt.datetime
    redacted: list[RedactionNote]


@dataclass(frozen=True, slots=True)
class ListedClaim:
    """A claim as lists show it, without its reports."""

    id: UUID
    text: str
    kind: ClaimKind
    topic: str | None
    tags: list[str]
    resolves_by: dt.datetime | None
    group: str | None
    external_id: str | None
    recorded_at: dt.datetime
    status: ClaimStatus
    resolution: ResolutionView | None
    """The resolution in effect."""
    disputed: bool
    redacted: list[RedactionNote]


@dataclass(frozen=True, slots=True)
class ClaimView(ListedClaim):
    """A claim with its reports, disputes and replies."""

    independent_roots: int
    reports: list[ReportView]
    disputes: list[DisputeView]
    replies: list[ReplyView]


def claim_status(claim: Claim, *, now: dt.datetime) -> ClaimStatus:
    """Return whether a claim is resolved, due (an event past its date, R15) or open."""
    if standing_resolution(claim) is not None:
        return ClaimStatus.RESOLVED
    if claim.kind is ClaimKind.EVENT and claim.resolves_by is not None and claim.resolves_by <= now:
        return ClaimStatus.DUE
    return ClaimStatus.OPEN


def describe_claim(session: Session, claim: Claim, *, now: dt.datetime) -> ClaimView:
    """Return the view of a claim that is loaded with its reports and resolutions."""
    return ClaimView(
        **members_of(summarise_claim(claim, now=now)),
        independent_roots=count_roots(session, [claim])[claim.id],
        reports=[describe_report(report, claim) for report in claim.reports],
        disputes=describe_disputes(claim.resolutions),
        replies=replies_on(session, claim.id),
    )


def count_roots(session: Session, claims: Sequence[Claim]) -> dict[UUID, int]:
    """Return the number of independent roots (R8) of each claim, in one query for all of them."""
    filed = {claim.id: counting_reports(claim) for claim in claims}
    ends = {end for reports in filed.values() for report in reports for end in (report.outlet_id, report.cited_id)}
    topmost = topmost_parents(session, ends - {None})
    return {claim_id: independent_roots(reports, topmost) for claim_id, reports in filed.items()}


def summarise_claim(claim: Claim, *, now: dt.datetime) -> ListedClaim:
    """Return a claim as lists show it, without its reports."""
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
        status=claim_status(claim, now=now),
        resolution=None if in_effect is None else describe_resolution(in_effect),
        disputed=is_disputed(in_effect),
        redacted=claim.redacted or [],
    )


def describe_report(report: Report, claim: Claim) -> ReportView:
    """Return the view of a report on a claim that is loaded with its resolutions."""
    filed = as_filed(report)
    in_effect = standing_resolution(claim)
    return ReportView(
        id=report.id,
        claim=claim.id,
        outlet=report.outlet.surviving.slug,
        stance=report.stance,
        commitment=report.commitment,
        commitment_source=_commitment_source(report),
        probability=report.probability,
        published_at=report.published_at,
        url=report.url,
        quote=report.quote,
        relays=_describe_relay(report) if filed.is_relay else None,
        role=filed.role,
        after_known=filed.is_after(None if in_effect is None else in_effect.known_at),
        backfilled=filed.backfilled,
        withdrawn=_describe_withdrawal(report.withdrawal),
        recorded_at=report.recorded_at,
        redacted=report.redacted or [],
    )


def describe_resolution(resolution: Resolution) -> ResolutionView:
    """Return the view of a resolution."""
    return ResolutionView(
        id=resolution.id,
        claim=resolution.claim_id,
        verdict=resolution.verdict,
        truth=resolution.truth if resolution.verdict is Verdict.PARTIAL else None,
        known_at=resolution.known_at,
        evidence=resolution.evidence,
        note=resolution.note,
        supersedes=resolution.supersedes_id,
        recorded_at=resolution.recorded_at,
        redacted=resolution.redacted or [],
    )


def describe_resolutions(resolutions: Sequence[Resolution]) -> list[ResolutionView]:
    """Return the views of some resolutions, in the order given."""
    return [describe_resolution(resolution) for resolution in resolutions]


def _describe_withdrawal(withdrawal: Withdrawal | None) -> WithdrawalView | None:
    return None if withdrawal is None else WithdrawalView(withdrawal.reason, withdrawal.recorded_at)


def _commitment_source(report: Report) -> str | None:
    if report.commitment is None:
        return None
    return "stated" if report.lexicon is None else "lexicon"


def _describe_relay(report: Report) -> RelayView:
    return RelayView(None if report.cited is None else report.cited.surviving.slug, report.cited_as)
