"""Redact members where the law demands it: the content is erased, but its author and date are kept.

The ledger stays valid, because it contains only salted hashes of the content, and the salt is renewed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_all_scores
from service.cache.score_cache import ScoreCache
from service.claims.erase import Subject, erase_member
from service.errors import FieldError, InvalidBody
from service.storage.db import Database, retried
from service.storage.journal import renew_salt
from service.storage.models import Claim, Dispute, Redaction, Reply, Report, Resolution, StoredResponse
from service.storage.models.columns import RedactionNote
from service.values.instants import format_instant
from service.values.vocabulary import Caller

_MEMBERS: Mapping[type[Subject], Sequence[str]] = {
    Claim: ["reviews", "text"],
    Report: ["cited_as", "quote", "reason", "url"],
    Resolution: ["evidence", "note"],
    Dispute: ["evidence", "reason"],
    Reply: ["reason", "text", "url", "verified"],
}
"""The members that can be redacted, by the type of their row."""
_FETCHED = 500


class RedactionRequest(TypedDict):
    """A redaction as requested: the id of a row, the names of its members to redact, and the reason."""

    subject: UUID
    members: list[str]
    reason: str


@dataclass(frozen=True, slots=True)
class RedactionView:
    """A redaction of members of a claim, report, resolution, dispute or reply."""

    id: UUID
    subject: UUID
    members: list[str]
    reason: str
    recorded_at: dt.datetime


@retried
def redact_members(
    db: Database,
    cache: ScoreCache,
    *,
    subject: UUID,
    members: Sequence[str],
    reason: str,
    caller: Caller,
    now: dt.datetime,
) -> RedactionView:
    """Redact members of a claim, report, resolution, dispute or reply, and of every stored copy.

    Raises:
        InvalidBody: No row has this id, or one of the members cannot be redacted.
    """
    members = list(dict.fromkeys(members))
    with db.write() as session, session.no_autoflush:
        row = _find(session, subject)
        _check_members(row, members)
        for member in members:
            erase_member(session, row, member)
        notes = [RedactionNote(member=member, reason=reason, recorded_at=format_instant(now)) for member in members]
        row.redacted = [*(note for note in row.redacted or () if note["member"] not in members), *notes]
        renew_salt(session, row)
        _delete_stored_responses(session, subject)
        redaction = Redaction(
            subject_id=subject, members=members, reason=reason, redacted_by=caller.key_id, recorded_at=now
        )
        session.add(redaction)
        invalidate_all_scores(session, cache, are_moved=False, now=now)  # because some of them show a reply
    return RedactionView(redaction.id, subject, members, reason, now)


def _find(session: Session, subject: UUID) -> Subject:
    for kind in _MEMBERS:
        row = session.get(kind, subject, with_for_update=True)
        if isinstance(row, Subject):
            return row
    detail = "No claim, report, resolution, dispute or reply has this id. Send the id of one of these."
    raise InvalidBody.at("/subject", detail, "unknown")


def _check_members(row: Subject, members: Sequence[str]) -> None:
    """Check that all members of a row can be redacted."""
    redactable = _MEMBERS[type(row)]
    detail = f"This member cannot be redacted here. Send some of: {', '.join(redactable)}."
    errors = [
        FieldError(pointer=f"/members/{index}", detail=detail, code="invalid")
        for index, member in enumerate(members)
        if member not in redactable
    ]
    if errors:
        raise InvalidBody(
            "You sent members that cannot be redacted, so nothing was. Correct the members listed in `errors`.",
            errors=errors,
        )


def _delete_stored_responses(session: Session, subject: UUID) -> None:
    """Delete the responses stored for idempotency keys that may contain the redacted content."""
    subject_id = str(subject).encode()
    for stored in session.scalars(sa.select(StoredResponse), execution_options={"yield_per": _FETCHED}):
        if subject_id in stored.body:
            session.delete(stored)
