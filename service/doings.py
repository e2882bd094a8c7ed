"""What was done since a moment: claims resolved, corrected and opened again, and outlets merged."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.db import Database
from service.identity import first_id
from service.models import ApiKey, Claim, Outlet, Resolution

_MOST = 200


def list_doings(db: Database, *, since: dt.datetime, key_id: UUID | None) -> list[dict[str, Any]]:
    """What was done since a moment, the latest first.

    Args:
        db: The database.
        since: The moment.
        key_id: By which key; None for all.

    Returns:
        Each with `what` (`resolved`, `corrected`, `withdrawn` or `merged`), `recorded_at` and `by`, the name of the
        key if it was one; with `claim`, `text` and `verdict`, or `outlet` and `into`.
    """
    with db.read() as session:
        done = _resolutions(session, since, key_id) + _merges(session, since, key_id)
    return sorted(done, key=lambda one: one["recorded_at"], reverse=True)[:_MOST]


def _resolutions(session: Session, since: dt.datetime, key_id: UUID | None) -> list[dict[str, Any]]:
    # Ids sort as the moments do that they were given at, and are indexed.
    rows = (
        sa.select(Resolution, Claim.text, ApiKey.name)
        .join(Claim, Claim.id == Resolution.claim_id)
        .outerjoin(ApiKey, ApiKey.id == Resolution.resolved_by)
        .where(Resolution.id >= first_id(since), *_by(Resolution.resolved_by, key_id))
        .order_by(Resolution.id.desc())
        .limit(_MOST)
    )
    return [
        {
            "what": _what(row),
            "recorded_at": row.recorded_at,
            "by": name,
            "claim": row.claim_id,
            "text": text,
            "verdict": row.verdict,
        }
        for row, text, name in session.execute(rows)
    ]


def _merges(session: Session, since: dt.datetime, key_id: UUID | None) -> list[dict[str, Any]]:
    rows = (
        sa.select(Outlet, ApiKey.name)
        .outerjoin(ApiKey, ApiKey.id == Outlet.merged_by)
        .where(Outlet.merged_at >= since, *_by(Outlet.merged_by, key_id))
    )
    return [
        {
            "what": "merged",
            "recorded_at": outlet.merged_at,
            "by": name,
            "outlet": outlet.slug,
            "into": outlet.surviving.slug,
        }
        for outlet, name in session.execute(rows.order_by(Outlet.merged_at.desc()).limit(_MOST))
    ]


def _by(column: Any, key_id: UUID | None) -> list[sa.ColumnElement[bool]]:
    return [] if key_id is None else [column == key_id]


def _what(resolution: Resolution) -> str:
    if resolution.verdict is None:
        return "withdrawn"
    return "resolved" if resolution.supersedes_id is None else "corrected"
