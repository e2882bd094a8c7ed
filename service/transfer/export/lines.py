"""Export outlets, claims and resolutions as lines that an import can read.

Resolutions that are not in effect are omitted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import TypeAlias, Unpack
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.claims.filters import ClaimFilters, claim_conditions
from service.outlets.describe import WHOLE, outlet_state
from service.outlets.find import filtering_outlet
from service.storage.models import Claim, Outlet, Resolution, Version
from service.storage.predicates import by_bytes, counts_as, is_newest, merged_with
from service.values.instants import format_instant
from service.values.vocabulary import OutletKind, Verdict

Line: TypeAlias = Mapping[str, object]
"""An exported line as a JSON object."""

STREAMED = {"yield_per": 1000}
"""Execution options that fetch rows in batches, to limit memory."""

OUTLET_COLUMNS = ("slug", "name", "kind", "domains", "aliases", "parent", "scorable", "merged_into")
CLAIM_COLUMNS = ("external_id", "text", "kind", "topic", "tags", "resolves_by", "group")
RESOLUTION_COLUMNS = ("claim", "verdict", "truth", "known_at", "known_precision", "evidence", "note")


def outlet_lines(
    session: Session, *, since: dt.datetime | None = None, kind: OutletKind | None = None, parent: str | None = None
) -> Iterator[Line]:
    """Yield the outlets that match all filters, each after its parent. Merged outlets come last.

    Raises:
        InvalidQuery: The filter names an unknown parent.
    """
    rows = _select_outlets(session)
    if kind is not None:
        rows = rows.where(Outlet.kind == kind)
    if parent is not None:
        rows = rows.where(Outlet.parent_id.in_(merged_with(filtering_outlet(session, parent, "parent"))))
    if since is not None:
        rows = rows.where(sa.or_(is_changed(Outlet, since), Outlet.merged_at >= since))
    for outlet in session.scalars(rows.options(*WHOLE), execution_options=STREAMED):
        state = outlet_state(outlet)
        yield {"type": "outlet", **{name: getattr(state, name) for name in OUTLET_COLUMNS}}


def claim_lines(
    session: Session, *, since: dt.datetime | None = None, now: dt.datetime, **filters: Unpack[ClaimFilters]
) -> Iterator[Line]:
    """Yield the claims that match all filters, oldest first.

    Raises:
        InvalidQuery: The filter names an unknown outlet.
    """
    rows = sa.select(Claim).where(*claim_conditions(session, filters, now=now)).order_by(Claim.id)
    if since is not None:
        rows = rows.where(is_changed(Claim, since))
    for claim in session.scalars(rows, execution_options=STREAMED):
        yield {
            "type": "claim",
            "external_id": claim_reference(claim.id, claim.external_id),
            "text": claim.text,
            "kind": claim.kind,
            "topic": claim.topic,
            "tags": claim.tags,
            "resolves_by": None if claim.resolves_by is None else format_instant(claim.resolves_by),
            "group": claim.group,
        }


def resolution_lines(
    session: Session, *, since: dt.datetime | None = None, now: dt.datetime, **filters: Unpack[ClaimFilters]
) -> Iterator[Line]:
    """Yield the resolutions in effect of the claims that match all filters, sorted by claim.

    Raises:
        InvalidQuery: The filter names an unknown outlet.
    """
    rows = (
        sa.select(Resolution, Claim.external_id)
        .join(Claim, Claim.id == Resolution.claim_id)
        .where(Resolution.verdict.is_not(None), is_newest(), *claim_conditions(session, filters, now=now))
        .order_by(Resolution.claim_id)
    )
    if since is not None:
        rows = rows.where(Resolution.recorded_at >= since)
    for resolution, external_id in session.execute(rows, execution_options=STREAMED):
        yield {
            "type": "resolution",
            "claim": claim_reference(resolution.claim_id, external_id),
            "verdict": resolution.verdict,
            "truth": resolution.truth if resolution.verdict is Verdict.PARTIAL else None,
            "known_at": format_instant(resolution.known_at),
            "known_precision": resolution.known_precision,
            "evidence": resolution.evidence,
            "note": resolution.note,
        }


def claim_reference(claim_id: UUID, external_id: str | None) -> str:
    """Return the id of a claim in exported lines: its external id, or its id if it has no external id."""
    return str(claim_id) if external_id is None else external_id


def _select_outlets(session: Session) -> sa.Select[Outlet]:
    parent, survives = aliased(Outlet), Outlet.merged_into_id.is_(None)
    top = sa.select(Outlet.id, sa.literal(0).label("depth")).where(Outlet.parent_id.is_(None), survives)
    above = top.cte(recursive=True)
    below = sa.select(Outlet.id, above.c.depth + 1).join(parent, parent.id == Outlet.parent_id).where(survives)
    under = above.union_all(below.join(above, above.c.id == counts_as(parent)))
    rows = sa.select(Outlet).outerjoin(under, under.c.id == Outlet.id)
    return rows.order_by(survives.desc(), under.c.depth, by_bytes(session, Outlet.slug))


def is_changed(model: type[Outlet | Claim], since: dt.datetime) -> sa.ColumnElement[bool]:
    """Return the condition that an outlet or claim was recorded or changed since an instant."""
    changed = sa.select(Version.subject_id).where(Version.recorded_at >= since)
    return sa.or_(model.recorded_at >= since, model.id.in_(changed))
