"""Read all data of the page of a claim in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.claims.describe import describe_claim, summarise_claims
from service.claims.houses import House, houses_of
from service.claims.load import load_claim, true_rival
from service.claims.outlet_story import OutletStory, tell_outlets
from service.claims.resolutions import describe_resolutions
from service.claims.views import ClaimView, ListedClaim, ResolutionView
from service.methods.relays import roots_of
from service.storage.db import Database
from service.storage.facts import counting_reports, surviving_outlet
from service.storage.models import Claim, Outlet, Resolution

_RIVALS = 20
_OTHER_TEXTS = 20


@dataclass(frozen=True, slots=True)
class Story:
    """A claim with all data that its page shows."""

    claim: ClaimView
    resolutions: list[ResolutionView]
    """All resolutions, the oldest first."""
    rivals: list[ListedClaim]
    """Other claims of the group, the oldest first."""
    winner: ListedClaim | None
    """Another claim of the group that is true, which decides this one (R3)."""
    merged: list[str]
    """The different texts of the claims that were merged into this one (R22a)."""
    outlets: list[OutletStory]
    """The outlets in the order of their reports, followed by those that are only cited."""
    names: dict[str, str]
    """The names of the outlets by slug."""
    roots: dict[UUID, str | None]
    """The slugs of the root outlets of relays, by report id; None for an unknown source."""
    houses: list[House]
    """The publishers with more than one root outlet, sorted by name."""


def get_story(db: Database, claim_id: UUID, *, now: dt.datetime) -> Story:
    """Return a claim with all data that its page shows.

    Raises:
        NotFound: No claim has this id.
        ClaimMerged: The claim was merged into another one.
    """
    with db.read() as session:
        claim = load_claim(session, claim_id)
        outlets = {outlet.id: outlet for outlet in _outlets(claim)}
        view = describe_claim(session, claim, now=now)
        roots = roots_of(counting_reports(claim))
        return Story(
            claim=view,
            resolutions=describe_resolutions(claim.resolutions),
            rivals=summarise_claims(session, _rivals(session, claim), now=now),
            winner=_winner(session, claim, now=now),
            merged=_merged_texts(session, claim),
            outlets=list(tell_outlets(claim, view.reports, outlets)),
            names={outlet.slug: outlet.name for outlet in outlets.values()},
            roots={report: None if root is None else outlets[root].slug for report, root in roots.items()},
            houses=houses_of(session, claim, outlets),
        )


def _outlets(claim: Claim) -> Iterator[Outlet]:
    for report in claim.reports:
        yield surviving_outlet(report.outlet)
        if report.cited is not None:
            yield surviving_outlet(report.cited)


def _rivals(session: Session, claim: Claim) -> list[Claim]:
    if claim.group is None:
        return []
    others = Claim.group == claim.group, Claim.id != claim.id, Claim.merged_into_id.is_(None)
    return _listed(session, *others, limit=_RIVALS)


def _winner(session: Session, claim: Claim, *, now: dt.datetime) -> ListedClaim | None:
    if (rival := true_rival(session, claim)) is None:
        return None
    found = summarise_claims(session, _listed(session, Claim.id == rival, limit=1), now=now)
    return found[0] if found else None


def _listed(session: Session, *conditions: sa.ColumnElement[bool], limit: int) -> list[Claim]:
    oldest = sa.select(Claim).where(*conditions).order_by(Claim.id).limit(limit)
    return list(session.scalars(oldest.options(selectinload(Claim.resolutions).selectinload(Resolution.disputes))))


def _merged_texts(session: Session, claim: Claim) -> list[str]:
    """Return the different texts of the claims that were merged into a claim."""
    merged = sa.select(Claim.text).where(Claim.merged_into_id == claim.id, Claim.text != claim.text)
    return list(dict.fromkeys(session.scalars(merged.order_by(Claim.id).limit(_OTHER_TEXTS))))
