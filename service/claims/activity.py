"""The recent actions of editors: claims resolved, corrected and reopened, and outlets and claims merged."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.storage.db import Database
from service.storage.models import ApiKey, Claim, ClaimMerge, Outlet, Resolution
from service.values.ids import first_id
from service.values.vocabulary import Verdict

_LIMIT = 200


@dataclass(frozen=True, slots=True)
class ResolutionAction:
    """A resolution, correction or withdrawal by an editor."""

    what: Literal["resolved", "corrected", "withdrawn"]
    recorded_at: dt.datetime
    by: str | None
    """The name of the API key; None for a command of the operator."""
    claim: UUID
    text: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class MergeAction:
    """A merge of two outlets by an editor."""

    what: Literal["merged"]
    recorded_at: dt.datetime
    by: str | None
    """The name of the API key; None for a command of the operator."""
    outlet: str
    into: str


@dataclass(frozen=True, slots=True)
class ClaimMergeAction:
    """A merge of two claims by an editor."""

    what: Literal["merged claims"]
    recorded_at: dt.datetime
    by: str | None
    """The name of the API key; None for a command of the operator."""
    into: UUID
    text: str
    """The text of the claim that was merged."""


Action: TypeAlias = ResolutionAction | MergeAction | ClaimMergeAction


def list_activity(db: Database, *, since: dt.datetime, key_id: UUID | None) -> list[Action]:
    """Return the latest actions since a moment, the newest first.

    Args:
        db: The database.
        since: The moment.
        key_id: The API key to return the actions of; None for all keys.
    """
    with db.read() as session:
        actions: list[Action] = [
            *_resolutions(session, since, key_id),
            *_merges(session, since, key_id),
            *_claim_merges(session, since, key_id),
        ]
    return sorted(actions, key=lambda action: action.recorded_at, reverse=True)[:_LIMIT]


def _resolutions(session: Session, since: dt.datetime, key_id: UUID | None) -> list[ResolutionAction]:
    # Ids sort by their time of creation, and are indexed.
    rows = (
        sa.select(Resolution, Claim.text, ApiKey.name)
        .join(Claim, Claim.id == Resolution.claim_id)
        .outerjoin(ApiKey, ApiKey.id == Resolution.resolved_by)
        .where(Resolution.id >= first_id(since), *_by(Resolution.resolved_by, key_id))
        .order_by(Resolution.id.desc())
        .limit(_LIMIT)
    )
    return [
        ResolutionAction(
            what=_kind(resolution),
            recorded_at=resolution.recorded_at,
            by=name,
            claim=resolution.claim_id,
            text=text,
            verdict=resolution.verdict,
        )
        for resolution, text, name in session.execute(rows)
    ]


def _merges(session: Session, since: dt.datetime, key_id: UUID | None) -> list[MergeAction]:
    rows = (
        sa.select(Outlet, Outlet.merged_at, ApiKey.name)
        .outerjoin(ApiKey, ApiKey.id == Outlet.merged_by)
        .where(Outlet.merged_at >= since, *_by(Outlet.merged_by, key_id))
        .order_by(Outlet.merged_at.desc())
        .limit(_LIMIT)
    )
    return [
        MergeAction(what="merged", recorded_at=merged_at, by=name, outlet=outlet.slug, into=outlet.surviving.slug)
        for outlet, merged_at, name in session.execute(rows)
        if merged_at is not None
    ]


def _claim_merges(session: Session, since: dt.datetime, key_id: UUID | None) -> list[ClaimMergeAction]:
    rows = (
        sa.select(ClaimMerge.recorded_at, ApiKey.name, ClaimMerge.into_id, Claim.text)
        .join(Claim, Claim.id == ClaimMerge.claim_id)
        .outerjoin(ApiKey, ApiKey.id == ClaimMerge.merged_by)
        .where(ClaimMerge.id >= first_id(since), ClaimMerge.undone_at.is_(None), *_by(ClaimMerge.merged_by, key_id))
        .order_by(ClaimMerge.id.desc())
        .limit(_LIMIT)
    )
    return [ClaimMergeAction("merged claims", *row) for row in session.execute(rows)]


def _by(column: InstrumentedAttribute[UUID | None], key_id: UUID | None) -> list[sa.ColumnElement[bool]]:
    return [] if key_id is None else [column == key_id]


def _kind(resolution: Resolution) -> Literal["resolved", "corrected", "withdrawn"]:
    if resolution.verdict is None:
        return "withdrawn"
    return "resolved" if resolution.supersedes_id is None else "corrected"
