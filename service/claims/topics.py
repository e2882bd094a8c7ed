"""List topics of claims, with counts."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.filters import has_status
from service.methods.claim import count_claim
from service.methods.reliability import RATED_FROM
from service.outlets.counts import having_resolved, resolved_by_topic
from service.outlets.positions import read_positions
from service.outlets.track_record import EVERYTHING
from service.storage.db import Database
from service.storage.models import Claim, Outlet, Resolution
from service.storage.predicates import in_topic
from service.values.topics import is_within, lineage
from service.values.vocabulary import ClaimStatus, Role


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic with the numbers of claims on it and on the topics below it."""

    topic: str
    claims: int
    open: int
    due: int
    resolved: int
    ranked_outlets: int
    """The number of outlets in the ranking of the topic with its default parameters."""

    @property
    def place(self) -> list[str]:
        """Return the sort key of topics, which puts those below a topic directly after it."""
        return self.topic.split("/")


@dataclass(frozen=True, slots=True)
class TopicList:
    """Topics with their counts, and the moment of the next change of the counts without a write."""

    items: list[TopicView]
    changes_at: dt.datetime | None
    """The moment when the next claim falls due, which changes the counts; None if none will."""


def list_topics(db: Database, *, topic: str | None = None, now: dt.datetime) -> TopicList:
    """Return the topics of claims and the topics above them, sorted by path (R21b).

    Args:
        db: The database.
        topic: Only this topic and the topics below it; None for all.
        now: The time of the call.
    """
    with db.read() as session:
        changes_at = session.scalar(sa.select(sa.func.min(Claim.resolves_by)).where(Claim.resolves_by > now))
        return TopicList(count_topics(session, topic, now=now), changes_at)


def count_topics(session: Session, topic: str | None, *, now: dt.datetime) -> list[TopicView]:
    """Return the topics as `list_topics` does, within the caller's transaction."""
    ranked = _count_ranked(session, topic, now=now)
    topics = [
        TopicView(
            topic=path,
            claims=by_status.total(),
            open=by_status[ClaimStatus.OPEN],
            due=by_status[ClaimStatus.DUE],
            resolved=by_status[ClaimStatus.RESOLVED],
            ranked_outlets=ranked[path],
        )
        for path, by_status in _count_claims(session, topic, now=now).items()
    ]
    return sorted(topics, key=lambda one: one.place)


def _count_claims(session: Session, scope: str | None, *, now: dt.datetime) -> dict[str, Counter[str | None]]:
    """Return the numbers of claims by topic and status, with None for all statuses not shown."""
    counted = (ClaimStatus.RESOLVED, ClaimStatus.DUE, ClaimStatus.OPEN)
    status = sa.case(*((has_status(one, now), one.value) for one in counted), else_=None)
    # Group by an expression. Otherwise, SQLite would follow the index on topics and read the claims in random order.
    topic = sa.func.coalesce(Claim.topic, "")
    rows = sa.select(topic.label("topic"), status.label("status"), sa.func.count()).group_by("topic", "status")
    rows = rows.where(topic != "" if scope is None else in_topic(Claim.topic, scope))
    rows = rows.where(Claim.merged_into_id.is_(None))
    counts: defaultdict[str, Counter[str | None]] = defaultdict(Counter)
    for path, found, claims in session.execute(rows):
        for above in _within(path, scope):
            counts[above][found] += claims
    return counts


def _count_ranked(session: Session, scope: str | None, *, now: dt.datetime) -> Counter[str]:
    """Return the number of ranked outlets by topic, on the basis `matured`."""
    outlets = session.scalars(sa.select(Outlet.id).where(having_resolved(session, RATED_FROM))).all()
    resolved = resolved_by_topic(session, outlets, scope)
    undue = sa.select(Claim.id).where(Claim.resolves_by > now)
    for entry in read_positions(session, outlets, EVERYTHING, on=undue, only=Resolution.truth.is_not(None)):
        slot, amounts = count_claim(entry.claim, entry.position)
        if slot.role is Role.OWN and slot.topic is not None:
            resolved[entry.outlet_id][slot.topic] -= amounts.resolved
    within = cache(_within)  # many outlets share few topics
    ranked: Counter[str] = Counter()
    for by_topic in resolved.values():
        sums: defaultdict[str, int] = defaultdict(int)
        for topic, number in by_topic.items():
            for path in within(topic, scope):
                sums[path] += number
        ranked.update(path for path, number in sums.items() if number >= RATED_FROM)
    return ranked


def _within(topic: str, scope: str | None) -> list[str]:
    """Return a topic and the topics above it, but none above the scope."""
    return [path for path in lineage(topic) if scope is None or is_within(path, scope)]
