"""Current names of topics that were recorded under earlier names (R21b)."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.models import TopicRename
from service.values.topics import moved_topic

CONTEXTS = "refit of contexts"
"""The name of the lock that keeps a rename and a refit of the contexts from running at the same time."""


def standing_renames(session: Session, *conditions: sa.ColumnElement[bool]) -> Sequence[TopicRename]:
    """Return the renames of topics that have not been undone, oldest first."""
    rows = sa.select(TopicRename).where(TopicRename.undone_at.is_(None), *conditions)
    return session.scalars(rows.order_by(TopicRename.recorded_at, TopicRename.id)).all()


def current_name(topic: str, renames: Sequence[TopicRename]) -> str:
    """Return the current name of a topic, by applying renames in order."""
    for rename in renames:
        topic = moved_topic(topic, rename.source, rename.into)
    return topic
