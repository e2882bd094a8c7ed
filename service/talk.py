"""Disputes and replies as they are found and shown: neither counts, both stand beside what they are about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, selectinload

from service.instants import format_instant
from service.models import Dispute, Reply, Resolution
from service.vocabulary import DisputeStatus


def is_open(moment: dt.datetime | None = None) -> sa.ColumnElement[bool]:
    """Whether a dispute is open; or was at a past moment, as far as it was on record then."""
    if moment is None:
        return Dispute.closed_at.is_(None)
    return sa.and_(Dispute.recorded_at <= moment, sa.or_(Dispute.closed_at.is_(None), Dispute.closed_at > moment))


def disputed_claims(moment: dt.datetime | None = None) -> sa.Select[UUID]:
    """The claims whose resolution is disputed; the one that stands, since another one closes what disputed it."""
    return sa.select(Resolution.claim_id).join(Dispute, Dispute.resolution_id == Resolution.id).where(is_open(moment))


def general_replies(moment: dt.datetime | None = None) -> sa.Select[Reply]:
    """What outlets answer to their records as a whole: of each the newest that was not withdrawn, or was then."""
    newer = aliased(Reply)
    later = sa.exists().where(newer.outlet_id == Reply.outlet_id, newer.id > Reply.id, *_answers(newer, moment))
    return sa.select(Reply).where(*_answers(Reply, moment), ~later)


def _answers(reply: type[Reply], moment: dt.datetime | None) -> tuple[sa.ColumnElement[bool], ...]:
    if moment is None:
        return reply.claim_id.is_(None), reply.withdrawn_at.is_(None)
    standing = sa.or_(reply.withdrawn_at.is_(None), reply.withdrawn_at > moment)
    return reply.claim_id.is_(None), reply.recorded_at <= moment, standing


def replies_on(session: Session, claim_id: UUID) -> list[dict[str, Any]]:
    """What outlets answer to a claim, the oldest first."""
    rows = sa.select(Reply).where(Reply.claim_id == claim_id).order_by(Reply.id).options(selectinload(Reply.outlet))
    return [describe_reply(reply) for reply in session.scalars(rows)]


def is_disputed(resolution: Resolution | None) -> bool:
    """Whether a resolution, loaded with its disputes, has an open one."""
    return resolution is not None and any(dispute.closed_at is None for dispute in resolution.disputes)


def describe_disputes(resolutions: Iterable[Resolution]) -> list[dict[str, Any]]:
    """All that is said against resolutions, in their order, each with how it was closed."""
    return [describe_dispute(dispute, of) for of in resolutions for dispute in of.disputes]


def describe_dispute(dispute: Dispute, resolution: Resolution) -> dict[str, Any]:
    """A dispute, and how it was closed if it was: by a reason, or by the resolution after the disputed one."""
    closure = {
        "reason": dispute.closing_reason,
        "resolution": dispute.closing_resolution_id,
        "recorded_at": dispute.closed_at,
    }
    return {
        "id": dispute.id,
        "claim": resolution.claim_id,
        "resolution": resolution.id,
        "status": DisputeStatus.OPEN if dispute.closed_at is None else DisputeStatus.CLOSED,
        "reason": dispute.reason,
        "evidence": dispute.evidence,
        "closure": None if dispute.closed_at is None else closure,
        "recorded_at": dispute.recorded_at,
    }


def describe_reply(reply: Reply) -> dict[str, Any]:
    """A reply, loaded with its outlet, and why it was withdrawn if it was."""
    withdrawal = {"reason": reply.withdrawal_reason, "recorded_at": reply.withdrawn_at}
    return {
        "id": reply.id,
        "outlet": reply.outlet.slug,
        "claim": reply.claim_id,
        "text": reply.text,
        "url": reply.url,
        "withdrawn": None if reply.withdrawn_at is None else withdrawal,
        "recorded_at": reply.recorded_at,
    }


def reply_with_score(reply: Reply | None) -> dict[str, Any] | None:
    """What an outlet answers, as its score shows it."""
    if reply is None:
        return None
    return {"id": str(reply.id), "text": reply.text, "url": reply.url, "recorded_at": format_instant(reply.recorded_at)}
