"""Outlets side by side: on everything, and on the claims that all of them reported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import InvalidQuery
from service.methods.rates import UNIT
from service.outlets.find import describe_outlet, find_outlets
from service.outlets.track_record import Lens, read_records
from service.scores.contexts import context_of
from service.scores.contributions import Scored, own_record, read_scored_of
from service.scores.describe import describe_score
from service.scores.explain import claim_texts
from service.storage.db import Database
from service.storage.models import Outlet, Report
from service.storage.predicates import is_among, merged_with

SHOWN = 50
"""How many of the shared claims are listed, the last known."""


def compare_outlets(db: Database, references: Sequence[str], *, lens: Lens, now: dt.datetime) -> dict[str, Any]:
    """Some outlets, in the order asked, and the resolved claims on which all of them took a side.

    Returns:
        `outlets`: each with its `outlet`, its `score`, and `shared`, its score on the shared claims alone; `claims`:
        the shared ones, the last known first, with what each outlet said and how right it was; `shared`: how many.

    Raises:
        InvalidQuery: An outlet is not on record (all such are named).
    """
    lens.refuse_future(now)
    with db.read() as session:
        outlets = _outlets(session, references)
        context = context_of(session, lens.recorded_by)
        chosen = Outlet.id.in_([outlet.id for outlet in outlets])
        records = {record.slug: record for record in read_records(session, chosen, lens, now=now)}
        sides = _sides(session, outlets, lens, now=now)
        shared = sorted(set.intersection(*map(set, sides)), key=lambda id_: (sides[0][id_].known_at, id_), reverse=True)
        texts = claim_texts(session, shared[:SHOWN], lens.recorded_by)
    scores = [describe_score(records[outlet.slug], context, lens, now=now) for outlet in outlets]
    on_shared = [own_record(outlet, [held[id_] for id_ in shared]) for outlet, held in zip(outlets, sides, strict=True)]
    return {
        "outlets": [
            {
                "outlet": describe_outlet(outlet),
                "score": score,
                "shared": describe_score(record, context, lens, now=now),
            }
            for outlet, score, record in zip(outlets, scores, on_shared, strict=True)
        ],
        "shared": len(shared),
        "claims": [_describe_shared(id_, texts[id_], [held[id_] for held in sides]) for id_ in shared[:SHOWN]],
    }


def _outlets(session: Session, references: Sequence[str]) -> list[Outlet]:
    """The outlets in the order asked, each once; in the place of one that was merged the one it was merged into."""
    found = find_outlets(session, references)
    if unknown := [reference for reference in references if reference not in found]:
        detail = f"Not on record: {', '.join(map(repr, unknown))}."
        raise InvalidQuery.at("outlet", detail=detail, code="unknown-outlet")
    slugs = list(dict.fromkeys(found[reference].surviving.slug for reference in references))
    whole = find_outlets(session, slugs, whole=True)
    return [whole[slug] for slug in slugs]


def _sides(session: Session, outlets: Sequence[Outlet], lens: Lens, *, now: dt.datetime) -> list[dict[UUID, Scored]]:
    """What each outlet is scored for, by claim, of the claims that all of them reported."""
    reported = [sa.select(Report.claim_id).where(Report.outlet_id.in_(merged_with(one))) for one in outlets]
    shared = is_among(session, Report.claim_id, session.scalars(sa.intersect(*reported)))
    scored = read_scored_of(session, [outlet.id for outlet in outlets if outlet.scorable], lens, shared, now=now)
    return [{one.claim_id: one for one in scored.get(outlet.id, [])} for outlet in outlets]


def _describe_shared(claim_id: UUID, text: str, sides: Sequence[Scored]) -> dict[str, Any]:
    return {
        "id": str(claim_id),
        "text": text,
        "known_at": sides[0].known_at,
        "verdict": sides[0].claim.verdict,
        "sides": [
            {
                "stance": side.report.stance,
                "commitment": side.report.commitment,
                "published_at": side.report.published_at,
                "right": side.amounts.right / UNIT,
            }
            for side in sides
        ],
    }
