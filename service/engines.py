"""Connect to either database, so that both do the same."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import sqlalchemy as sa

from service.identity import words_of

LOCK_TIMEOUT = "10s"
"""How long PostgreSQL waits for a lock."""
_PATIENCE = 10.0  # seconds that SQLite waits for one


def make_engine(url: str) -> sa.Engine:
    """An engine that connects when it is asked for the first time."""
    if url.startswith("sqlite"):
        engine = sa.create_engine(url, hide_parameters=True)
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    # The session's zone is fixed because psycopg reads instants in it, and 9999-12-31T23:59Z has none east of UTC.
    # A connection is tried before use, so that a restart of the database costs nobody an answer.
    # A lock is waited for as long as on SQLite.
    return sa.create_engine(
        url,
        hide_parameters=True,  # what was sent does not belong in the logs
        connect_args={"connect_timeout": 3, "options": f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT}"},
        pool_pre_ping=True,
        pool_size=5,
        pool_timeout=5,
    )


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the begin event below decides, not sqlite3
    connection.create_function("words_of", 1, words_of, deterministic=True)  # for the full text of claims
    for pragma in (f"busy_timeout={_PATIENCE * 1000:.0f}", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    _set_wal(connection)


def _set_wal(connection: sqlite3.Connection) -> None:
    """Have readers and a writer not wait for each other. Of several that do so to a new file, SQLite lets none wait."""
    deadline = time.monotonic() + _PATIENCE
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: sa.Connection) -> None:
    # A deferred transaction that reads and then writes fails with "database is
    # locked" at once when another one wrote in between; busy_timeout does not help.
    write = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
