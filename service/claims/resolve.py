"""Resolve claims, and correct or withdraw resolutions.

Resolutions are append-only, and the newest one is in effect (R11).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NotRequired, TypedDict
from uuid import UUID

from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.claims.load import check_group, load_claim
from service.claims.report_rules import Filing
from service.claims.views import ResolutionView, ResolutionWarning, WarnedResolution
from service.errors import AlreadyResolved, FieldError, InvalidBody, NothingToSupersede, OpinionUnresolved, OwnClaim
from service.outlets.sums import updating_sums
from service.storage.db import Database, retried
from service.storage.facts import counting_reports, filers, newest_resolution, reporting_outlets
from service.storage.models import Claim, Dispute, Resolution
from service.values.documents import members_of
from service.values.ids import new_id
from service.values.instants import end_of_day, format_instant, precision_of
from service.values.vocabulary import Caller, ClaimKind, Precision, Scope, Verdict

_TRUTH = {Verdict.TRUE: 1.0, Verdict.FALSE: 0.0}


class NewResolution(TypedDict):
    """A resolution as sent; without a verdict it withdraws the one that it supersedes."""

    verdict: Verdict | None
    truth: float | None
    known_at: dt.date | None
    """An instant, or a bare date for the end of its day (R6a)."""
    evidence: list[str]
    note: str | None
    supersedes: UUID | None
    known_precision: NotRequired[Precision]
    """The precision of `known_at`; sent only in a line of an export, where `known_at` is an instant."""


@retried
def resolve_claim(
    db: Database, cache: ScoreCache, claim_id: UUID, *, resolution: NewResolution, caller: Caller, now: dt.datetime
) -> ResolutionView:
    """Resolve a claim, or correct or withdraw its resolution, and invalidate the scores of its outlets.

    Returns:
        The resolution; a `WarnedResolution` if the answer was known before all reports, so that none counts.

    Raises:
        NotFound: No claim has this id.
        InvalidBody: Truth, evidence or `known_at` break a rule (R12, R13).
        OwnClaim: The caller filed the claim or a report on it, and lacks the scope to resolve its own (R14).
        Conflict: The claim is an opinion (R1), merged or resolved (R11), or another claim of its group is true (R3).
    """
    with db.write() as session:
        claim = load_claim(session, claim_id, lock=True)
        appended = new_resolution(session, claim, resolution, caller=caller, now=now)
        with updating_sums(session, [claim]):
            append_resolution(claim, appended)
        invalidate_scores(session, cache, reporting_outlets(claim), now=now)
        warnings = warnings_about(claim, appended)
    view = describe_resolution(appended)
    return WarnedResolution(**members_of(view), warnings=warnings) if warnings else view


def new_resolution(
    session: Session,
    claim: Claim,
    given: NewResolution,
    *,
    filings: Iterable[Filing] = (),
    caller: Caller,
    now: dt.datetime,
) -> Resolution:
    """Check the rules, and return a new resolution without adding it to the claim.

    Args:
        session: The session.
        claim: The claim, loaded and locked.
        given: The resolution as sent.
        filings: The reports that the same line of an import adds to the claim.
        caller: The API key of the call.
        now: The time of the call.

    Raises:
        As `resolve_claim`.
    """
    newest = _check_new(session, claim, given, filings, caller=caller, now=now)
    known_at, known_precision = _known(given, newest, now=now)
    return Resolution(
        id=new_id(),
        claim_id=claim.id,
        position=1 if newest is None else newest.position + 1,
        supersedes_id=None if newest is None else newest.id,
        verdict=given["verdict"],
        truth=_truth(given),
        known_at=known_at,
        known_precision=known_precision,
        evidence=given["evidence"],
        note=given["note"],
        resolved_by=caller.key_id,
        recorded_at=now,
        disputes=[],
    )


def _check_new(
    session: Session, claim: Claim, given: NewResolution, filings: Iterable[Filing], *, caller: Caller, now: dt.datetime
) -> Resolution | None:
    """Check all rules of a new resolution, and return the one that it supersedes, if any."""
    check_resolution(given, now=now)
    _refuse_opinion(claim)
    check_own(claim, caller, filings)
    newest = _check_chain(claim, given)
    if given["verdict"] is Verdict.TRUE:
        check_group(session, claim)
    return newest


def _refuse_opinion(claim: Claim) -> None:
    if claim.kind is ClaimKind.OPINION:
        raise OpinionUnresolved(
            f"The claim {claim.id} is an opinion, and opinions are never resolved. Resolve events and facts only."
        )


def _known(given: NewResolution, newest: Resolution | None, *, now: dt.datetime) -> tuple[dt.datetime, Precision]:
    """Return the time at which the answer was known, and its precision (R6a).

    If it was not sent, it is taken from the newest resolution; for a first resolution, it is the time of the call.
    """
    if (known_at := given["known_at"]) is not None:
        return end_of_day(known_at, now=now), given.get("known_precision") or precision_of(known_at)
    return (now, Precision.INSTANT) if newest is None else (newest.known_at, newest.known_precision)


def append_resolution(claim: Claim, resolution: Resolution) -> list[Dispute]:
    """Add a new resolution to its claim, and close the open disputes of the resolution before it.

    Returns:
        The closed disputes.
    """
    previous = newest_resolution(claim)
    disputes = [] if previous is None else [dispute for dispute in previous.disputes if dispute.closed_at is None]
    for dispute in disputes:
        dispute.closed_at, dispute.closed_by = resolution.recorded_at, resolution.resolved_by
        dispute.closing_resolution_id = resolution.id
    claim.resolutions.append(resolution)
    return disputes


def describe_resolution(resolution: Resolution) -> ResolutionView:
    """Return the view of a resolution."""
    return ResolutionView(
        id=resolution.id,
        claim=resolution.claim_id,
        verdict=resolution.verdict,
        truth=resolution.truth if resolution.verdict is Verdict.PARTIAL else None,
        known_at=resolution.known_at,
        known_precision=resolution.known_precision,
        evidence=resolution.evidence,
        note=resolution.note,
        supersedes=resolution.supersedes_id,
        recorded_at=resolution.recorded_at,
        redacted=resolution.redacted or [],
    )


def warnings_about(claim: Claim, resolution: Resolution) -> list[ResolutionWarning]:
    """Return a warning if the answer was known before all reports, so that none of them counts (R6a)."""
    filed = counting_reports(claim)
    relevant = [report for report in filed if report.stance.takes_side] or filed
    if resolution.verdict is None or not relevant or not all(one.is_after(resolution.known_at) for one in relevant):
        return []
    first = min(report.published_at for report in relevant)
    detail = (
        f"The answer was known at {format_instant(resolution.known_at)}, and the first report of the claim is from "
        f"{format_instant(first)}, so no report counts. If that is a mistake, send the right known_at in a resolution "
        "that supersedes this one."
    )
    return [ResolutionWarning("known-before-reports", detail)]


def _truth(given: NewResolution) -> float | None:
    """Return the truth of a verdict, 0..1, or None for a verdict that is not scored."""
    if given["verdict"] is None or not given["verdict"].scores:
        return None
    return _TRUTH.get(given["verdict"], given["truth"])


def check_resolution(given: NewResolution, *, now: dt.datetime) -> None:
    """Check the members of a resolution (R12, R13).

    Raises:
        InvalidBody: The resolution breaks a rule; `errors` names all places.
    """
    errors: list[FieldError] = []
    verdict, truth, known_at = given["verdict"], given["truth"], given["known_at"]
    if verdict is Verdict.PARTIAL and truth is None:
        detail = "A partial verdict needs a truth between 0 and 1."
        errors.append(FieldError(pointer="/truth", detail=detail, code="required"))
    if verdict is not Verdict.PARTIAL and truth is not None:
        detail = "Only a partial verdict has a truth. Leave it out."
        errors.append(FieldError(pointer="/truth", detail=detail, code="unexpected"))
    if truth is not None and not 0 < truth < 1:
        errors.append(FieldError(pointer="/truth", detail="Must be more than 0 and less than 1.", code="range"))
    if verdict is not None and verdict.scores and not given["evidence"] and not given["note"]:
        detail = "Needs at least one URL of evidence, or a note that describes the evidence."
        errors.append(FieldError(pointer="/evidence", detail=detail, code="required"))
    if known_at is not None and end_of_day(known_at, now=now) > now:
        errors.append(FieldError(pointer="/known_at", detail="Lies in the future. Send a past moment.", code="future"))
    if errors:
        raise InvalidBody(
            "The resolution breaks a rule of the record, and nothing was recorded. Correct the members listed in "
            "errors.",
            errors=errors,
        )


def check_own(claim: Claim, caller: Caller, filings: Iterable[Filing] = ()) -> None:
    """Check that a key may resolve a claim, or change the record of a resolved one (R14, R14b).

    Args:
        claim: The claim.
        caller: The API key of the call.
        filings: Reports that are about to be added to the claim.

    Raises:
        OwnClaim: The key filed the claim or a report on it, and lacks the scope `resolutions:own`.
    """
    filed_by = filers(claim) | {filing.report.filed_by for filing in filings if filing.is_new}
    if caller.key_id in filed_by and Scope.RESOLUTIONS_OWN not in caller.scopes:
        raise own_claim(claim.id)


def own_claim(claim_id: UUID) -> OwnClaim:
    """Return the error for a key without `resolutions:own` that filed the claim or a report on it."""
    return OwnClaim(
        f"This key filed the claim {claim_id} or a report on it, and lacks the scope resolutions:own. Use another "
        "key with the scope resolutions:write."
    )


def _check_chain(claim: Claim, given: NewResolution) -> Resolution | None:
    """Check that a new resolution supersedes the newest one, and return that one, if any (R11).

    After a withdrawal, `supersedes` may be left out: a verdict then supersedes the withdrawal.
    """
    newest = newest_resolution(claim)
    if newest is None:
        if given["supersedes"] is not None or given["verdict"] is None:
            raise NothingToSupersede(
                f"The claim {claim.id} has no resolution to withdraw or supersede. Send a verdict and no supersedes."
            )
        return None
    if given["supersedes"] == newest.id:
        return newest
    if newest.verdict is None and given["supersedes"] is None:
        if given["verdict"] is None:
            raise NothingToSupersede(
                f"You tried to withdraw the resolution of the claim {claim.id}, but {newest.id} has already withdrawn "
                "it. Send a verdict to resolve the claim again."
            )
        return newest
    raise AlreadyResolved(
        f"The newest resolution of the claim {claim.id} is {newest.id}, and a new one must supersede it. To correct or "
        "withdraw it, send its id as supersedes."
    )
