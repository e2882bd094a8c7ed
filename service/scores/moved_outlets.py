"""Find the outlets whose place in the stored order may be outdated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.cache.invalidation import STANDING
from service.storage.models import Claim, Outbox, Outlet, Report, Resolution, Standing
from service.storage.models.outbox import Invalidation
from service.storage.predicates import counts_as, is_among
from service.values.vocabulary import Basis

_FILER = aliased(Outlet)
IN_QUEUE = sa.select(Outbox.id, Outbox.payload).where(Outbox.kind == STANDING).order_by(Outbox.id)
"""Select the rows of the outbox that list outlets whose standings need an update."""


def moved_outlets(session: Session, basis: Basis, *, at: dt.datetime) -> set[str] | None:
    """Return the slugs of outlets whose stored standings may be wrong at a moment; None for all outlets."""
    if (queued := outlets_in(session.execute(IN_QUEUE))) is None:
        return None
    if basis is Basis.MATURED:
        outdated = sa.or_(Standing.valid_until <= at, Standing.computed_at > at)
        queued.update(session.scalars(sa.select(Standing.slug).where(Standing.basis == basis, outdated)))
    return queued


def changed_after(session: Session, moment: dt.datetime) -> Iterable[str]:
    """Return the slugs of outlets with a report, an answer or a due date after a moment."""
    late = (
        sa.select(Report.id).where(Report.published_at > moment),
        sa.select(Report.id)
        .join(Resolution, Resolution.claim_id == Report.claim_id)
        .where(Resolution.known_at > moment),
        sa.select(Report.id).join(Claim, Claim.id == Report.claim_id).where(Claim.resolves_by > moment),
    )
    found: set[str] = set()
    for rows in late:
        outlets = rows.with_only_columns(Report.outlet_id, maintain_column_froms=True).distinct()
        filers = session.scalars(outlets).all()
        counted = sa.select(counts_as(_FILER)).where(is_among(session, _FILER.id, filers))
        found.update(session.scalars(sa.select(Outlet.slug).where(Outlet.id.in_(counted))))
    return found


def outlets_in(rows: Iterable[sa.Row[UUID, Invalidation]]) -> set[str] | None:
    """Return the slugs of the outlets that rows of the outbox list; None for all outlets."""
    found: set[str] = set()
    for row in rows:
        if (outlets := row.payload["outlets"]) is None:
            return None
        found.update(outlets)
    return found
