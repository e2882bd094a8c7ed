"""Redact members of the record where the law demands it: the text is erased, its author and date are kept.

The ledger stays valid, because it holds salted hashes of the text only, and the salt is renewed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_all_scores
from service.cache.score_cache import ScoreCache
from service.errors import FieldError, InvalidBody
from service.storage.db import Database, retried
from service.storage.journal import renew_salt
from service.storage.models import (
    Claim,
    Dispute,
    Redaction,
    Reply,
    Report,
    Resolution,
    StoredResponse,
    Version,
    Withdrawal,
)
from service.storage.models.columns import RedactionNote
from service.values.instants import format_instant
from service.values.vocabulary import Caller

REDACTED = "[redacted]"
"""The replacement of a text that cannot be empty."""

Subject = Claim | Report | Resolution | Dispute | Reply

_SUBJECTS: tuple[type[Subject], ...] = (Claim, Report, Resolution, Dispute, Reply)
_FETCHED = 500


class RedactionRequest(TypedDict):
    """A redaction as sent."""

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
        InvalidBody: No such row is on record, or one of the members cannot be redacted.
    """
    members = list(dict.fromkeys(members))
    with db.write() as session, session.no_autoflush:
        row = _find(session, subject)
        _check_members(row, members)
        for member in members:
            _ERASERS[type(row)][member](session, row)
        notes = [RedactionNote(member=member, reason=reason, recorded_at=format_instant(now)) for member in members]
        row.redacted = [*(note for note in row.redacted or () if note["member"] not in members), *notes]
        renew_salt(session, row)
        _delete_stored_responses(session, subject)
        redaction = Redaction(
            subject_id=subject, members=members, reason=reason, redacted_by=caller.key_id, recorded_at=now
        )
        session.add(redaction)
        invalidate_all_scores(session, cache, now=now)  # some show the reply of their outlet
    return RedactionView(redaction.id, subject, members, reason, now)


def _find(session: Session, subject: UUID) -> Subject:
    for kind in _SUBJECTS:
        row: Any = session.get(kind, subject, with_for_update=True)
        if isinstance(row, kind):
            return row
    detail = "No claim, report, resolution, dispute or reply with this id is on record. Send the id of one of these."
    raise InvalidBody.at("/subject", detail, "unknown")


def _check_members(row: Subject, members: Sequence[str]) -> None:
    known = _ERASERS[type(row)]
    detail = f"This member cannot be redacted here. Send some of: {', '.join(sorted(known))}."
    errors = [
        FieldError(pointer=f"/members/{index}", detail=detail, code="invalid")
        for index, member in enumerate(members)
        if member not in known
    ]
    if errors:
        raise InvalidBody(
            "Some of the members cannot be redacted, and nothing was. Correct the members listed in errors.",
            errors=errors,
        )


def _delete_stored_responses(session: Session, subject: UUID) -> None:
    """Delete the responses stored for idempotency keys that may contain the text."""
    named = str(subject).encode()
    for kept in session.scalars(sa.select(StoredResponse), execution_options={"yield_per": _FETCHED}):
        if named in kept.body:
            session.delete(kept)


def _set(**values: object) -> Callable[[Session, Any], None]:
    def erase(_session: Session, row: Any) -> None:
        for name, value in values.items():
            setattr(row, name, value)

    return erase


def _erase_text(session: Session, claim: Any) -> None:
    """Erase the text of a claim and of its earlier versions."""
    claim.text = REDACTED
    for version in session.scalars(sa.select(Version).where(Version.subject_id == claim.id)):
        version.content = {**version.content, "text": REDACTED}
        renew_salt(session, version)


def _erase_withdrawal(session: Session, report: Any) -> None:
    """Erase the reason of the withdrawal of a report."""
    if (withdrawal := session.get(Withdrawal, report.id)) is not None:
        withdrawal.reason = REDACTED
        renew_salt(session, withdrawal)


def _erase_evidence(_session: Session, resolution: Any) -> None:
    """Erase the evidence of a resolution, which needs a note without it (R12)."""
    resolution.evidence = []
    resolution.note = resolution.note or REDACTED


def _erase_reasons(_session: Session, dispute: Any) -> None:
    dispute.reason = REDACTED
    dispute.closing_reason = dispute.closing_reason and REDACTED


def _erase_reply_reason(_session: Session, reply: Any) -> None:
    reply.withdrawal_reason = reply.withdrawal_reason and REDACTED


_ERASERS: Mapping[type[Subject], Mapping[str, Callable[[Session, Any], None]]] = {
    Claim: {"text": _erase_text},
    Report: {
        "url": _set(url=None),
        "quote": _set(quote=None),
        "cited_as": _set(cited_as=None),
        "reason": _erase_withdrawal,
    },
    Resolution: {"note": _set(note=REDACTED), "evidence": _erase_evidence},
    Dispute: {"reason": _erase_reasons, "evidence": _set(evidence=[])},
    Reply: {"text": _set(text=REDACTED), "url": _set(url=None), "reason": _erase_reply_reason},
}
