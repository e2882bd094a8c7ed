"""Accept and refuse submissions from the public forms."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.score_cache import ScoreCache
from service.claims.describe_submissions import LOADED, describe_submissions
from service.claims.dispute import add_dispute, is_party
from service.claims.load import WHOLE, load_claim
from service.claims.pending import check_scope
from service.claims.reply import add_reply, check_reported
from service.claims.submission_views import PendingView
from service.errors import AlreadyDecided, ClaimMerged, InvalidBody, NotFound, OwnDispute, SubmissionOutdated
from service.outlets.find import PLACES
from service.storage.db import Database, retried
from service.storage.db_errors import WriteConflict
from service.storage.facts import newest_resolution, surviving_outlet
from service.storage.locks import lock_name
from service.storage.models import Claim, Dispute, Reply, Submission
from service.values.vocabulary import Caller, SubmissionKind, SubmissionStatus, Via


@retried
def accept_pending(
    db: Database, cache: ScoreCache, submission_id: UUID, *, verified: str | None, caller: Caller, now: dt.datetime
) -> PendingView:
    """Accept a submission from a public form, and record it as a dispute or a reply without an API key.

    Args:
        db: The database.
        cache: The score cache, in which scores that show the dispute or the reply are invalidated.
        submission_id: The id of the submission.
        verified: A description of how the caller verified that the outlet sent the reply; None for a dispute.
        caller: The API key of the call.
        now: The time of the call.

    Raises:
        NotFound: No submission has this id.
        Forbidden: The caller lacks the scope for submissions of this kind.
        AlreadyDecided: The submission was already accepted or refused.
        InvalidBody: A reply lacks `verified`, or a dispute has it.
        SubmissionOutdated: The disputed resolution is no longer in effect, or the outlet has no report on the claim.
    """
    with db.write() as session:
        submission = _load(session, submission_id, caller)
        if submission.kind is SubmissionKind.REPLY:
            submission.reply = _add_reply(session, cache, submission, verified=verified, now=now)
        elif verified is not None:
            raise InvalidBody.at("/verified", "Only replies are verified. Leave it out for a dispute.", "unexpected")
        else:
            submission.dispute = _add_dispute(session, cache, submission, now=now)
        _decide(submission, SubmissionStatus.ACCEPTED, caller, now=now)
        submission.text, submission.links = None, []  # each text is stored only once, so that a redaction removes it
        session.flush()
        [view] = describe_submissions(session, [submission])
    return view


@retried
def refuse_pending(db: Database, submission_id: UUID, *, reason: str, caller: Caller, now: dt.datetime) -> PendingView:
    """Refuse a submission from a public form, and store the reason for its sender.

    The submission is not published, and is deleted after 90 days.

    Raises:
        NotFound: No submission has this id.
        Forbidden: The caller lacks the scope for submissions of this kind.
        OwnDispute: The caller is a party to the dispute, and lacks the scope to refuse it (R14).
        AlreadyDecided: The submission was already accepted or refused.
    """
    with db.write() as session:
        submission = _load(session, submission_id, caller, refuses=True)
        submission.refusal = reason
        _decide(submission, SubmissionStatus.REFUSED, caller, now=now)
        [view] = describe_submissions(session, [submission])
    return view


def _load(session: Session, submission_id: UUID, caller: Caller, *, refuses: bool = False) -> Submission:
    """Lock a pending submission, check that the caller may accept or refuse it, and return it."""
    rows = sa.select(Submission).where(Submission.id == submission_id)
    if (found := session.scalar(rows.options(*LOADED).with_for_update())) is None:
        raise NotFound(
            f"No submission has the id {submission_id}; it may have been deleted after 90 days. List the others "
            "with GET /v1/pending."
        )
    check_scope(found.kind, caller)
    if refuses:
        _check_not_party(session, found, caller)
    if found.status is not SubmissionStatus.PENDING:
        raise AlreadyDecided(
            f"You tried to accept or refuse the submission {submission_id}, which was already {found.status}. The "
            "first decision is final."
        )
    return found


def _check_not_party(session: Session, submission: Submission, caller: Caller) -> None:
    """Check that the caller is not a party to the dispute in a submission (R14)."""
    if (disputed := submission.resolution) is None:
        return
    claim = session.scalars(sa.select(Claim).where(Claim.id == disputed.claim_id).options(*WHOLE)).one()
    newest = newest_resolution(claim) or disputed
    if is_party(claim, {disputed.resolved_by, newest.resolved_by}, caller):
        raise OwnDispute(
            f"Your key resolved the claim {claim.id}, or filed it or a report on it, and lacks the scope "
            "resolutions:own. Refuse the dispute with another key, or accept it."
        )


def _add_dispute(session: Session, cache: ScoreCache, submission: Submission, *, now: dt.datetime) -> Dispute:
    """Record an accepted submission as a dispute of its resolution."""
    assert submission.resolution is not None  # noqa: S101 - every dispute has one
    try:
        claim = load_claim(session, submission.resolution.claim_id, lock=True)
    except ClaimMerged as exc:
        raise WriteConflict("The claim of the dispute was merged, or its merge was undone.") from exc
    newest = newest_resolution(claim)
    if newest is None or newest.id != submission.resolution_id:
        raise SubmissionOutdated(
            f"You tried to accept a dispute of the resolution {submission.resolution_id}, which is no longer in "
            f"effect on the claim {claim.id}. Refuse it and give that reason; the sender can dispute the claim "
            "again."
        )
    dispute = Dispute(reason=submission.text, evidence=submission.links, via=Via.PUBLIC_FORM)
    add_dispute(session, cache, claim, dispute, now=now)
    return dispute


def _add_reply(
    session: Session, cache: ScoreCache, submission: Submission, *, verified: str | None, now: dt.datetime
) -> Reply:
    """Record a submission as a reply of its outlet or, after a merge, of the surviving one (R22)."""
    assert submission.outlet is not None  # noqa: S101 - every reply has one
    if verified is None:
        raise InvalidBody.at("/verified", "Describe how you verified that the outlet sent the reply.", "required")
    lock_name(session, PLACES)
    outlet = surviving_outlet(submission.outlet)
    try:
        claim_id = None if submission.claim_id is None else check_reported(session, outlet, submission.claim_id)
    except InvalidBody as exc:
        raise SubmissionOutdated(
            f"You tried to accept a reply of the outlet {outlet.slug!r} to a claim on which it no longer has a "
            "report. Refuse it and give that reason."
        ) from exc
    reply = Reply(outlet=outlet, claim_id=claim_id, text=submission.text, via=Via.PUBLIC_FORM, verified=verified)
    reply.url = next(iter(submission.links), None)
    add_reply(session, cache, reply, now=now)
    return reply


def _decide(submission: Submission, status: SubmissionStatus, caller: Caller, *, now: dt.datetime) -> None:
    submission.status, submission.decided_at, submission.decided_by = status, now, caller.key_id
    submission.email = None
