"""A claim's story: all that its page shows of it, as it stands at one moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.db import Database
from service.dossier import (
    counting_reports,
    describe_claim,
    describe_resolutions,
    load_claim,
    summarise_claim,
)
from service.models import Claim, Outlet, Resolution
from service.provenance import roots_of

_RIVALS = 20


def tell_story(db: Database, claim_id: UUID, *, now: dt.datetime) -> dict[str, Any]:
    """A claim with everything that is told of it.

    Returns:
        `claim`, `resolutions` (all, the oldest first), `rivals` (other claims of its group, the first recorded
        first), `names` of the outlets by slug, and `roots`: by a relay's id the outlet whose word it passes on in the
        end, None where that is unknown.

    Raises:
        NotFound: There is no such claim.
    """
    with db.read() as session:
        claim = load_claim(session, claim_id)
        outlets = {outlet.id: outlet for outlet in _outlets(claim)}
        roots = roots_of(counting_reports(claim))
        return {
            "claim": describe_claim(session, claim, now=now),
            "resolutions": describe_resolutions(claim.resolutions),
            "rivals": [summarise_claim(rival, now=now) for rival in _rivals(session, claim)],
            "names": {outlet.slug: outlet.name for outlet in outlets.values()},
            "roots": {report: None if root is None else outlets[root].slug for report, root in roots.items()},
        }


def _outlets(claim: Claim) -> Iterator[Outlet]:
    for report in claim.reports:
        yield report.outlet.surviving
        if report.cited is not None:
            yield report.cited.surviving


def _rivals(session: Session, claim: Claim) -> list[Claim]:
    if claim.group is None:
        return []
    others = sa.select(Claim).where(Claim.group == claim.group, Claim.id != claim.id).order_by(Claim.id).limit(_RIVALS)
    return list(session.scalars(others.options(selectinload(Claim.resolutions).selectinload(Resolution.disputes))))
