"""Count the claims that outlets reported in their own name, from the stored sums."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.models import Outlet, Subtotal
from service.storage.predicates import in_topic, is_among
from service.values.vocabulary import Role


def having_resolved(session: Session, at_least: int) -> sa.ColumnElement[bool]:
    """Return the SQL condition that an outlet is scored and has `at_least` resolved claims of its own."""
    resolved = sa.func.sum(Subtotal.correct + Subtotal.incorrect + Subtotal.partial)
    rows = sa.select(Subtotal.outlet_id).where(Subtotal.role == Role.OWN).group_by(Subtotal.outlet_id)
    # Read the ids first, because PostgreSQL may join a subquery with every outlet, row by row.
    return sa.and_(Outlet.scorable, is_among(session, Outlet.id, session.scalars(rows.having(resolved >= at_least))))


def resolved_by_topic(session: Session, outlets: Collection[UUID], topic: str | None) -> dict[UUID, Counter[str]]:
    """Count resolved own claims by outlet and topic; with `topic`, only those on it or below it."""
    number = sa.func.sum(Subtotal.correct + Subtotal.incorrect + Subtotal.partial)
    rows = sa.select(Subtotal.outlet_id, Subtotal.topic, number).where(Subtotal.role == Role.OWN)
    rows = rows.where(Subtotal.topic != "" if topic is None else in_topic(Subtotal.topic, topic))
    rows = rows.where(is_among(session, Subtotal.outlet_id, outlets)).group_by(Subtotal.outlet_id, Subtotal.topic)
    found: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    for outlet_id, path, resolved in session.execute(rows):
        if resolved:
            found[outlet_id][path] = int(resolved)
    return found


def count_own_claims(session: Session, outlets: Collection[UUID], topic: str | None) -> dict[UUID, tuple[int, int]]:
    """Count own claims, all and resolved, by outlet; with `topic`, only those on it or below it.

    Outlets without such claims are left out.
    """
    resolved = sa.func.sum(Subtotal.correct + Subtotal.incorrect + Subtotal.partial)
    rows = sa.select(Subtotal.outlet_id, sa.func.sum(Subtotal.claims), resolved).where(Subtotal.role == Role.OWN)
    if topic is not None:
        rows = rows.where(in_topic(Subtotal.topic, topic))
    rows = rows.where(is_among(session, Subtotal.outlet_id, outlets)).group_by(Subtotal.outlet_id)
    return {outlet_id: (int(claims), int(known)) for outlet_id, claims, known in session.execute(rows)}


def having_claims(session: Session, topic: str) -> sa.ColumnElement[bool]:
    """Return the SQL condition that an outlet has claims of its own on a topic or below it."""
    rows = sa.select(Subtotal.outlet_id).where(Subtotal.role == Role.OWN, in_topic(Subtotal.topic, topic)).distinct()
    return is_among(session, Outlet.id, session.scalars(rows))  # read first, as in `having_resolved`
