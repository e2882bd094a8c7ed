"""Build the views of submissions from loaded rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.claims.describe import describe_dispute, describe_reply
from service.claims.submission_views import PendingView, SubmissionState
from service.storage.facts import surviving_outlet
from service.storage.models import Claim, Dispute, Reply, Submission
from service.storage.predicates import counts_as
from service.values.documents import members_of

LOADED = (
    selectinload(Submission.resolution),
    selectinload(Submission.outlet),
    selectinload(Submission.dispute).selectinload(Dispute.resolution),
    selectinload(Submission.reply).selectinload(Reply.outlet),
)
"""The loader options for all rows that the view of a submission needs."""


def describe_submissions(session: Session, submissions: Sequence[Submission]) -> list[PendingView]:
    """Return the views of submissions that were loaded with `LOADED`. One query reads all their claims."""
    claims = claims_of(session, submissions)
    return [_describe(one, claims) for one in submissions]


def claims_of(session: Session, submissions: Sequence[Submission]) -> dict[UUID | None, tuple[UUID, str]]:
    """Return, for each claim that submissions refer to, its id after merges and its text."""
    named = {_claim_id(one) for one in submissions} - {None}
    rows = sa.select(Claim.id, counts_as(Claim), Claim.text).where(Claim.id.in_(named))
    return {id_: (counted, text) for id_, counted, text in session.execute(rows)} if named else {}


def describe_state(one: Submission, claims: Mapping[UUID | None, tuple[UUID, str]]) -> SubmissionState:
    """Return the state of a submission for its sender; `claims` is the result of `claims_of`."""
    outlet = None if one.outlet is None else surviving_outlet(one.outlet)
    claim, text = claims.get(_claim_id(one), (None, "" if outlet is None else outlet.name))
    return SubmissionState(
        kind=one.kind,
        status=one.status,
        about=text,
        claim=claim,
        outlet=None if outlet is None else outlet.slug,
        refusal=one.refusal,
        decided_at=one.decided_at,
        recorded_at=one.recorded_at,
    )


def _describe(one: Submission, claims: Mapping[UUID | None, tuple[UUID, str]]) -> PendingView:
    return PendingView(
        **members_of(describe_state(one, claims)),
        id=one.id,
        resolution=one.resolution_id,
        text=one.text,
        links=one.links,
        email=one.email,
        dispute=None if one.dispute is None else describe_dispute(one.dispute, one.dispute.resolution),
        reply=None if one.reply is None else describe_reply(one.reply),
        decided_by=one.decided_by,
    )


def _claim_id(one: Submission) -> UUID | None:
    """Return the id of the claim of a submission; for a dispute, of the claim with the resolution."""
    return one.claim_id if one.resolution is None else one.resolution.claim_id
