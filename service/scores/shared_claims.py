"""Find the resolved claims on which all compared outlets took a side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.rates import UNIT
from service.outlets.track_record import Lens
from service.scores.scored_claims import ScoredClaim, scored_claims_of
from service.storage.models import Outlet, Report
from service.storage.predicates import is_among, merged_with
from service.values.vocabulary import Precision, Stance, Verdict

_Claims: TypeAlias = dict[UUID, ScoredClaim]


@dataclass(frozen=True, slots=True)
class ComparedReport:
    """The report of one outlet on a shared claim."""

    stance: Stance
    published_at: dt.datetime
    published_precision: Precision
    right: float
    """The extent to which the outlet was right, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class SharedClaim:
    """A resolved claim on which all compared outlets took a side."""

    id: UUID
    text: str
    known_at: dt.datetime
    known_precision: Precision | None
    verdict: Verdict | None
    sides: list[ComparedReport]
    """The reports, in the order of the outlets."""


def common_claims(session: Session, outlets: Sequence[Outlet], lens: Lens, *, now: dt.datetime) -> list[_Claims]:
    """Return each outlet's scored claims by claim id, among the claims that all outlets reported."""
    reported = [sa.select(Report.claim_id).where(Report.outlet_id.in_(merged_with(outlet))) for outlet in outlets]
    common = is_among(session, Report.claim_id, session.scalars(sa.intersect(*reported)))
    scorable = [outlet.id for outlet in outlets if outlet.scorable]
    found = scored_claims_of(session, scorable, lens, common, now=now)
    return [{claim.claim_id: claim for claim in found.get(outlet.id, [])} for outlet in outlets]


def shared_by_all(claims: Sequence[_Claims]) -> list[UUID]:
    """Return the ids of the claims that are scored for every outlet, the most recently known first."""
    first, *others = claims
    shared = set(first).intersection(*others)
    return sorted(shared, key=lambda id_: (first[id_].known_at, id_), reverse=True)


def describe_shared(claim_id: UUID, text: str, claims: Sequence[ScoredClaim]) -> SharedClaim:
    """Describe a shared claim, given this claim as scored for each outlet."""
    return SharedClaim(
        id=claim_id,
        text=text,
        known_at=claims[0].known_at,
        known_precision=claims[0].claim.known_precision,
        verdict=claims[0].claim.verdict,
        sides=[_side(claim) for claim in claims],
    )


def _side(claim: ScoredClaim) -> ComparedReport:
    report = claim.report
    return ComparedReport(report.stance, report.published_at, report.published_precision, claim.amounts.right / UNIT)
