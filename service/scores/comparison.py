"""Compare outlets: on all their claims, and on the claims that all of them reported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.errors import InvalidQuery
from service.outlets.describe import OutletView, describe_outlet
from service.outlets.find import find_outlets
from service.outlets.track_record import Lens
from service.scores.claim_texts import claim_texts
from service.scores.describe import describe_score
from service.scores.read import context_of, read_records
from service.scores.score import Score
from service.scores.scored_claims import own_record
from service.scores.shared_claims import SharedClaim, common_claims, describe_shared, shared_by_all
from service.storage.db import Database
from service.storage.facts import surviving_outlet
from service.storage.models import Outlet

MAX_CLAIMS = 50
"""The maximum number of shared claims that a comparison lists."""


@dataclass(frozen=True, slots=True)
class ComparedOutlet:
    """An outlet with its score on all claims and its score on the shared claims."""

    outlet: OutletView
    score: Score
    shared: Score


@dataclass(frozen=True, slots=True)
class Comparison:
    """The scores of several outlets, with the claims that all of them reported."""

    outlets: list[ComparedOutlet]
    shared: int
    """The number of shared claims."""
    claims: list[SharedClaim]
    """The shared claims whose answers became known last, the latest first."""


def compare_outlets(db: Database, references: Sequence[str], *, lens: Lens, now: dt.datetime) -> Comparison:
    """Compare outlets, in the order given, on all their claims and on those that all of them reported.

    Raises:
        InvalidQuery: Some references belong to no outlet.
    """
    lens.refuse_future(now)
    with db.read() as session:
        outlets = _find(session, references)
        context = context_of(session, lens.basis, lens.recorded_by)
        chosen = Outlet.id.in_([outlet.id for outlet in outlets])
        records = {record.slug: record for record in read_records(session, chosen, lens, now=now)}
        claims = common_claims(session, outlets, lens, now=now)
        shared = shared_by_all(claims)
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
        claims=[describe_shared(id_, texts[id_], [own[id_] for own in claims]) for id_ in shared[:MAX_CLAIMS]],
    )


def _find(session: Session, references: Sequence[str]) -> list[Outlet]:
    """Return each outlet once, in the order given; a merged one becomes the outlet it was merged into."""
    found = find_outlets(session, references)
    if unknown := [reference for reference in references if reference not in found]:
        detail = f"No outlets have these slugs or ids: {', '.join(map(repr, unknown))}. Correct or remove them."
        raise InvalidQuery.at("outlet", detail=detail, code="unknown-outlet")
    slugs = list(dict.fromkeys(surviving_outlet(found[reference]).slug for reference in references))
    whole = find_outlets(session, slugs, whole=True)
    return [whole[slug] for slug in slugs]
