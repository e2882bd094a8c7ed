"""The records of outlets, added up from the rows. The rules stand in `provenance` and `scoring`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.models import Claim, Outlet, Report, Resolution, Withdrawal
from service.provenance import Filed, position
from service.scoring import ClaimFacts, Record
from service.vocabulary import Basis

Row: TypeAlias = sa.Row[*tuple[Any, ...]]


@dataclass(slots=True)
class OutletRecord:
    """An outlet and what is on record of it."""

    slug: str
    scorable: bool
    record: Record = field(default_factory=Record)
    changes_at: dt.datetime | None = None
    """When the next of its claims falls due, and `basis=matured` changes by itself."""


def read_records(
    session: Session,
    outlets: Sequence[Outlet] | None,
    *,
    topic: str | None,
    basis: Basis,
    as_of: dt.datetime | None,
    now: dt.datetime,
) -> list[OutletRecord]:
    """What is on record of each outlet.

    Args:
        session: A session that reads.
        outlets: The outlets asked for; None for all that have a score and reports to rest it on.
        topic: Only claims of this topic; None for all.
        basis: Which claims count (R16).
        as_of: Look only at what was published and known by then (R18); None for everything on record.
        now: The moment of the call.

    Returns:
        The records, in the order of the outlets given.
    """
    records = {outlet.id: OutletRecord(outlet.slug, outlet.scorable) for outlet in outlets or ()}
    # All are not named one by one, which is more than a statement can take.
    chosen = Outlet.scorable if outlets is None else Outlet.id.in_(list(records))
    rows = session.execute(_rows(chosen, topic=topic, as_of=as_of))
    for (outlet_id, _), group in groupby(rows, key=lambda row: (row.outlet_id, row.claim_id)):
        of_claim = list(group)
        if outlet_id not in records:
            records[outlet_id] = OutletRecord(of_claim[0].slug, of_claim[0].scorable)
        _add(records[outlet_id], of_claim, basis=basis, moment=as_of or now)
    return list(records.values())


def _add(outlet: OutletRecord, rows: list[Row], *, basis: Basis, moment: dt.datetime) -> None:
    """Count one claim, told by the outlet's reports on it."""
    claim = rows[0]
    due = claim.resolves_by
    if due is not None and due > moment:
        outlet.changes_at = due if outlet.changes_at is None else min(outlet.changes_at, due)
        if basis is Basis.MATURED:
            return
    facts = ClaimFacts(claim.kind, due, claim.verdict, claim.truth, claim.known_at)
    outlet.record.add(facts, position([_filed(row) for row in rows], claim.known_at), scorable=outlet.scorable)


def _filed(row: Row) -> Filed:
    return Filed(
        id=row.id,
        outlet_id=row.outlet_id,
        stance=row.stance,
        published_at=row.published_at,
        recorded_at=row.recorded_at,
        is_relay=row.is_relay,
        cited_id=row.cited_id,
    )


def _rows(
    chosen: sa.ColumnExpressionArgument[bool], *, topic: str | None, as_of: dt.datetime | None
) -> sa.Select[*tuple[Any, ...]]:
    """The outlets' reports with their claims and the resolutions that stand, by outlet, claim and order of reports."""
    later = aliased(Resolution)
    stands = [
        Resolution.claim_id == Claim.id,
        Resolution.verdict.is_not(None),
        ~sa.exists().where(later.supersedes_id == Resolution.id),
    ]
    if as_of is not None:
        stands.append(Resolution.known_at <= as_of)
    rows = (
        sa.select(
            Report.id,
            Report.outlet_id,
            Report.claim_id,
            Report.stance,
            Report.published_at,
            Report.recorded_at,
            Report.is_relay,
            Report.cited_id,
            Outlet.slug,
            Outlet.scorable,
            Claim.kind,
            Claim.resolves_by,
            Resolution.verdict,
            Resolution.truth,
            Resolution.known_at,
        )
        .join(Outlet, Outlet.id == Report.outlet_id)
        .join(Claim, Claim.id == Report.claim_id)
        .outerjoin(Resolution, sa.and_(*stands))
        .where(chosen, ~sa.exists().where(Withdrawal.report_id == Report.id))
        .order_by(Report.outlet_id, Report.claim_id, Report.published_at, Report.recorded_at, Report.id)
    )
    if topic is not None:
        rows = rows.where(Claim.topic == topic)
    return rows if as_of is None else rows.where(Report.published_at <= as_of)
