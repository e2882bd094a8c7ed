"""Disputes and replies as they are found and shown: neither counts, both stand beside what they are about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, selectinload

from service.instants import format_instant
from service.models import Dispute, Outlet, Reply, Resolution
from service.register import counts_as, filing_for
from service.vocabulary import DisputeStatus

_FILER = aliased(Outlet)


def is_open(moment: dt.datetime | None = None) -> sa.ColumnElement[bool]:
    """Whether a dispute is open; or was at a past moment, as far as it was on record then."""
    if moment is None:
        return Dispute.closed_at.is_(None)
    return sa.and_(Dispute.recorded_at <= moment, sa.or_(Dispute.closed_at.is_(None), Dispute.closed_at > moment))


def disputed_claims(moment: dt.datetime | None = None) -> sa.Select[UUID]:
    """The claims whose resolution is disputed; the one that stands, since another one closes what disputed it."""
    return sa.select(Resolution.claim_id).join(Dispute, Dispute.resolution_id == Resolution.id).where(is_open(moment))


def general_replies(
    chosen: sa.ColumnExpressionArgument[bool], moment: dt.datetime | None = None
) -> sa.Select[UUID, Reply]:
    """What some outlets answer to their records as a whole, each with whose record it is; the newest last.

    Those that were withdrawn are left out; of a past moment, those that were by then, or came later.
    """
    rows = (
        sa.select(counts_as(_FILER), Reply)
        .join_from(Reply, _FILER, _FILER.id == Reply.outlet_id)
        .where(Reply.outlet_id.in_(filing_for(chosen)), Reply.claim_id.is_(None))
        .order_by(Reply.id)
    )
    if moment is None:
        return rows.where(Reply.withdrawn_at.is_(None))
    withdrawn_later = sa.or_(Reply.withdrawn_at.is_(None), Reply.withdrawn_at > moment)
    return rows.where(Reply.recorded_at <= moment, withdrawn_later)


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
        "redacted": dispute.redacted or [],
    }


def describe_reply(reply: Reply) -> dict[str, Any]:
    """A reply, loaded with its outlet, and why it was withdrawn if it was."""
    withdrawal = {"reason": reply.withdrawal_reason, "recorded_at": reply.withdrawn_at}
    return {
        "id": reply.id,
        "outlet": reply.outlet.surviving.slug,
        "claim": reply.claim_id,
        "text": reply.text,
        "url": reply.url,
        "withdrawn": None if reply.withdrawn_at is None else withdrawal,
        "recorded_at": reply.recorded_at,
        "redacted": reply.redacted or [],
    }


def reply_with_score(reply: Reply | None) -> dict[str, Any] | None:
    """What an outlet answers, as its score shows it."""
    if reply is None:
        return None
    return {
        "id": str(reply.id),
        "text": reply.text,
        "url": reply.url,
        "recorded_at": format_instant(reply.recorded_at),
        "redacted": reply.redacted or [],
    }
