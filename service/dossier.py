"""A claim with everything filed under it: loaded, locked, and described as an answer shows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, selectinload

from service.db import lock_name
from service.errors import GroupResolved, NotFound
from service.models import Claim, Report, Resolution, Withdrawal
from service.provenance import Filed, independent_roots
from service.register import topmost_parents
from service.talk import describe_disputes, is_disputed, replies_on
from service.vocabulary import ClaimKind, ClaimStatus, Verdict

WHOLE = (
    selectinload(Claim.reports).options(
        selectinload(Report.outlet), selectinload(Report.cited), selectinload(Report.withdrawal)
    ),
    selectinload(Claim.resolutions).selectinload(Resolution.disputes),
)
"""What to load with a claim, so that nothing is fetched row by row afterwards."""
_LATER = aliased(Resolution)  # made once: it costs more than to put a question together


def load_claim(session: Session, claim_id: UUID, *, lock: bool = False) -> Claim:
    """A claim with its reports and resolutions; with `lock`, for as long as the transaction lasts.

    Raises:
        NotFound: There is no such claim.
    """
    rows = sa.select(Claim).where(Claim.id == claim_id)
    if lock:
        # Taken before the rest is read, so that what is read is what the writer before us left.
        session.execute(sa.select(Claim.id).where(Claim.id == claim_id).with_for_update())
    if (claim := session.scalar(rows.options(*WHOLE))) is None:
        raise _not_on_record(claim_id)
    return claim


def require_claim(session: Session, claim_id: UUID) -> None:
    """Make sure that a claim is on record.

    Raises:
        NotFound: It is not.
    """
    if session.get(Claim, claim_id) is None:
        raise _not_on_record(claim_id)


def _not_on_record(claim_id: UUID) -> NotFound:
    return NotFound(f"No claim {claim_id} is on record.")


def newest_resolution(claim: Claim) -> Resolution | None:
    """The last of a claim's resolutions, be it one that withdraws."""
    return claim.resolutions[-1] if claim.resolutions else None


def standing_resolution(claim: Claim) -> Resolution | None:
    """The resolution that stands; None while the claim is open, or open again (R11)."""
    newest = newest_resolution(claim)
    return newest if newest is not None and newest.verdict is not None else None


def stands(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether a claim's newest resolution meets a condition."""
    return sa.exists().where(Resolution.claim_id == Claim.id, is_newest(), condition)


def is_newest(moment: dt.datetime | None = None) -> sa.ColumnElement[bool]:
    """Whether no resolution supersedes this one; or none had at a past moment, as far as they were on record then."""
    later = _LATER.supersedes_id == Resolution.id
    return ~sa.exists().where(later if moment is None else later & (_LATER.recorded_at <= moment))


def claim_status(claim: Claim, *, now: dt.datetime) -> ClaimStatus:
    """Resolved, due (an event past its date, R15), or open."""
    if standing_resolution(claim) is not None:
        return ClaimStatus.RESOLVED
    if claim.kind is ClaimKind.EVENT and claim.resolves_by is not None and claim.resolves_by <= now:
        return ClaimStatus.DUE
    return ClaimStatus.OPEN


def reporting_outlets(claim: Claim) -> set[str]:
    """The slugs of the outlets whose scores a claim can move."""
    return {report.outlet.surviving.slug for report in claim.reports}


def filers(claim: Claim) -> set[UUID | None]:
    """The keys that filed a claim or a report on it."""
    return {claim.filed_by, *(report.filed_by for report in claim.reports)}


def counting_reports(claim: Claim) -> list[Filed]:
    """The reports of a claim that were not withdrawn, as the rules of provenance look at them."""
    return [as_filed(report) for report in claim.reports if report.withdrawal is None]


def as_filed(report: Report) -> Filed:
    """A report as the rules of provenance look at it."""
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
    """Make sure that a claim can be true: at most one of its group is (R3).

    Raises:
        GroupResolved: Another one is.
    """
    if claim.group is None:
        return
    # Two claims of the group could be resolved at once, each unseen by the other.
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
            f"The claim {true_one} of the group {claim.group!r} is true, so the claim {claim.id} cannot be."
        )


def describe_claim(session: Session, claim: Claim, *, now: dt.datetime) -> dict[str, Any]:
    """A claim with its reports, its resolution, how many independent roots it has (R8), and what is said of it."""
    return summarise_claim(claim, now=now) | {
        "independent_roots": count_roots(session, [claim])[claim.id],
        "reports": [describe_report(report, claim) for report in claim.reports],
        "disputes": describe_disputes(claim.resolutions),
        "replies": replies_on(session, claim.id),
    }


def count_roots(session: Session, claims: Sequence[Claim]) -> dict[UUID, int]:
    """How many independent roots each claim has (R8), for all of them by one statement."""
    filed = {claim.id: counting_reports(claim) for claim in claims}
    ends = {end for reports in filed.values() for report in reports for end in (report.outlet_id, report.cited_id)}
    topmost = topmost_parents(session, ends - {None})
    return {claim_id: independent_roots(reports, topmost) for claim_id, reports in filed.items()}


def summarise_claim(claim: Claim, *, now: dt.datetime) -> dict[str, Any]:
    """A claim as lists show it, without its reports."""
    standing = standing_resolution(claim)
    return {
        "id": claim.id,
        "text": claim.text,
        "kind": claim.kind,
        "topic": claim.topic,
        "tags": claim.tags,
        "resolves_by": claim.resolves_by,
        "group": claim.group,
        "external_id": claim.external_id,
        "recorded_at": claim.recorded_at,
        "status": claim_status(claim, now=now),
        "resolution": None if standing is None else describe_resolution(standing),
        "disputed": is_disputed(standing),
        "redacted": claim.redacted or [],
    }


def describe_report(report: Report, claim: Claim) -> dict[str, Any]:
    """A report as sent, with what the record adds to it."""
    filed = as_filed(report)
    standing = standing_resolution(claim)
    return {
        "id": report.id,
        "claim": claim.id,
        "outlet": report.outlet.surviving.slug,
        "stance": report.stance,
        "commitment": report.commitment,
        "commitment_source": _commitment_source(report),
        "probability": report.probability,
        "published_at": report.published_at,
        "url": report.url,
        "quote": report.quote,
        "relays": _describe_relay(report) if filed.is_relay else None,
        "role": filed.role,
        "after_known": filed.is_after(None if standing is None else standing.known_at),
        "backfilled": filed.backfilled,
        "withdrawn": _describe_withdrawal(report.withdrawal),
        "recorded_at": report.recorded_at,
        "redacted": report.redacted or [],
    }


def describe_resolution(resolution: Resolution) -> dict[str, Any]:
    """A resolution; `truth` only where the verdict is `partial`, as it was sent."""
    return {
        "id": resolution.id,
        "claim": resolution.claim_id,
        "verdict": resolution.verdict,
        "truth": resolution.truth if resolution.verdict is Verdict.PARTIAL else None,
        "known_at": resolution.known_at,
        "evidence": resolution.evidence,
        "note": resolution.note,
        "supersedes": resolution.supersedes_id,
        "recorded_at": resolution.recorded_at,
        "redacted": resolution.redacted or [],
    }


def describe_resolutions(resolutions: Sequence[Resolution]) -> list[dict[str, Any]]:
    """All the resolutions of a claim, in the order given."""
    return [describe_resolution(resolution) for resolution in resolutions]


def _describe_withdrawal(withdrawal: Withdrawal | None) -> dict[str, Any] | None:
    return None if withdrawal is None else {"reason": withdrawal.reason, "recorded_at": withdrawal.recorded_at}


def _commitment_source(report: Report) -> str | None:
    if report.commitment is None:
        return None
    return "stated" if report.lexicon is None else "lexicon"


def _describe_relay(report: Report) -> dict[str, Any]:
    return {"outlet": None if report.cited is None else report.cited.surviving.slug, "cited_as": report.cited_as}
