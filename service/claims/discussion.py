"""Disputes of resolutions and replies of outlets: how to select them, and the views of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, selectinload

from service.outlets.find import counts_as
from service.storage.models import Dispute, Outlet, Reply, Resolution
from service.storage.models.words import RedactionNote
from service.values.instants import format_instant
from service.values.vocabulary import DisputeStatus

_FILER = aliased(Outlet)


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


def is_open(moment: dt.datetime | None = None) -> sa.ColumnElement[bool]:
    """Return the condition that a dispute is open, or that it was open on the record of a past moment."""
    if moment is None:
        return Dispute.closed_at.is_(None)
    return sa.and_(Dispute.recorded_at <= moment, sa.or_(Dispute.closed_at.is_(None), Dispute.closed_at > moment))


def disputed_claims(moment: dt.datetime | None = None) -> sa.Select[UUID]:
    """Return the ids of the claims with an open dispute, which is always about the resolution in effect."""
    return sa.select(Resolution.claim_id).join(Dispute, Dispute.resolution_id == Resolution.id).where(is_open(moment))


def has_talk(session: Session, moment: dt.datetime | None = None) -> tuple[bool, bool]:
    """Return whether any record has a general reply, and whether any resolution is disputed, by one statement.

    Usually neither is the case, so a score needs no other statement about them.
    """
    replied = sa.exists().where(_is_general(moment))
    has_replies, has_disputes = session.execute(sa.select(replied, sa.exists().where(is_open(moment)))).one()
    return has_replies, has_disputes


def general_replies(filing: sa.ColumnElement[bool], moment: dt.datetime | None = None) -> sa.Select[UUID, Reply]:
    """Select the general replies of outlets, each with the outlet that the reply counts for; the newest last.

    Args:
        filing: Which outlets replied, as a condition on `Reply.outlet_id`.
        moment: None for the replies that were not withdrawn; else those that were on record at this past moment.
    """
    rows = sa.select(counts_as(_FILER), Reply).join_from(Reply, _FILER, _FILER.id == Reply.outlet_id)
    return rows.where(filing, _is_general(moment)).order_by(Reply.id)


def _is_general(moment: dt.datetime | None) -> sa.ColumnElement[bool]:
    if moment is None:
        return sa.and_(Reply.claim_id.is_(None), Reply.withdrawn_at.is_(None))
    withdrawn_later = sa.or_(Reply.withdrawn_at.is_(None), Reply.withdrawn_at > moment)
    return sa.and_(Reply.claim_id.is_(None), Reply.recorded_at <= moment, withdrawn_later)


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
