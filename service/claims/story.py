"""The story of a claim: everything that its page shows, read in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.claims.describe import describe_claim, describe_resolutions, summarise_claims
from service.claims.load import load_claim
from service.claims.views import ClaimView, ListedClaim, ResolutionView
from service.methods.provenance import roots_of
from service.storage.db import Database
from service.storage.facts import counting_reports
from service.storage.models import Claim, Outlet, Resolution

_RIVALS = 20


@dataclass(frozen=True, slots=True)
class Story:
    """A claim with everything that its page shows."""

    claim: ClaimView
    resolutions: list[ResolutionView]
    """All resolutions, the oldest first."""
    rivals: list[ListedClaim]
    """Other claims of the group, the oldest first."""
    names: dict[str, str]
    """The names of the outlets by slug."""
    roots: dict[UUID, str | None]
    """The slug of the root outlet by the id of a relay; None for an unknown source."""


def get_story(db: Database, claim_id: UUID, *, now: dt.datetime) -> Story:
    """Return the story of a claim.

    Raises:
        NotFound: No claim has this id.
    """
    with db.read() as session:
        claim = load_claim(session, claim_id)
        outlets = {outlet.id: outlet for outlet in _outlets(claim)}
        roots = roots_of(counting_reports(claim))
        return Story(
            claim=describe_claim(session, claim, now=now),
            resolutions=describe_resolutions(claim.resolutions),
            rivals=summarise_claims(session, _rivals(session, claim), now=now),
            names={outlet.slug: outlet.name for outlet in outlets.values()},
            roots={report: None if root is None else outlets[root].slug for report, root in roots.items()},
        )


def _outlets(claim: Claim) -> Iterator[Outlet]:
    for report in claim.reports:
        yield report.outlet.surviving
        if report.cited is not None:
            yield report.cited.surviving


def _rivals(session: Session, claim: Claim) -> list[Claim]:
    if claim.group is None:
        return []
    others = Claim.group == claim.group, Claim.id != claim.id, Claim.merged_into_id.is_(None)
    oldest = sa.select(Claim).where(*others).order_by(Claim.id).limit(_RIVALS)
    return list(session.scalars(oldest.options(selectinload(Claim.resolutions).selectinload(Resolution.disputes))))
