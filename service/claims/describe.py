"""A claim with its reports and resolutions: load it, lock it, and build the views of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, selectinload

from service.claims.discussion import DisputeView, ReplyView, WithdrawalView, describe_disputes, is_disputed, replies_on
from service.errors import GroupResolved, NotFound
from service.methods.provenance import Filed, independent_roots
from service.outlets.find import topmost_parents
from service.storage.db import lock_name
from service.storage.models import Claim, Report, Resolution, Withdrawal
from service.storage.models.words import RedactionNote
from service.storage.versions import members_of
from service.values.vocabulary import ClaimKind, ClaimStatus, Role, Stance, Verdict

WHOLE = (
    selectinload(Claim.reports).options(
        selectinload(Report.outlet), selectinload(Report.cited), selectinload(Report.withdrawal)
    ),
    selectinload(Claim.resolutions).selectinload(Resolution.disputes),
)
"""The loader options of a claim that avoid one query per row."""
_OTHER = aliased(Resolution)  # created once, because an alias costs more than the rest of the statement


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


def load_claim(session: Session, claim_id: UUID, *, lock: bool = False) -> Claim:
    """Return a claim with its reports and resolutions; with `lock`, locked until the transaction ends.

    Raises:
        NotFound: No claim has this id.
    """
    rows = sa.select(Claim).where(Claim.id == claim_id)
    if lock:
        # Lock before reading the rest, so that the read includes the commit of the previous writer.
        session.execute(sa.select(Claim.id).where(Claim.id == claim_id).with_for_update())
    if (claim := session.scalar(rows.options(*WHOLE))) is None:
        raise _not_on_record(claim_id)
    return claim


def require_claim(session: Session, claim_id: UUID) -> None:
    """Check that a claim is on record.

    Raises:
        NotFound: No claim has this id.
    """
    if session.get(Claim, claim_id) is None:
        raise _not_on_record(claim_id)


def _not_on_record(claim_id: UUID) -> NotFound:
    return NotFound(f"No claim with the id {claim_id} is on record. Find its id with GET /v1/claims.")


def newest_resolution(claim: Claim) -> Resolution | None:
    """Return the newest resolution of a claim, which may be a withdrawal."""
    return claim.resolutions[-1] if claim.resolutions else None


def standing_resolution(claim: Claim) -> Resolution | None:
    """Return the resolution in effect, or None while the claim is open or reopened (R11)."""
    newest = newest_resolution(claim)
    return newest if newest is not None and newest.verdict is not None else None


def stands(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return whether a claim's newest resolution meets a condition; false for a claim without a resolution."""
    # One look into an index for each claim. PostgreSQL may make a join of EXISTS, and with old statistics it compares
    # every claim with every resolution.
    return sa.func.coalesce(_newest(condition), sa.false())


def newest_id(moment: dt.datetime | None = None) -> sa.ScalarSelect[UUID]:
    """Return the id of a claim's newest resolution; of a past moment, of those that were on record then."""
    return _newest(Resolution.id, *([] if moment is None else [Resolution.recorded_at <= moment]))


def _newest(what: Any, *conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    rows = sa.select(what).select_from(Resolution).where(Resolution.claim_id == Claim.id, *conditions)
    return rows.order_by(Resolution.position.desc()).limit(1).correlate(Claim).scalar_subquery()


def is_newest() -> sa.ColumnElement[bool]:
    """Return whether a resolution is the newest of its claim."""
    last = sa.select(sa.func.max(_OTHER.position)).where(_OTHER.claim_id == Resolution.claim_id)
    return Resolution.position == last.correlate(Resolution).scalar_subquery()


def claim_status(claim: Claim, *, now: dt.datetime) -> ClaimStatus:
    """Return whether a claim is resolved, due (an event past its date, R15) or open."""
    if standing_resolution(claim) is not None:
        return ClaimStatus.RESOLVED
    if claim.kind is ClaimKind.EVENT and claim.resolves_by is not None and claim.resolves_by <= now:
        return ClaimStatus.DUE
    return ClaimStatus.OPEN


def reporting_outlets(claim: Claim) -> set[str]:
    """Return the slugs of the outlets whose scores depend on a claim."""
    return {report.outlet.surviving.slug for report in claim.reports}


def filers(claim: Claim) -> set[UUID | None]:
    """Return the ids of the keys that filed a claim or a report on it."""
    return {claim.filed_by, *(report.filed_by for report in claim.reports)}


def counting_reports(claim: Claim) -> list[Filed]:
    """Return the reports of a claim that are not withdrawn, as input for the provenance rules."""
    return [as_filed(report) for report in claim.reports if report.withdrawal is None]


def as_filed(report: Report) -> Filed:
    """Return a report as input for the provenance rules."""
    return Filed(
        id=report.id,
        outlet_id=report.outlet.surviving.id,
        stance=report.stance,
        published_at=report.published_at,
        recorded_at=report.recorded_at,
        relays=report.is_relay,
        cited_id=None if report.cited is None else report.cited.surviving.id,
        commitment=report.commitment,
        probability=report.probability,
    )


def check_group(session: Session, claim: Claim) -> None:
    """Check that a claim may be true: at most one claim of its group is (R3).

    Raises:
        GroupResolved: Another claim of the group is true.
    """
    if claim.group is None:
        return
    # Two concurrent transactions could otherwise each resolve one claim of the group as true.
    lock_name(session, f"group {claim.group}")
    session.flush()
    true_one = session.scalar(
        sa.select(Claim.id)
        .join(Resolution, Resolution.claim_id == Claim.id)
        .where(
            Claim.group == claim.group,
            Claim.id != claim.id,
            Resolution.verdict == Verdict.TRUE,
            is_newest(),
        )
    )
    if true_one is not None:
        raise GroupResolved(
            f"The claim {claim.id} cannot be true, because the claim {true_one} of the same group {claim.group!r} is. "
            "If that one is wrong, correct its resolution first."
        )


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
