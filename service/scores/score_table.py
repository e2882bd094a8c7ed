"""List the scores of all outlets, for tables with one row per outlet or domain."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.ledger.seal import LAST_HEAD
from service.outlets.track_record import Condition, Lens
from service.scores.describe import describe_score
from service.scores.read import context_of, read_records
from service.scores.score import Score
from service.storage.models import Outlet, OutletDomain
from service.storage.predicates import (
    by_bytes,
    counts_as,
    is_among,
)


class TableRow(NamedTuple):
    """The score of an outlet as one row of a table."""

    slug: str
    mean: float | None
    """The mean of the adjusted reliability; it and its bounds are None if no claim is resolved."""
    lower: float | None
    upper: float | None
    resolved: int
    status: str
    as_of: str


def table_row(score: Score, as_of: str) -> TableRow:
    """Return a score as a row of a table; `as_of` is the text for its moment."""
    adjusted = score.adjusted
    return TableRow(
        slug=score.outlet,
        mean=None if adjusted is None else adjusted.mean,
        lower=None if adjusted is None else adjusted.lower,
        upper=None if adjusted is None else adjusted.upper,
        resolved=score.record.resolved,
        status=score.status,
        as_of=as_of,
    )


def listed_outlets(session: Session) -> Iterator[str]:
    """Yield the slugs of all outlets that have a score."""
    rows = sa.select(Outlet.slug).where(Outlet.scorable, Outlet.merged_into_id.is_(None))
    yield from session.scalars(rows.order_by(by_bytes(session, Outlet.slug)))


def listed_domains(session: Session, at: dt.datetime) -> Iterator[tuple[str, str]]:
    """Yield the domains that outlets have at a moment, each with the slug of the scored outlet (R22)."""
    owner = aliased(Outlet)
    rows = (
        sa.select(OutletDomain.domain, Outlet.slug)
        .join(owner, owner.id == OutletDomain.outlet_id)
        .join(Outlet, Outlet.id == counts_as(owner))
        .where(
            Outlet.scorable,
            sa.or_(OutletDomain.starts_at.is_(None), OutletDomain.starts_at <= at),
            sa.or_(OutletDomain.ends_at.is_(None), OutletDomain.ends_at > at),
        )
        .distinct()
    )
    found = [(str(domain), str(slug)) for domain, slug in session.execute(rows)]
    yield from sorted(found)


_STREAMED = 500
"""The number of outlets whose records are read at a time."""


def stream_scores(session: Session, *conditions: Condition, lens: Lens, now: dt.datetime) -> Iterator[Score]:
    """Yield the scores of all scorable outlets that meet the conditions, sorted by slug.

    Raises:
        InvalidQuery: `as_of` or `recorded_by` is in the future.
    """
    lens.refuse_future(now)
    rows = sa.select(Outlet.id).where(Outlet.scorable, Outlet.merged_into_id.is_(None), *conditions)
    outlets = session.scalars(rows.order_by(by_bytes(session, Outlet.slug))).all()
    context, head = context_of(session, lens.basis, lens.recorded_by), session.scalar(LAST_HEAD)
    for start in range(0, len(outlets), _STREAMED):
        chosen = is_among(session, Outlet.id, outlets[start : start + _STREAMED])
        records = read_records(session, chosen, lens, now=now)
        for record in sorted(records, key=lambda each: each.slug):
            yield describe_score(record, context, lens, now=now, ledger=head)
