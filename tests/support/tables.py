"""The content of tables."""

from __future__ import annotations

import sqlalchemy as sa

from service.cache.invalidation import invalidate_all
from service.cache.score_cache import ScoreCache
from service.storage.base import Base
from service.storage.db import Database


def rows(db: Database) -> dict[str, list[str]]:
    """Return every row of every table as text, by the name of the table."""
    with db.read() as session:
        return {
            name: sorted(map(repr, session.execute(sa.select(table)).all()))
            for name, table in Base.metadata.tables.items()
        }


def empty(db: Database, cache: ScoreCache) -> None:
    """Delete all rows except for the keys."""
    with db.engine.execution_options(write=True).begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name != "api_key":
                connection.execute(table.delete())
    invalidate_all(cache)
