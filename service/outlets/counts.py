"""Count the own claims of outlets by their sums."""

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
    """Return the condition that an outlet is scored and has at least this number of resolved claims of its own."""
    resolved = sa.func.sum(Subtotal.correct + Subtotal.incorrect + Subtotal.partial)
    rows = sa.select(Subtotal.outlet_id).where(Subtotal.role == Role.OWN).group_by(Subtotal.outlet_id)
    # Read the ids first, because PostgreSQL may join a subquery with every outlet, row by row.
    return sa.and_(Outlet.scorable, is_among(session, Outlet.id, session.scalars(rows.having(resolved >= at_least))))


def resolved_by_topic(session: Session, outlets: Collection[UUID], topic: str | None) -> dict[UUID, Counter[str]]:
    """Return the numbers of resolved own claims by outlet and topic; with a topic, only of those on it or below it."""
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
    """Return the numbers of own claims and of resolved ones by outlet; with a topic, only of those on it or below it.

    Outlets without such claims are left out.
    """
    resolved = sa.func.sum(Subtotal.correct + Subtotal.incorrect + Subtotal.partial)
    rows = sa.select(Subtotal.outlet_id, sa.func.sum(Subtotal.claims), resolved).where(Subtotal.role == Role.OWN)
    if topic is not None:
        rows = rows.where(in_topic(Subtotal.topic, topic))
    rows = rows.where(is_among(session, Subtotal.outlet_id, outlets)).group_by(Subtotal.outlet_id)
    return {outlet_id: (int(claims), int(known)) for outlet_id, claims, known in session.execute(rows)}


def having_claims(session: Session, topic: str) -> sa.ColumnElement[bool]:
    """Return the condition that an outlet has claims of its own on a topic or below it."""
    rows = sa.select(Subtotal.outlet_id).where(Subtotal.role == Role.OWN, in_topic(Subtotal.topic, topic)).distinct()
    return is_among(session, Outlet.id, session.scalars(rows))  # read first, as in `having_resolved`
