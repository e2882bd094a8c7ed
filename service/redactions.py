"""Take out of the record what the law demands: the words go; that there were some, who wrote them and when stays.

The ledger holds on, because it never had the words, only their hashes, and those can no longer be tried either.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache import ScoreCache
from service.db import Database, retried
from service.entries import renew_salt
from service.errors import FieldError, InvalidBody
from service.instants import format_instant
from service.models import Claim, Dispute, KeptAnswer, Redaction, Reply, Report, Resolution, Version, Withdrawal
from service.outbox import forget_all_scores
from service.vocabulary import Caller

REDACTED = "[redacted]"
"""Stands where a text cannot be missing."""

Subject = Claim | Report | Resolution | Dispute | Reply

_SUBJECTS: tuple[type[Subject], ...] = (Claim, Report, Resolution, Dispute, Reply)
_AT_ONCE = 500


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
) -> dict[str, Any]:
    """Take members out of a claim, report, resolution, dispute or reply, and out of every copy that is kept.

    Raises:
        InvalidBody: There is no such thing, or it has no such member that can be redacted.
    """
    members = list(dict.fromkeys(members))
    with db.write() as session, session.no_autoflush:
        row = _find(session, subject)
        _check_members(row, members)
        for member in members:
            _ERASERS[type(row)][member](session, row)
        noted = [{"member": member, "reason": reason, "recorded_at": format_instant(now)} for member in members]
        row.redacted = [*(note for note in row.redacted or () if note["member"] not in members), *noted]
        renew_salt(session, row)
        _drop_kept_answers(session, subject)
        redaction = Redaction(
            subject_id=subject, members=members, reason=reason, redacted_by=caller.key_id, recorded_at=now
        )
        session.add(redaction)
        forget_all_scores(session, cache, now=now)  # some show what their outlet replied
    described = {name: getattr(redaction, name) for name in ("id", "members", "reason", "recorded_at")}
    return {**described, "subject": subject}


def _find(session: Session, subject: UUID) -> Subject:
    for kind in _SUBJECTS:
        row: Any = session.get(kind, subject, with_for_update=True)
        if isinstance(row, kind):
            return row
    detail = "No claim, report, resolution, dispute or reply with this id is on record."
    raise InvalidBody.at("/subject", detail, "unknown")


def _check_members(row: Subject, members: Sequence[str]) -> None:
    known = _ERASERS[type(row)]
    detail = f"Of this only {', '.join(sorted(known))} can be redacted."
    errors = [
        FieldError(pointer=f"/members/{index}", detail=detail, code="invalid")
        for index, member in enumerate(members)
        if member not in known
    ]
    if errors:
        raise InvalidBody("Some of this cannot be redacted.", errors=errors)


def _drop_kept_answers(session: Session, subject: UUID) -> None:
    """Let go of the answers that could be given again with the words in them."""
    named = str(subject).encode()
    for kept in session.scalars(sa.select(KeptAnswer), execution_options={"yield_per": _AT_ONCE}):
        if named in kept.body:
            session.delete(kept)


def _set(**values: object) -> Callable[[Session, Any], None]:
    def erase(_session: Session, row: Any) -> None:
        for name, value in values.items():
            setattr(row, name, value)

    return erase


def _erase_text(session: Session, claim: Any) -> None:
    """The text of a claim, and what it said before it was changed."""
    claim.text = REDACTED
    for version in session.scalars(sa.select(Version).where(Version.subject_id == claim.id)):
        version.content = {**version.content, "text": REDACTED}
        renew_salt(session, version)


def _erase_withdrawal(session: Session, report: Any) -> None:
    """Why a report was withdrawn, if it was."""
    if (withdrawal := session.get(Withdrawal, report.id)) is not None:
        withdrawal.reason = REDACTED
        renew_salt(session, withdrawal)


def _erase_evidence(_session: Session, resolution: Any) -> None:
    """The evidence of a resolution; what it rests on cannot be nothing (R12)."""
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
