"""Connections to SQLite and PostgreSQL, set up so that both behave the same."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

LOCK_TIMEOUT = "10s"
"""The time that a statement may wait for a lock on PostgreSQL."""
READ_TIMEOUT = "10s"
"""The time that a statement of a read may take on PostgreSQL. Statements with a good plan take far less, and gunicorn
and proxies time out only after 30 s."""
_SQLITE_LOCK_SECONDS = 10.0
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
"""The options that libpq validates only when it connects."""


def sqlite_url(file: Path) -> str:
    """Return the URL of a SQLite file.

    >>> sqlite_url(Path("/srv/100%41?.db")), sa.make_url("sqlite:////srv/100%2541%3F.db").database
    ('sqlite:////srv/100%2541%3F.db', '/srv/100%41?.db')
    """
    return f"sqlite:///{quote(str(file))}"


def make_engine(url: str) -> sa.Engine:
    """Return an engine, which connects on first use."""
    if url.startswith("sqlite"):
        engine = sa.create_engine(url, hide_parameters=True)
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    # Poolers in transaction mode, such as PgBouncer, reject start-up options and lose prepared statements.
    # With `autocommit`, transactions are begun by the event handler below.
    engine = sa.create_engine(
        url,
        hide_parameters=True,  # keeps user data out of the logs
        connect_args={
            "connect_timeout": 3,
            "autocommit": True,
            "prepare_threshold": None,
            "client_encoding": "utf8",  # psycopg returns text of other encodings as bytes
        },
        pool_pre_ping=True,  # so that no request fails after a restart of the database
        pool_size=5,
        pool_timeout=5,
    )
    sa.event.listen(engine, "begin", _begin_postgresql)
    return engine


def check_database_url(url: str) -> None:
    """Check a URL without connecting to the database.

    Raises:
        ValueError: The client would reject it. The message continues "it must be a URL" and contains no secret.
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
    if parsed.port == 0:  # SQLAlchemy would leave it out
        raise ValueError("with a number from 1 to 65535 as its port")
    _check_libpq(parsed)


def _check_libpq(url: sa.URL) -> None:
    """Check the options of a PostgreSQL URL as libpq does before it connects."""
    # Imported late, because it is slow and SQLite does not need it.
    from psycopg import pq  # noqa: PLC0415

    try:
        _, options = url.get_dialect()().create_connect_args(url)
    except sa.exc.ArgumentError:
        raise ValueError("with as many ports as hosts, or one port") from None
    options = {name: str(value) for name, value in options.items() if name != "context"}
    for port in filter(None, options.get("port", "").split(",")):
        if not _is_number(port, 65535) or int(port) == 0:
            raise ValueError("with a number from 1 to 65535 as its port")
    if any("\0" in value for value in options.values()):  # libpq would stop reading there
        raise ValueError("without NUL characters")
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    if not known.issuperset(options):
        raise ValueError("with options that exist")
    for name in _NUMBERS & options.keys():
        if not _is_number(options[name].removeprefix("-"), 2**31 - 1):
            raise ValueError(f"with a number for the option {name}")
    _check_other_options({name: value for name, value in options.items() if name not in ("host", "hostaddr", "port")})


def _check_other_options(options: dict[str, str]) -> None:
    """Let libpq validate options, which it does before it finds that there is no server in the folder."""
    from psycopg import Error, conninfo, pq  # noqa: PLC0415

    try:
        attempt = pq.PGconn.connect_start(conninfo.make_conninfo(**options, host="/nonexistent").encode())
    except (Error, ValueError):
        raise ValueError("with options that its client accepts") from None
    message = attempt.error_message.decode(errors="replace")
    attempt.finish()
    if not message.startswith("connection to server"):
        invalid = next((name for name in options if name in message.replace(" ", "_")), None)
        raise ValueError(f"with a valid value for the option {invalid}" if invalid else "with options that are valid")


def _is_number(text: str, highest: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= highest


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by the event handler below
    for pragma in (f"busy_timeout={_SQLITE_LOCK_SECONDS * 1000:.0f}", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    _set_wal(connection)


def _set_wal(connection: sqlite3.Connection) -> None:
    """Set WAL mode, in which readers and a writer do not block each other.

    SQLite ignores the busy timeout here, so concurrent attempts on a new file are retried.
    """
    deadline = time.monotonic() + _SQLITE_LOCK_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: sa.Connection) -> None:
    # A deferred transaction that reads and then writes fails with "database is locked" if another one wrote in between,
    # and the busy timeout does not apply.
    options = connection.get_execution_options()
    begin = "BEGIN IMMEDIATE" if options.get("write") else "BEGIN"
    if not options.get("nowait"):
        connection.exec_driver_sql(begin)
        return
    busy_timeout = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        connection.exec_driver_sql(begin)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {busy_timeout}")


def _begin_postgresql(connection: sa.Connection) -> None:
    """Begin a transaction with its settings, in one round trip.

    The settings are local to the transaction, so that a pooler does not leak them to other clients. The time zone is
    UTC because psycopg converts instants to it, and 9999-12-31T23:59Z does not exist east of UTC.
    """
    options = connection.get_execution_options()
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ" if options.get("read") else "BEGIN"
    lock_timeout = "1ms" if options.get("nowait") else LOCK_TIMEOUT
    statements = [begin, "SET LOCAL timezone = 'UTC'", f"SET LOCAL lock_timeout = '{lock_timeout}'"]
    if options.get("limited"):
        statements.append(f"SET LOCAL statement_timeout = '{READ_TIMEOUT}'")
    connection.exec_driver_sql("; ".join(statements))
