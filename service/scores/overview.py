"""The overview of the whole record: totals, recent decisions, open claims in the news, and surprises.

Each part reads a limited number of rows in the order of an index, so the cost does not grow with the record.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeVarTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.claims.describe import summarise_claims
from service.claims.views import ListedClaim
from service.methods.claim import count_claim, positions
from service.methods.rates import UNIT
from service.methods.tally import Context
from service.outlets.positions import ReportedClaim, read_claims
from service.scores.read import context_of
from service.storage.db import Database
from service.storage.models import Claim, Outlet, Report, Resolution
from service.storage.predicates import counts_as, is_among, is_counted, is_newest, stands
from service.values.documents import members_of
from service.values.vocabulary import Basis, ClaimKind, Role

Columns = TypeVarTuple("Columns")

MAX_TOTAL = 100_000
"""The largest number of outlets or claims that is counted."""
MAX_DECIDED = 1000
"""The largest number of recent decisions that is counted."""
LISTED = 5
"""The number of claims in each list."""
SURPRISING_AMONG = 200
"""The number of claims, the most recently decided ones, among which surprises are found."""
PER_OUTLET = 2
"""A surprise is left out if each of its outlets has this number of claims in the list."""
LATEST_REPORTS = 2000
"""The number of reports, the most recently published ones, among which the most reported open claims are found."""
_WEEK = dt.timedelta(days=7)
_RESOLUTIONS = 1000
"""The number of resolutions, those with the latest answers, among which recent decisions are found."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The numbers of outlets and claims, without merged ones."""

    outlets: int
    claims: int
    decided: int
    """The number of claims with a verdict whose answer became public within a week."""


@dataclass(frozen=True, slots=True)
class OpenClaim(ListedClaim):
    """A claim without a verdict, with the number of outlets that take a side on it."""

    outlets: int


@dataclass(frozen=True, slots=True)
class Surprise(ListedClaim):
    """A claim on which most outlets were expected to be right and most were wrong, or the reverse."""

    outlets: int
    """The number of outlets that are scored on it."""
    right: float
    expected: float
    """The number of outlets that would have been right if all were average."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The overview at one moment."""

    as_of: dt.datetime
    changed_at: dt.datetime | None
    """When a claim or a resolution was last recorded; None without any."""
    totals: Totals
    decided: list[ListedClaim]
    """The claims whose answer became public last."""
    most_reported: list[OpenClaim]
    """The most reported claims without a verdict, among those of the latest reports."""
    surprises: list[Surprise]
    """The biggest surprises among the claims decided last."""


def read_overview(db: Database, *, now: dt.datetime) -> Overview:
    """Return the overview."""
    with db.read() as session:
        latest = _decided_last(session)
        decided = [claim_id for claim_id, _ in latest[:LISTED]]
        scored = [claim_id for claim_id, is_scored in latest if is_scored][:SURPRISING_AMONG]
        surprises = _surprises(session, scored, context_of(session, Basis.RESOLVED))
        reported = _most_reported(session)
        claims = _load(session, {*decided, *surprises, *reported}, now=now)
        return Overview(
            as_of=now,
            changed_at=_changed_at(session),
            totals=_totals(session, now=now),
            decided=[claims[claim_id] for claim_id in decided],
            most_reported=[
                OpenClaim(**members_of(claims[claim_id]), outlets=outlets) for claim_id, outlets in reported.items()
            ],
            surprises=[
                Surprise(
                    **members_of(claims[claim_id]), outlets=len(one.outlets), right=one.right, expected=one.expected
                )
                for claim_id, one in surprises.items()
            ],
        )


def _totals(session: Session, *, now: dt.datetime) -> Totals:
    week = _in_effect(sa.select(Resolution.claim_id)).where(Resolution.known_at > now - _WEEK)
    return Totals(
        outlets=_count(session, sa.select(Outlet.id).where(Outlet.merged_into_id.is_(None)), MAX_TOTAL),
        claims=_count(session, sa.select(Claim.id).where(Claim.merged_into_id.is_(None)), MAX_TOTAL),
        decided=_count(session, week, MAX_DECIDED),
    )


def _count(session: Session, rows: sa.Select[UUID], limit: int) -> int:
    return session.scalars(sa.select(sa.func.count()).select_from(rows.limit(limit).subquery())).one()


def _changed_at(session: Session) -> dt.datetime | None:
    latest = [session.scalar(sa.select(sa.func.max(table.recorded_at))) for table in (Claim, Resolution)]
    return max((moment for moment in latest if moment is not None), default=None)


def _in_effect(rows: sa.Select[*Columns]) -> sa.Select[*Columns]:
    """Limit resolutions to those in effect that have a verdict."""
    rows = rows.join(Claim, Claim.id == Resolution.claim_id)
    return rows.where(Resolution.verdict.is_not(None), Claim.merged_into_id.is_(None), is_newest())


def _decided_last(session: Session) -> list[tuple[UUID, bool]]:
    """Return the claims whose answer became public last, the last one first, and whether each is scored.

    They are those of the 1,000 resolutions with the latest answers that are in effect.
    """
    by_answer = Resolution.known_at.desc(), Resolution.claim_id.desc()
    # Limited before the other conditions, so that PostgreSQL checks them for few rows, also with outdated statistics.
    latest = sa.select(Resolution.id).order_by(*by_answer).limit(_RESOLUTIONS)
    ids = session.scalars(latest).all()
    rows = _in_effect(sa.select(Resolution.claim_id, Resolution.truth.is_not(None)))
    rows = rows.where(is_among(session, Resolution.id, ids)).order_by(*by_answer)
    return [(claim_id, is_scored) for claim_id, is_scored in session.execute(rows)]


class _Outcome(NamedTuple):
    """The results of the outlets that a claim is scored for."""

    outlets: list[UUID]
    right: float
    expected: float

    @property
    def is_contrary(self) -> bool:
        """Whether most outlets were expected to be right and most were not, or the reverse."""
        half = len(self.outlets) / 2
        return (self.right - half) * (self.expected - half) < 0


def _surprises(session: Session, claims: Sequence[UUID], context: Context) -> dict[UUID, _Outcome]:
    """Return the biggest surprises among some claims.

    The biggest surprise is the one on which the numbers of right and of expected outlets differ most; among equal ones,
    the first of the claims.
    """
    reported = list(read_claims(session, only=is_among(session, Report.claim_id, claims)))
    outlets = {report.outlet_id for claim in reported for report in claim.reports}
    rows = sa.select(Outlet.id).where(is_among(session, Outlet.id, outlets), Outlet.scorable)
    scorable = set(session.scalars(rows))
    found = {claim.id: _outcome(claim, scorable, context) for claim in reported}
    contrary = [(claim_id, found[claim_id]) for claim_id in claims if claim_id in found and found[claim_id].is_contrary]
    contrary.sort(key=lambda one: -round(abs(one[1].right - one[1].expected), 9))
    return dict(islice(_varied(contrary), LISTED))


def _varied(surprises: Iterable[tuple[UUID, _Outcome]]) -> Iterator[tuple[UUID, _Outcome]]:
    """Yield surprises, except those whose outlets all have two claims in the list."""
    listed: Counter[UUID] = Counter()
    for claim_id, outcome in surprises:
        if any(listed[outlet_id] < PER_OUTLET for outlet_id in outcome.outlets):
            listed.update(outcome.outlets)
            yield claim_id, outcome


def _outcome(claim: ReportedClaim, scorable: Collection[UUID], context: Context) -> _Outcome:
    outlets: list[UUID] = []
    right, expected = 0, 0.0
    for outlet_id, position in positions(claim.reports, claim.facts.known_at).items():
        slot, amounts = count_claim(claim.facts, position)
        if outlet_id in scorable and slot.role is Role.OWN and slot.cell is not None and amounts.resolved:
            outlets.append(outlet_id)
            right += amounts.right
            expected += context.expected(slot.cell)
    return _Outcome(outlets, right / UNIT, expected)


def _most_reported(session: Session) -> dict[UUID, int]:
    """Return the most reported claims without a verdict among the latest reports, with their numbers of outlets.

    Only outlets that take a side are counted.
    """
    latest = sa.select(Report.claim_id).order_by(Report.published_at.desc(), Report.claim_id.desc())
    candidates = set(session.scalars(latest.limit(LATEST_REPORTS)))
    is_open = ~stands(Resolution.verdict.is_not(None)) & (Claim.kind != ClaimKind.OPINION)
    rows = sa.select(Claim.id).where(is_among(session, Claim.id, candidates), Claim.merged_into_id.is_(None), is_open)
    found = session.scalars(rows).all()
    outlets = sa.func.count(counts_as(Outlet).distinct())
    counted = sa.select(Report.claim_id, outlets).join(Outlet, Outlet.id == Report.outlet_id)
    counted = counted.where(is_among(session, Report.claim_id, found), is_counted()).group_by(Report.claim_id)
    numbers = [(claim_id, number) for claim_id, number in session.execute(counted)]
    return dict(sorted(numbers, key=lambda one: (-one[1], one[0]))[:LISTED])


def _load(session: Session, ids: Iterable[UUID], *, now: dt.datetime) -> dict[UUID, ListedClaim]:
    rows = sa.select(Claim).options(selectinload(Claim.resolutions).selectinload(Resolution.disputes))
    claims = session.scalars(rows.where(is_among(session, Claim.id, ids))).all()
    return {claim.id: claim for claim in summarise_claims(session, claims, now=now)}
