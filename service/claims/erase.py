"""Erase redacted members of rows, and their copies in other rows."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.journal import renew_salt
from service.storage.models import Claim, Dispute, Reply, Report, Resolution, Version, Withdrawal

REDACTED = "[redacted]"
"""The replacement for an erased text that must not be empty."""


Subject = Claim | Report | Resolution | Dispute | Reply


def erase_member(session: Session, row: Subject, member: str) -> None:
    """Erase the content of a redacted member of a row, and its copies in other rows."""
    match row:
        case Claim() if member == "reviews":
            _erase_reviews(session, row)
        case Claim():
            _erase_text(session, row)
        case Report() if member == "reason":
            _erase_withdrawal(session, row)
        case Report():
            setattr(row, member, None)
            _erase_from_versions(session, row.id, member, None)
        case Resolution() if member == "note":
            row.note = REDACTED
        case Resolution():
            row.evidence = []
            row.note = row.note or REDACTED  # one of the two is required (R12)
        case Dispute() if member == "reason":
            row.reason = REDACTED
            row.closing_reason = row.closing_reason and REDACTED
        case Dispute():
            row.evidence = []
        case Reply():
            _erase_from_reply(row, member)


def _erase_from_reply(reply: Reply, member: str) -> None:
    match member:
        case "text":
            reply.text = REDACTED
        case "url":
            reply.url = None
        case "verified":
            reply.verified = reply.verified and REDACTED
        case "reason":
            reply.withdrawal_reason = reply.withdrawal_reason and REDACTED


def _erase_reviews(session: Session, claim: Claim) -> None:
    """Erase the reviews of a claim, including those that a merge moved to another claim."""
    claim.reviews = None
    if claim.merged_into_id is not None:
        target = session.get_one(Claim, claim.merged_into_id, with_for_update=True)
        target.reviews = [note for note in target.reviews or [] if note.get("merged_from") != str(claim.id)] or None
        renew_salt(session, target)


def _erase_text(session: Session, claim: Claim) -> None:
    """Erase the text of a claim and of its earlier versions."""
    claim.text = REDACTED
    _erase_from_versions(session, claim.id, "text", REDACTED)


def _erase_from_versions(session: Session, subject: UUID, member: str, replacement: str | None) -> None:
    """Replace a member in the earlier versions of a claim or a report."""
    for version in session.scalars(sa.select(Version).where(Version.subject_id == subject)):
        if member in version.content:
            version.content = {**version.content, member: replacement}
            renew_salt(session, version)


def _erase_withdrawal(session: Session, report: Report) -> None:
    """Erase the reason of the withdrawal of a report."""
    if (withdrawal := session.get(Withdrawal, report.id)) is not None:
        withdrawal.reason = REDACTED
        renew_salt(session, withdrawal)
