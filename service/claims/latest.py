"""List the most recently recorded or resolved claims, for feeds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from service.claims.describe import summarise_claims
from service.claims.filters import ClaimFilters, claim_conditions
from service.claims.views import ListedClaim
from service.storage.db import Database
from service.storage.models import Claim, Resolution
from service.storage.predicates import is_newest


@dataclass(frozen=True, slots=True)
class LatestClaim:
    """A claim with the time at which it, or its newest resolution, was recorded."""

    claim: ListedClaim
    changed_at: dt.datetime


def list_latest_claims(
    db: Database, *, topic: str | None = None, outlet: str | None = None, limit: int, now: dt.datetime
) -> list[LatestClaim]:
    """Return the claims most recently recorded, resolved, corrected or reopened, the latest first.

    Raises:
        InvalidQuery: `outlet` is unknown.
    """
    with db.read() as session:
        wanted = list(claim_conditions(session, ClaimFilters(topic=topic, outlet=outlet), now=now))
        recorded = sa.select(Claim.id, Claim.recorded_at).where(*wanted).order_by(Claim.id.desc()).limit(limit)
        resolved = sa.select(Claim.id, Resolution.recorded_at).join(Resolution, Resolution.claim_id == Claim.id)
        resolved = resolved.where(is_newest(), *wanted).order_by(Resolution.id.desc()).limit(limit)
        changed: dict[UUID, dt.datetime] = {}
        for claim_id, changed_at in [*session.execute(recorded), *session.execute(resolved)]:
            changed[claim_id] = max(changed_at, changed.get(claim_id, changed_at))
        latest = sorted(changed, key=lambda one: (changed[one], one), reverse=True)[:limit]
        rows = sa.select(Claim).where(Claim.id.in_(latest))
        rows = rows.options(selectinload(Claim.resolutions).selectinload(Resolution.disputes))
        found = {claim.id: claim for claim in summarise_claims(session, list(session.scalars(rows)), now=now)}
        return [LatestClaim(found[one], changed[one]) for one in latest]
