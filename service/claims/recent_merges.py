"""List the latest merges of outlets and of claims."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.db import Database
from service.storage.facts import surviving_outlet
from service.storage.models import ApiKey, Claim, ClaimMerge, Outlet


@dataclass(frozen=True, slots=True)
class MergeAction:
    """A merge of two outlets by an editor."""

    what: Literal["merged"]
    recorded_at: dt.datetime
    by: str | None
    """The name of the editor's API key; None if the operator ran a command."""
    outlet: str
    into: str


@dataclass(frozen=True, slots=True)
class ClaimMergeAction:
    """A merge of two claims by an editor."""

    what: Literal["merged claims"]
    recorded_at: dt.datetime
    by: str | None
    """The name of the editor's API key; None if the operator ran a command."""
    claim: UUID
    into: UUID
    text: str
    """The text of the claim that was merged."""


def list_merges(db: Database, *, limit: int) -> list[MergeAction]:
    """Return the latest merges of outlets that are in effect, the newest first."""
    with db.read() as session:
        return read_merges(session, limit, Outlet.merged_at.is_not(None))


def list_claim_merges(db: Database, *, limit: int) -> list[ClaimMergeAction]:
    """Return the latest merges of claims that are in effect, the newest first."""
    with db.read() as session:
        return read_claim_merges(session, limit)


def read_merges(session: Session, limit: int, *chosen: sa.ColumnElement[bool]) -> list[MergeAction]:
    """Return the latest merges of outlets that meet all conditions, the newest first."""
    rows = (
        sa.select(Outlet, Outlet.merged_at, ApiKey.name)
        .outerjoin(ApiKey, ApiKey.id == Outlet.merged_by)
        .where(*chosen)
        .order_by(Outlet.merged_at.desc(), Outlet.slug)
        .limit(limit)
    )
    return [
        MergeAction("merged", merged_at, name, outlet=outlet.slug, into=surviving_outlet(outlet).slug)
        for outlet, merged_at, name in session.execute(rows)
        if merged_at is not None
    ]


def read_claim_merges(session: Session, limit: int, *chosen: sa.ColumnElement[bool]) -> list[ClaimMergeAction]:
    """Return the latest merges of claims that are in effect and meet all conditions, the newest first."""
    rows = (
        sa.select(ClaimMerge.recorded_at, ApiKey.name, ClaimMerge.claim_id, ClaimMerge.into_id, Claim.text)
        .join(Claim, Claim.id == ClaimMerge.claim_id)
        .outerjoin(ApiKey, ApiKey.id == ClaimMerge.merged_by)
        .where(ClaimMerge.undone_at.is_(None), *chosen)
        .order_by(ClaimMerge.id.desc())
        .limit(limit)
    )
    return [ClaimMergeAction("merged claims", *row) for row in session.execute(rows)]
