"""The content of tables."""

from __future__ import annotations

import sqlalchemy as sa

from service.storage.base import Base
from service.storage.db import Database


def rows(db: Database) -> dict[str, list[str]]:
    """Return every row of every table as text, by the name of the table."""
    with db.read() as session:
        return {
            name: sorted(map(repr, session.execute(sa.select(table)).all()))
            for name, table in Base.metadata.tables.items()
        }
