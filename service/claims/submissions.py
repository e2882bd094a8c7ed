"""Submissions from the public forms: store them for editors, show their state, and delete old ones."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import secrets
from typing import TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.describe_submissions import LOADED, claims_of, describe_state
from service.claims.load import load_claim
from service.claims.reply import check_reported
from service.claims.submission_views import SubmissionState
from service.errors import NotFound, NothingToDispute, TooManySubmissions
from service.outlets.find import require_outlet
from service.storage.db import Database, retried
from service.storage.facts import standing_resolution
from service.storage.locks import lock_name
from service.storage.models import Submission
from service.values.vocabulary import SubmissionKind, SubmissionStatus

PER_DAY = 5
"""The maximum number of submissions from one address in a day."""
MAX_PENDING = 500
"""The maximum number of pending submissions."""
DAY = dt.timedelta(days=1)
KEPT = dt.timedelta(days=90)
"""A pending submission is deleted this long after it was sent, and a refused one after its refusal."""
_SECRET_BYTES = 24


class NewSubmission(TypedDict):
    """The parsed fields of a public form."""

    text: str
    links: list[str]
    email: str | None


@retried
def submit_dispute(db: Database, claim_id: UUID, *, submission: NewSubmission, sender: str, now: dt.datetime) -> str:
    """Store a dispute over a claim's current resolution, for an editor to accept or refuse.

    Args:
        db: The database.
        claim_id: The id of the claim.
        submission: The fields of the form.
        sender: The keyed hash of the sender's address.
        now: The time of the call.

    Returns:
        The secret of the link that shows the state of the submission.

    Raises:
        NotFound: No claim has this id.
        ClaimMerged: The claim was merged into another one.
        NothingToDispute: The claim has no resolution in effect.
        TooManySubmissions: The address has sent five submissions within a day, or 500 are pending.
    """
    with db.write() as session:
        if (resolution := standing_resolution(load_claim(session, claim_id))) is None:
            raise NothingToDispute(
                f"You tried to dispute the claim {claim_id}, which has no result in effect. Dispute it once it is "
                "resolved."
            )
        row = Submission(kind=SubmissionKind.DISPUTE, resolution_id=resolution.id, **submission)
        return _store(session, row, sender=sender, now=now)


@retried
def submit_reply(
    db: Database,
    reference: str,
    *,
    claim: UUID | None,
    submission: NewSubmission,
    sender: str,
    now: dt.datetime,
) -> str:
    """Store a reply in the name of an outlet, for an editor to verify and accept, or refuse.

    Args:
        db: The database.
        reference: The slug or id of the outlet.
        claim: The id of the claim that the reply is about; None for the whole record.
        submission: The fields of the form.
        sender: The keyed hash of the sender's address.
        now: The time of the call.

    Returns:
        The secret of the link that shows the state of the submission.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: The outlet was merged into another one.
        InvalidBody: The claim is unknown, or the outlet has not reported it.
        TooManySubmissions: The address has sent five submissions within a day, or 500 are pending.
    """
    with db.write() as session:
        outlet = require_outlet(session, reference)
        claim_id = None if claim is None else check_reported(session, outlet, claim)
        row = Submission(kind=SubmissionKind.REPLY, outlet_id=outlet.id, claim_id=claim_id, **submission)
        return _store(session, row, sender=sender, now=now)


def get_submission(db: Database, secret: str) -> SubmissionState:
    """Return the state of a submission for its sender, who has the secret of its link.

    Raises:
        NotFound: No submission has this secret.
    """
    rows = sa.select(Submission).where(Submission.digest == _digest(secret)).options(*LOADED)
    with db.read() as session:
        if (found := session.scalar(rows)) is None:
            raise NotFound(
                f"No submission has this link. The link may be incomplete, or the submission was deleted {KEPT.days} "
                "days after it was sent or refused."
            )
        return describe_state(found, claims_of(session, [found]))


def prune_submissions(db: Database, *, now: dt.datetime) -> None:
    """Delete submissions pending or refused for 90 days, and the hashes of senders after one day."""
    row, too_old = Submission, now - KEPT
    expired = sa.or_(
        (row.status == SubmissionStatus.PENDING) & (row.recorded_at <= too_old),
        (row.status == SubmissionStatus.REFUSED) & (row.decided_at <= too_old),
    )
    known = row.sender.is_not(None) & (row.recorded_at <= now - DAY)
    with db.read() as session:
        is_due = session.scalar(sa.select(sa.exists().where(expired | known)))
    if is_due:
        with db.write() as session:
            session.execute(sa.delete(row).where(expired))
            session.execute(sa.update(row).where(known).values(sender=None))


def _store(session: Session, row: Submission, *, sender: str, now: dt.datetime) -> str:
    """Store a submission if it exceeds no limit, and return the secret of its link."""
    lock_name(session, "submissions")  # concurrent submissions could together exceed a limit
    _check_limits(session, sender, now=now)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    row.status, row.digest, row.sender, row.recorded_at = SubmissionStatus.PENDING, _digest(secret), sender, now
    session.add(row)
    return secret


def _check_limits(session: Session, sender: str, *, now: dt.datetime) -> None:
    sent = sa.select(Submission.recorded_at).where(Submission.sender == sender, Submission.recorded_at > now - DAY)
    times = session.scalars(sent.order_by(Submission.recorded_at.desc()).limit(PER_DAY)).all()
    if len(times) == PER_DAY:
        raise TooManySubmissions(
            f"You have sent {PER_DAY} disputes and replies within a day, which is the limit for one address. Send this "
            "one tomorrow.",
            retry_after=max(1, math.ceil((times[-1] + DAY - now).total_seconds())),
        )
    waiting = sa.select(sa.func.count()).where(Submission.status == SubmissionStatus.PENDING)
    if session.scalars(waiting).one() >= MAX_PENDING:
        raise TooManySubmissions(
            f"{MAX_PENDING} disputes and replies are waiting for an editor, which is the limit. Send this one in a "
            "few days.",
            retry_after=int(DAY.total_seconds()),
        )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
