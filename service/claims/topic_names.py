"""List the names of topics without counts, at a bounded cost."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from service.storage.db import Database
from service.storage.models import Claim
from service.values.topics import lineage

_NEWEST = 10_000
"""The number of newest claims whose topics are offered as choices."""


def common_topics(db: Database, *, limit: int) -> list[str]:
    """Return the most frequent topics of the 10,000 newest claims, sorted by path.

    The cost does not depend on the number of claims.
    """
    newest = sa.select(Claim.topic, Claim.merged_into_id).order_by(Claim.id.desc()).limit(_NEWEST).subquery()
    rows = sa.select(newest.c.topic, sa.func.count()).group_by(newest.c.topic)
    counts: Counter[str] = Counter()
    with db.read() as session:
        for topic, claims in session.execute(
            rows.where(newest.c.topic.is_not(None), newest.c.merged_into_id.is_(None))
        ):
            counts.update(dict.fromkeys(lineage(topic), claims))
    return sorted((topic for topic, _ in counts.most_common(limit)), key=lambda topic: topic.split("/"))


def topics_below(db: Database, topic: str, *, limit: int) -> list[str]:
    """Return the topics directly below a topic, sorted by name.

    Topics are looked up in the index one after the other, so the cost does not depend on the number of claims.

    Args:
        db: The database.
        topic: The topic.
        limit: The maximum number of topics to look up, at any depth.
    """
    below = Claim.topic >= f"{topic}/", Claim.topic < f"{topic}0", Claim.merged_into_id.is_(None)
    found = sa.select(sa.func.min(Claim.topic).label("topic")).where(*below).cte("found", recursive=True)
    following = sa.select(sa.func.min(Claim.topic)).where(*below, Claim.topic > found.c.topic)
    found = found.union_all(sa.select(following.correlate(found).scalar_subquery()).where(found.c.topic.is_not(None)))
    with db.read() as session:
        topics = session.scalars(sa.select(found.c.topic).where(found.c.topic.is_not(None)).limit(limit))
        depth = topic.count("/") + 2
        return sorted({"/".join(path.split("/")[:depth]) for path in topics})
