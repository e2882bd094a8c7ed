"""All that is shown of one outlet together: its score, where it comes from, and how it came to be, at one moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from service.methods.context import Context
from service.methods.rates import UNIT
from service.outlets.find import describe_outlet, require_outlet
from service.outlets.track_record import Lens, OutletRecord, read_records
from service.scores.contexts import context_of
from service.scores.contributions import Scored, read_scored
from service.scores.describe import describe_score
from service.scores.explain import (
    claim_texts,
    describe_calibration,
    describe_contribution,
    describe_points,
    working_of,
)
from service.storage.db import Database
from service.storage.models import Outlet
from service.storage.versions import earlier_versions
from service.values.vocabulary import Basis

SHOWN = 8
"""How many claims, of the newest and of those that tell most."""
TOPICS = 20
"""How many topics, those with the most claims."""


def portray_outlet(db: Database, reference: str, *, lens: Lens, now: dt.datetime) -> dict[str, Any]:
    """An outlet with its score and everything that stands beside it.

    Args:
        db: The database.
        reference: The outlet's slug or id.
        lens: How to look at the record.
        now: The moment of the call.

    Returns:
        `outlet`, `earlier` (what was on record of it before, the latest first), `score`, `matured` (the score on
        that basis), `history` (points), `calibration`, `topics` (scores), `commitments`, `newest` and `telling`
        (claims with their parts in the score), and `expires_at`: when it is old without anything having been
        recorded.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        InvalidQuery: A moment lies ahead.
    """
    lens.refuse_future(now)
    ripe = replace(lens, basis=Basis.MATURED)
    with db.read() as session:
        outlet = require_outlet(session, reference, whole=True)
        context = context_of(session, lens.recorded_by)
        [record] = read_records(session, Outlet.id == outlet.id, lens, now=now)
        [ripe_record] = read_records(session, Outlet.id == outlet.id, ripe, now=now)
        scored = read_scored(session, outlet, lens, now=now)
        picked = _picked(session, record, scored, context, lens)
        earlier = earlier_versions(session, outlet.id)
    empty = OutletRecord(outlet.slug, outlet.scorable)
    return {
        "outlet": describe_outlet(outlet),
        "earlier": earlier,
        "score": describe_score(record, context, lens, now=now),
        "matured": describe_score(ripe_record, context, ripe, now=now),
        "history": list(describe_points(empty, scored, context, lens, now=lens.moment(now))),
        "calibration": describe_calibration(outlet, scored, lens, now=now),
        "topics": list(_by_topic(record, context, lens, now=now)),
        "commitments": list(_by_commitment(scored, context)),
        **picked,
        "expires_at": ripe_record.changes_at,
    }


def _picked(
    session: Session, record: OutletRecord, scored: Sequence[Scored], context: Context, lens: Lens
) -> dict[str, list[dict[str, Any]]]:
    """The newest claims, and those that move the score most."""
    if not scored:
        return {"newest": [], "telling": []}
    newest = sorted(scored, key=lambda one: (one.known_at, one.claim_id), reverse=True)[:SHOWN]
    telling = sorted(scored, key=lambda one: (-_surprise(one, context), one.claim_id))[:SHOWN]
    texts = claim_texts(session, {one.claim_id for one in (*newest, *telling)}, lens.recorded_by)
    working = working_of(record, context, lens.topic)
    return {
        name: [describe_contribution(one, texts[one.claim_id], working, context) for one in chosen]
        for name, chosen in (("newest", newest), ("telling", telling))
    }


def _surprise(one: Scored, context: Context) -> float:
    return abs(one.amounts.right / UNIT - context.expected(one.cell))


def _by_topic(record: OutletRecord, context: Context, lens: Lens, *, now: dt.datetime) -> Iterator[dict[str, Any]]:
    """The score on each topic, the one with the most claims first; claims without a topic are left out."""
    parts: dict[str, dict[Any, Any]] = {}
    for slot, amounts in record.parts.items():
        if slot.topic is not None:
            parts.setdefault(slot.topic, {})[slot] = amounts
    scores = [
        describe_score(replace(record, parts=held), context, replace(lens, topic=topic), now=now)
        for topic, held in parts.items()
    ]
    yield from sorted(scores, key=lambda score: (-score["record"]["resolved"], score["topic"]))[:TOPICS]


def _by_commitment(scored: Sequence[Scored], context: Context) -> Iterator[dict[str, Any]]:
    """How many claims proved right, and would have of an average outlet, by how far the reports went."""
    for level in (4, 3, 2, 1, None):
        held = [one for one in scored if one.report.commitment == level]
        if held:
            right = sum(one.amounts.right for one in held) / UNIT
            expected = sum(context.expected(one.cell) for one in held)
            yield {"commitment": level, "resolved": len(held), "right": right, "expected": expected}
