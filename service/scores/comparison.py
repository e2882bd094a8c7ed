"""Compare outlets: on all their claims, and on the claims that all of them reported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import InvalidQuery
from service.methods.rates import UNIT
from service.outlets.find import OutletView, describe_outlet, find_outlets
from service.outlets.track_record import Lens
from service.scores.contributions import ScoredClaim, own_record, scored_claims_of
from service.scores.describe import Score, describe_score
from service.scores.explain import claim_texts
from service.scores.read import context_of, read_records
from service.storage.db import Database
from service.storage.facts import surviving_outlet
from service.storage.models import Outlet, Report
from service.storage.predicates import is_among, merged_with
from service.values.vocabulary import Precision, Stance, Verdict

MAX_CLAIMS = 50
"""The largest number of shared claims that are listed."""

_Claims: TypeAlias = dict[UUID, ScoredClaim]


@dataclass(frozen=True, slots=True)
class ComparedOutlet:
    """An outlet with its score on all claims and its score on the shared claims."""

    outlet: OutletView
    score: Score
    shared: Score


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


@dataclass(frozen=True, slots=True)
class Comparison:
    """Outlets side by side."""

    outlets: list[ComparedOutlet]
    shared: int
    """The number of shared claims."""
    claims: list[SharedClaim]
    """The most recently known shared claims, the latest first."""


def compare_outlets(db: Database, references: Sequence[str], *, lens: Lens, now: dt.datetime) -> Comparison:
    """Return the comparison of outlets, in the order given.

    Raises:
        InvalidQuery: Some references belong to no outlet.
    """
    lens.refuse_future(now)
    with db.read() as session:
        outlets = _find(session, references)
        context = context_of(session, lens.basis, lens.recorded_by)
        chosen = Outlet.id.in_([outlet.id for outlet in outlets])
        records = {record.slug: record for record in read_records(session, chosen, lens, now=now)}
        claims = _scored_claims(session, outlets, lens, now=now)
        shared = _shared(claims)
        texts = claim_texts(session, shared[:MAX_CLAIMS], lens.recorded_by)
    return Comparison(
        outlets=[
            ComparedOutlet(
                outlet=describe_outlet(outlet),
                score=describe_score(records[outlet.slug], context, lens, now=now),
                shared=describe_score(own_record(outlet, [own[id_] for id_ in shared]), context, lens, now=now),
            )
            for outlet, own in zip(outlets, claims, strict=True)
        ],
        shared=len(shared),
        claims=[_describe(id_, texts[id_], [own[id_] for own in claims]) for id_ in shared[:MAX_CLAIMS]],
    )


def _find(session: Session, references: Sequence[str]) -> list[Outlet]:
    """Return each outlet once, and for an outlet that was merged the outlet it was merged into."""
    found = find_outlets(session, references)
    if unknown := [reference for reference in references if reference not in found]:
        detail = f"Not on record: {', '.join(map(repr, unknown))}."
        raise InvalidQuery.at("outlet", detail=detail, code="unknown-outlet")
    slugs = list(dict.fromkeys(surviving_outlet(found[reference]).slug for reference in references))
    whole = find_outlets(session, slugs, whole=True)
    return [whole[slug] for slug in slugs]


def _scored_claims(session: Session, outlets: Sequence[Outlet], lens: Lens, *, now: dt.datetime) -> list[_Claims]:
    """Return the scored claims of each outlet, by id, among the claims that all of them reported."""
    reported = [sa.select(Report.claim_id).where(Report.outlet_id.in_(merged_with(outlet))) for outlet in outlets]
    common = is_among(session, Report.claim_id, session.scalars(sa.intersect(*reported)))
    scorable = [outlet.id for outlet in outlets if outlet.scorable]
    found = scored_claims_of(session, scorable, lens, common, now=now)
    return [{claim.claim_id: claim for claim in found.get(outlet.id, [])} for outlet in outlets]


def _shared(claims: Sequence[_Claims]) -> list[UUID]:
    """Return the ids of the claims that are scored for every outlet, the most recently known first."""
    first, *others = claims
    shared = set(first).intersection(*others)
    return sorted(shared, key=lambda id_: (first[id_].known_at, id_), reverse=True)


def _describe(claim_id: UUID, text: str, claims: Sequence[ScoredClaim]) -> SharedClaim:
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
