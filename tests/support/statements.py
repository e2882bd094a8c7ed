"""The statements that a block sends to the database."""

from __future__ import annotations

import contextlib

import sqlalchemy as sa


@contextlib.contextmanager
def sent_statements(world):
    """Collect the statements of a block, apart from those that begin a transaction."""
    sent, engine = [], world.runtime.db.engine

    def note(_connection, _cursor, statement, *_):
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)
