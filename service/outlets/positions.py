"""Read outlets' positions on claims, and claims with their reports, now or at a past moment (R18)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.methods.claim import ClaimFacts, Filed, Position, position
from service.outlets.earlier_contents import Content, earlier_contents
from service.outlets.find import filing_for
from service.outlets.track_record import EVERYTHING, Condition, Lens
from service.storage.models import Claim, Outlet, Report, Resolution, Version, Withdrawal
from service.storage.predicates import counts_as, in_topic, is_among, newest_id
from service.values.topics import is_within
from service.values.vocabulary import Basis, Stance

Row: TypeAlias = sa.Row[*tuple[Any, ...]]
Rows: TypeAlias = sa.Select[*tuple[Any, ...]]

_FETCHED = 2000  # rows
_FEW = 200
"""The maximum number of outlets for which an index is used to look up their reports."""
_ANY = sa.true()
_FILER, _CITED = aliased(Outlet), aliased(Outlet)
_COLUMNS = (
    Report.id,
    counts_as(_FILER).label("outlet_id"),
    Report.claim_id,
    Report.stance,
    Report.commitment,
    Report.probability,
    Report.published_at,
    Report.published_precision,
    Report.recorded_at,
    Report.is_relay,
    counts_as(_CITED).label("cited_id"),
    Claim.external_id,
    Claim.group,
    Claim.kind,
    Claim.topic,
    Claim.resolves_by,
    Resolution.verdict,
    Resolution.truth,
    Resolution.known_at,
    Resolution.known_precision,
)
"""The columns of a report, of its claim, and of the resolution in effect."""


class ClaimPosition(NamedTuple):
    """The position of an outlet on a claim, with the facts of the claim."""

    outlet_id: UUID
    claim_id: UUID
    claim: ClaimFacts
    position: Position


def is_counted(entry: ClaimPosition, lens: Lens, *, now: dt.datetime) -> bool:
    """Return whether a claim counts on the basis of a lens (R16)."""
    due = entry.claim.resolves_by
    return lens.basis is Basis.RESOLVED or due is None or due <= lens.moment(now)


def read_positions(
    session: Session,
    outlets: Collection[UUID],
    lens: Lens,
    *,
    on: sa.Select[UUID] | None = None,
    only: Condition = _ANY,
) -> Iterator[ClaimPosition]:
    """Yield the position of each outlet on each of its claims, by outlet and claim (R18).

    The basis of the lens is ignored; `is_counted` applies it.

    Args:
        session: The session.
        outlets: The ids of the outlets.
        lens: The part of the record to read.
        on: The ids of the claims; None for all claims.
        only: A condition on the report, its claim and the resolution in effect.
    """
    if len(outlets) <= _FEW:
        chosen = is_among(session, Report.outlet_id, filing_for(session, outlets))
    else:
        # With outdated statistics, PostgreSQL would look up each of the outlets in an index once per claim.
        chosen = is_among(session, counts_as(_FILER), outlets)
    statement = _rows(session, lens, chosen, only, *([] if on is None else [Report.claim_id.in_(on)]))
    earlier = _earlier_contents(session, statement, lens)
    rows = session.execute(statement, execution_options={"yield_per": _FETCHED})
    for (outlet_id, claim_id), group in groupby(rows, key=lambda row: (row.outlet_id, row.claim_id)):
        reports = list(group)
        facts = _facts(reports[0], earlier.get(claim_id))
        if lens.topic is None or is_within(facts.topic, lens.topic):
            filed = [_filed(row, earlier.get(row.id)) for row in reports]
            yield ClaimPosition(outlet_id, claim_id, facts, position(filed, facts.known_at))


class ReportedClaim(NamedTuple):
    """A claim with all its reports."""

    id: UUID
    external_id: str | None
    group: str | None
    facts: ClaimFacts
    reports: list[Filed]
    """Sorted by publication, then by recording."""


def read_claims(session: Session, *, only: Condition = _ANY) -> Iterator[ReportedClaim]:
    """Yield every claim that has reports, with all its reports, in the order of ids."""
    statement = _rows(session, EVERYTHING, only).order_by(None)
    statement = statement.order_by(Report.claim_id, Report.published_at, Report.recorded_at, Report.id)
    rows = session.execute(statement, execution_options={"yield_per": _FETCHED})
    for claim_id, group in groupby(rows, key=lambda row: row.claim_id):
        reports = list(group)
        first = reports[0]
        filed = [_filed(row, None) for row in reports]
        yield ReportedClaim(claim_id, first.external_id, first.group, _facts(first, None), filed)


def _facts(row: Row, earlier: Content | None) -> ClaimFacts:
    members = row.kind, row.topic, row.resolves_by
    facts = ClaimFacts(*members, row.verdict, row.truth, row.known_at, row.known_precision)
    if earlier is None:
        return facts
    due = earlier["resolves_by"]
    return facts._replace(topic=earlier["topic"], resolves_by=None if due is None else dt.datetime.fromisoformat(due))


def _earlier_contents(session: Session, rows: Rows, lens: Lens) -> dict[UUID, Content]:
    """Return the earlier contents of the claims and reports that changed after the moment of the lens."""
    changed = [] if lens.recorded_by is None else [Version.recorded_at > lens.recorded_by]
    if lens.unseen is not None:
        changed.append(is_among(session, Version.id, lens.unseen.versions))
    if not changed:
        return {}
    claims, reports = (rows.with_only_columns(column).order_by(None) for column in (Report.claim_id, Report.id))
    read = Version.subject_id.in_(claims) | Version.subject_id.in_(reports)
    return earlier_contents(session, sa.and_(sa.or_(*changed), read))


def _filed(row: Row, earlier: Content | None) -> Filed:
    if earlier is not None:
        return _filed(row, None)._replace(
            stance=Stance(earlier["stance"]), commitment=earlier["commitment"], probability=earlier["probability"]
        )
    return Filed(
        id=row.id,
        outlet_id=row.outlet_id,
        stance=row.stance,
        published_at=row.published_at,
        recorded_at=row.recorded_at,
        relays=row.is_relay,
        cited_id=row.cited_id,
        commitment=row.commitment,
        probability=row.probability,
        published_precision=row.published_precision,
    )


def _rows(session: Session, lens: Lens, *conditions: Condition) -> Rows:
    """Select reports with their claims and resolutions in effect, sorted by outlet, claim and publication."""
    by, unseen = lens.recorded_by, lens.unseen
    resolutions: list[Condition] = []
    withdrawals = _by(Withdrawal.recorded_at, by)
    if unseen is not None:
        conditions += (~is_among(session, Report.id, unseen.reports),)
        resolutions.append(~is_among(session, Resolution.id, unseen.resolutions))
        withdrawals.append(~is_among(session, Withdrawal.report_id, unseen.withdrawn))
    in_effect = [
        Resolution.id == newest_id(by, *resolutions),
        Resolution.verdict.is_not(None),
        *_by(Resolution.known_at, lens.as_of),
    ]
    withdrawn = sa.exists().where(Withdrawal.report_id == Report.id, *withdrawals)
    rows = (
        sa.select(*_COLUMNS)
        .select_from(Report)
        .join(_FILER, _FILER.id == Report.outlet_id)
        .outerjoin(_CITED, _CITED.id == Report.cited_id)
        .join(Claim, Claim.id == Report.claim_id)
        .outerjoin(Resolution, sa.and_(*in_effect))
        .where(*conditions, ~withdrawn, *_by(Report.recorded_at, by), *_by(Report.published_at, lens.as_of))
        .order_by(counts_as(_FILER), Report.claim_id, Report.published_at, Report.recorded_at, Report.id)
    )
    # At a past moment a claim may have had another topic, so its topic is checked later.
    is_past = by is not None or unseen is not None
    return rows if lens.topic is None or is_past else rows.where(in_topic(Claim.topic, lens.topic))


def _by(column: sa.orm.InstrumentedAttribute[dt.datetime], moment: dt.datetime | None) -> list[Condition]:
    return [] if moment is None else [column <= moment]
