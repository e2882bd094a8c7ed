"""Disputes of resolutions and replies of outlets: how to select them, and the views of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.storage.models import Dispute, Reply, Resolution
from service.storage.models.columns import RedactionNote
from service.values.instants import format_instant
from service.values.vocabulary import DisputeStatus


@dataclass(frozen=True, slots=True)
class ClosureView:
    """The end of a dispute, by a reason or by the resolution that superseded the disputed one."""

    reason: str | None
    resolution: UUID | None
    recorded_at: dt.datetime


@dataclass(frozen=True, slots=True)
class DisputeView:
    """A dispute of a resolution, and how it was closed."""

    id: UUID
    claim: UUID
    resolution: UUID
    status: DisputeStatus
    reason: str
    evidence: list[str]
    closure: ClosureView | None
    """None while the dispute is open."""
    recorded_at: dt.datetime
    redacted: list[RedactionNote]


@dataclass(frozen=True, slots=True)
class WithdrawalView:
    """The withdrawal of a report or a reply."""

    reason: str | None
    recorded_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ReplyView:
    """A reply of an outlet to its record or to one claim."""

    id: UUID
    outlet: str
    claim: UUID | None
    """None for a reply to the whole record."""
    text: str
    url: str | None
    withdrawn: WithdrawalView | None
    recorded_at: dt.datetime
    redacted: list[RedactionNote]


class ScoreReply(TypedDict):
    """A reply to the whole record, as the JSON of a score holds it."""

    id: str
    text: str
    url: str | None
    recorded_at: str
    redacted: list[RedactionNote]


def replies_on(session: Session, claim_id: UUID) -> list[ReplyView]:
    """Return the replies to a claim, the oldest first."""
    rows = sa.select(Reply).where(Reply.claim_id == claim_id).order_by(Reply.id).options(selectinload(Reply.outlet))
    return [describe_reply(reply) for reply in session.scalars(rows)]


def is_disputed(resolution: Resolution | None) -> bool:
    """Return whether a resolution, loaded with its disputes, has an open one."""
    return resolution is not None and any(dispute.closed_at is None for dispute in resolution.disputes)


def describe_disputes(resolutions: Iterable[Resolution]) -> list[DisputeView]:
    """Return the disputes of some resolutions, in their order."""
    return [describe_dispute(dispute, of) for of in resolutions for dispute in of.disputes]


def describe_dispute(dispute: Dispute, resolution: Resolution) -> DisputeView:
    """Return the view of a dispute of a resolution."""
    return DisputeView(
        id=dispute.id,
        claim=resolution.claim_id,
        resolution=resolution.id,
        status=DisputeStatus.OPEN if dispute.closed_at is None else DisputeStatus.CLOSED,
        reason=dispute.reason,
        evidence=dispute.evidence,
        closure=None
        if dispute.closed_at is None
        else ClosureView(dispute.closing_reason, dispute.closing_resolution_id, dispute.closed_at),
        recorded_at=dispute.recorded_at,
        redacted=dispute.redacted or [],
    )


def describe_reply(reply: Reply) -> ReplyView:
    """Return the view of a reply that is loaded with its outlet."""
    return ReplyView(
        id=reply.id,
        outlet=reply.outlet.surviving.slug,
        claim=reply.claim_id,
        text=reply.text,
        url=reply.url,
        withdrawn=None if reply.withdrawn_at is None else WithdrawalView(reply.withdrawal_reason, reply.withdrawn_at),
        recorded_at=reply.recorded_at,
        redacted=reply.redacted or [],
    )


def reply_with_score(reply: Reply | None) -> ScoreReply | None:
    """Return the reply that a score shows, or None without one."""
    if reply is None:
        return None
    return ScoreReply(
        id=str(reply.id),
        text=reply.text,
        url=reply.url,
        recorded_at=format_instant(reply.recorded_at),
        redacted=reply.redacted or [],
    )
