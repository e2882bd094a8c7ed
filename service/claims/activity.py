"""List what editors recently recorded, resolved and merged."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, joinedload

from service.claims.recent_merges import ClaimMergeAction, MergeAction, read_claim_merges, read_merges
from service.storage.db import Database
from service.storage.facts import surviving_outlet
from service.storage.models import ApiKey, Claim, ClaimMerge, Outlet, Report, Resolution
from service.values.ids import first_id
from service.values.vocabulary import Verdict

_LIMIT = 200
"""The maximum number of listed resolutions, of merges of outlets, and of merges of claims."""
_RECORDED = 100
"""The maximum number of listed claims, and of listed reports. Feeds may have recorded millions."""


@dataclass(frozen=True, slots=True)
class ResolutionAction:
    """An editor's resolution of a claim, or the correction or withdrawal of one."""

    what: Literal["resolved", "corrected", "withdrawn"]
    recorded_at: dt.datetime
    by: str | None
    """The name of the editor's API key; None if the operator ran a command."""
    claim: UUID
    text: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class RecordAction:
    """The recording of a new claim, or of a new report on an existing claim."""

    what: Literal["recorded", "reported"]
    recorded_at: dt.datetime
    by: str | None
    """The name of the editor's API key; None if the operator ran a command."""
    claim: UUID
    text: str
    """The text of the claim."""
    outlet: str | None
    """The slug of the outlet whose report was added; None for a new claim."""


Action: TypeAlias = ResolutionAction | MergeAction | ClaimMergeAction | RecordAction


def list_activity(db: Database, *, since: dt.datetime, key_id: UUID | None) -> list[Action]:
    """Return the latest actions of editors since a moment, the newest first.

    Args:
        db: The database.
        since: The time of the earliest action to return.
        key_id: The API key whose actions are returned; None for all keys.
    """
    with db.read() as session:
        actions: list[Action] = [
            *_resolutions(session, since, key_id),
            *read_merges(session, _LIMIT, Outlet.merged_at >= since, *_by(Outlet.merged_by, key_id)),
            *read_claim_merges(session, _LIMIT, ClaimMerge.id >= first_id(since), *_by(ClaimMerge.merged_by, key_id)),
            *_claims(session, since, key_id),
            *_reports(session, since, key_id),
        ]
    return sorted(actions, key=lambda action: action.recorded_at, reverse=True)


def _resolutions(session: Session, since: dt.datetime, key_id: UUID | None) -> list[ResolutionAction]:
    # Filter by id, which is indexed and sorts by time of creation.
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


def _claims(session: Session, since: dt.datetime, key_id: UUID | None) -> list[RecordAction]:
    rows = (
        sa.select(Claim.recorded_at, ApiKey.name, Claim.id, Claim.text)
        .outerjoin(ApiKey, ApiKey.id == Claim.filed_by)
        .where(Claim.id >= first_id(since), *_by(Claim.filed_by, key_id))
        .order_by(Claim.id.desc())
        .limit(_RECORDED)
    )
    return [RecordAction("recorded", *row, None) for row in session.execute(rows)]


def _reports(session: Session, since: dt.datetime, key_id: UUID | None) -> list[RecordAction]:
    """Return the reports that were added to existing claims.

    A report that was recorded with its claim is left out, even if a merge moved it to another claim.
    """
    first = aliased(Claim)
    is_claim = sa.or_(first.id == Report.claim_id, first.merged_into_id == Report.claim_id)
    recorded_with = sa.exists().where(is_claim, first.recorded_at == Report.recorded_at)
    rows = (
        sa.select(Report, Claim.text, ApiKey.name)
        .join(Claim, Claim.id == Report.claim_id)
        .outerjoin(ApiKey, ApiKey.id == Report.filed_by)
        .options(joinedload(Report.outlet).joinedload(Outlet.merged_into))
        .where(Report.id >= first_id(since), ~recorded_with, *_by(Report.filed_by, key_id))
        .order_by(Report.id.desc())
        .limit(_RECORDED)
    )
    return [
        RecordAction("reported", report.recorded_at, name, report.claim_id, text, surviving_outlet(report.outlet).slug)
        for report, text, name in session.execute(rows)
    ]


def _by(column: InstrumentedAttribute[UUID | None], key_id: UUID | None) -> list[sa.ColumnElement[bool]]:
    return [] if key_id is None else [column == key_id]


def _kind(resolution: Resolution) -> Literal["resolved", "corrected", "withdrawn"]:
    if resolution.verdict is None:
        return "withdrawn"
    return "resolved" if resolution.supersedes_id is None else "corrected"
