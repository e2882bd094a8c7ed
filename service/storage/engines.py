"""Connect to either database, so that both do the same."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import sqlalchemy as sa

from service.values.names import words_of

LOCK_TIMEOUT = "10s"
"""How long a statement may wait for a lock on PostgreSQL."""
READ_TIMEOUT = "10s"
"""How long a statement of a read may take on PostgreSQL: far longer than any that is planned well, and short enough for
the answer to come before gunicorn and proxies give up after 30 s."""
_PATIENCE = 10.0  # seconds that SQLite waits for one
_NUMBERS = frozenset(
    {
        "connect_timeout",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "tcp_user_timeout",
    }
)
"""The options of libpq that it does not read before it connects."""


def make_engine(url: str) -> sa.Engine:
    """An engine that connects when it is asked for the first time."""
    if url.startswith("sqlite"):
        engine = sa.create_engine(url, hide_parameters=True)
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    # A pooler in transaction mode, as pgbouncer, refuses start-up options and does not keep prepared statements.
    # `autocommit` leaves it to the begin event below to begin transactions.
    engine = sa.create_engine(
        url,
        hide_parameters=True,  # what was sent does not belong in the logs
        connect_args={"connect_timeout": 3, "autocommit": True, "prepare_threshold": None},
        pool_pre_ping=True,  # a restart of the database fails no request
        pool_size=5,
        pool_timeout=5,
    )
    sa.event.listen(engine, "begin", _begin_postgresql)
    return engine


def check_database_url(url: str) -> None:
    """Check a URL without connecting to the database.

    Raises:
        ValueError: A client would refuse it; the message continues "it must be a URL" and has no secret in it.
    """
    try:
        parsed = sa.make_url(url)
        url.encode()
    except (ValueError, sa.exc.ArgumentError):
        raise ValueError("in UTF-8 with a number as its port") from None
    if parsed.get_backend_name() == "sqlite":
        if parsed.query:
            raise ValueError("without options")
        return
    _check_libpq(parsed)


def _check_libpq(url: sa.URL) -> None:
    """Check the options of a URL for PostgreSQL as its client library does before it connects."""
    # Imported late, since it takes a while and SQLite needs none of it.
    from psycopg import Error, conninfo, pq  # noqa: PLC0415

    try:
        _, options = url.get_dialect()().create_connect_args(url)
    except sa.exc.ArgumentError:
        raise ValueError("with as many ports as hosts, or one port") from None
    options = {name: str(value) for name, value in options.items() if name != "context"}
    for port in filter(None, options.get("port", "").split(",")):
        if not _is_number(port, 65535):
            raise ValueError("with a number from 1 to 65535 as its port")
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    if not known.issuperset(options):
        raise ValueError("with options that exist")
    for name in _NUMBERS & options.keys():
        if not _is_number(options[name].removeprefix("-"), 2**31 - 1):
            raise ValueError(f"with a number for the option {name}")
    # libpq itself judges the others, before it finds that there is no server in this folder.
    options = {name: value for name, value in options.items() if name not in ("host", "hostaddr", "port")}
    try:
        attempt = pq.PGconn.connect_start(conninfo.make_conninfo(**options, host="/nonexistent").encode())
    except (Error, ValueError):
        raise ValueError("with options that its client accepts") from None
    said = attempt.error_message.decode(errors="replace")
    attempt.finish()
    if not said.startswith("connection to server"):
        named = next((name for name in options if name in said.replace(" ", "_")), None)
        raise ValueError(f"with a valid value for the option {named}" if named else "with options that are valid")


def _is_number(text: str, highest: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= highest


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
    options = connection.get_execution_options()
    begin = "BEGIN IMMEDIATE" if options.get("write") else "BEGIN"
    if not options.get("at_once"):
        connection.exec_driver_sql(begin)
        return
    usual = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        connection.exec_driver_sql(begin)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {usual}")


def _begin_postgresql(connection: sa.Connection) -> None:
    """Begin a transaction with its settings, in one round trip.

    The settings are local to the transaction, so that a pooler does not hand them to other clients. The zone is fixed
    because psycopg reads instants in it, and 9999-12-31T23:59Z does not exist east of UTC.
    """
    options = connection.get_execution_options()
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ" if options.get("read") else "BEGIN"
    lock_timeout = "1ms" if options.get("at_once") else LOCK_TIMEOUT
    statements = [begin, "SET LOCAL timezone = 'UTC'", f"SET LOCAL lock_timeout = '{lock_timeout}'"]
    if options.get("limited"):
        statements.append(f"SET LOCAL statement_timeout = '{READ_TIMEOUT}'")
    connection.exec_driver_sql("; ".join(statements))
