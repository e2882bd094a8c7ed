"""The database: its connections, read sessions, journaled write sessions, and retries after conflicts."""

from __future__ import annotations

import functools
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from service.errors import QueryTimeout, Unavailable
from service.storage.base import Base
from service.storage.db_errors import LOCK_NOT_AVAILABLE, QUERY_CANCELED, WriteConflict, is_conflict, sqlstate_of
from service.storage.journal import JournaledSession
from service.storage.locks import LOCK_TIMEOUT, file_lock, lock_statements
from service.storage.search_columns import derive_on_write

log = logging.getLogger(__name__)
derive_on_write()

P = ParamSpec("P")
R = TypeVar("R")

_ATTEMPTS = 4
_AFTER_COMMIT = "after commit"
READ_TIMEOUT = "10s"
"""The timeout of each statement in a read session on PostgreSQL.

Statements with a good plan take far less, and gunicorn and proxies time out only after 30 s.
"""
_SQLITE_LOCK_SECONDS = 10.0
_RESULTS = ("SET LOCAL timezone = 'UTC'", "SET LOCAL datestyle = 'ISO'", "SET LOCAL extra_float_digits = 1")
_TIMEOUTS = {"connect_timeout": 3, "keepalives_idle": 10, "keepalives_interval": 5, "tcp_user_timeout": 10_000}
"""Connection options that detect a dead host within seconds; the defaults take a quarter of an hour."""


class Database:
    """A connection pool, and the sessions in which use cases read and write.

    `write()` commits when its block ends without an exception, and adds a ledger entry for every row it writes. A
    `write()` inside another one joins the outer transaction.

    All statements of one `read()` see the same snapshot. On PostgreSQL each statement is limited to `READ_TIMEOUT`;
    SQLite has no such limit.
    """

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        reading = self.engine.execution_options(read=True)
        writing = self.engine.execution_options(write=True)
        self._read = sessionmaker(reading.execution_options(limited=True), expire_on_commit=False)
        self._read_unlimited = sessionmaker(reading, expire_on_commit=False)
        self._write = sessionmaker(writing, class_=JournaledSession, expire_on_commit=False)
        self._write_unjournaled = sessionmaker(writing, expire_on_commit=False)
        self._write_nowait = sessionmaker(writing.execution_options(nowait=True))
        self._current: ContextVar[Session | None] = ContextVar("session of the current write", default=None)

    @contextmanager
    def read(self, *, unlimited: bool = False) -> Iterator[Session]:
        """Open a read session, whose statements all see the same snapshot.

        Args:
            unlimited: Whether statements may take longer than `READ_TIMEOUT`. Only for commands, the worker and the
                export; never for other requests.

        Raises:
            QueryTimeout: A statement took longer than `READ_TIMEOUT`.
        """
        with (self._read_unlimited if unlimited else self._read)() as session:
            try:
                yield session
            except sa.exc.DBAPIError as exc:
                if sqlstate_of(exc) != QUERY_CANCELED:
                    raise
                raise QueryTimeout("The database took too long to answer. Narrow the request, or try later.") from exc

    @property
    def is_writing(self) -> bool:
        """Whether the caller is inside a `write()`."""
        return self._current.get() is not None

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a write session, which commits at the end of the block and then runs `after_commit` callbacks."""
        if (outer := self._current.get()) is not None:
            yield outer
            outer.flush()  # raises constraint violations here, as an outermost write does
            return
        with self._write.begin() as session:
            token = self._current.set(session)
            try:
                yield session
            finally:
                self._current.reset(token)
        for callback in session.info.pop(_AFTER_COMMIT, []):
            callback()

    @contextmanager
    def write_locked(self, name: str, *, timeout: float) -> Iterator[Session]:
        """Open a write session while holding a named lock, which no other thread or process can hold.

        Args:
            name: The name of the lock.
            timeout: The seconds to wait for the lock.

        Raises:
            TimeoutError: Another caller held the lock longer than the timeout.
        """
        if self.engine.dialect.name == "postgresql":
            with self.write() as session:
                _begin_locked(session, name, timeout)
                yield session
        else:
            # Lock before the transaction begins: BEGIN IMMEDIATE waits for all writers, not only for this lock.
            with file_lock(Path(f"{self.engine.url.database}-names"), name, timeout), self.write() as session:
                yield session

    def write_restored(self) -> AbstractContextManager[Session]:
        """Open a session that adds no ledger entries, to restore rows together with their original entries."""
        return self._write_unjournaled.begin()

    def write_nowait(self) -> AbstractContextManager[Session]:
        """Open a session for unjournaled columns, in which statements fail instead of waiting for a lock."""
        return self._write_nowait.begin()

    def analyze(self) -> None:
        """Refresh the statistics of the query planner after many rows have been added.

        A failure is only logged, because the old statistics still work.
        """
        if self.engine.dialect.name == "postgresql":
            statements = [f"ANALYZE {', '.join(Base.metadata.tables)}"]
        else:
            statements = ["PRAGMA analysis_limit = 1000", "ANALYZE"]
        try:
            with self._write_unjournaled.begin() as session:
                for statement in statements:
                    session.connection().exec_driver_sql(statement)
        except sa.exc.DBAPIError as exc:
            log.warning("The tables could not be analyzed: %s", exc)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def ping(self) -> None:
        """Check that the database answers.

        Raises:
            Unavailable: The database did not answer.
        """
        try:
            with self.engine.connect() as connection:
                connection.execute(sa.select(1))
        except sa.exc.DBAPIError as exc:
            raise Unavailable("The database does not answer.") from exc


def _begin_locked(session: Session, name: str, timeout: float) -> None:
    """Begin a PostgreSQL transaction, and acquire a named lock in the same round trip.

    Raises:
        TimeoutError: Another transaction held the lock longer than the timeout.
    """
    try:
        session.connection(execution_options={"lock": (name, timeout)})
    except sa.exc.OperationalError as exc:
        if sqlstate_of(exc) != LOCK_NOT_AVAILABLE:
            raise
        raise TimeoutError(f"Another transaction holds the lock {name!r}") from exc


def after_commit(session: Session, callback: Callable[[], object]) -> None:
    """Register a callback to run right after the transaction of a `write()` is committed.

    Use it for effects that other processes must not see before the commit. A crash right after the commit skips the
    callback, so an effect that must not be lost belongs in the transaction.
    """
    session.info.setdefault(_AFTER_COMMIT, []).append(callback)


def retried(use_case: Callable[Concatenate[Database, P], R]) -> Callable[Concatenate[Database, P], R]:
    """Retry a use case after a conflict with another writer.

    Two writers that insert the same row collide at a unique constraint, and PostgreSQL breaks deadlocks by rolling one
    transaction back. A retry sees the rows of the other writer. A use case inside a `write()` of its caller is not
    retried, because only a whole transaction can be.
    """

    @functools.wraps(use_case)
    def attempt(db: Database, /, *args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(0 if db.is_writing else _ATTEMPTS - 1):
            try:
                return use_case(db, *args, **kwargs)
            except (sa.exc.DBAPIError, WriteConflict) as exc:
                if not is_conflict(exc):
                    raise
        return use_case(db, *args, **kwargs)

    return attempt


def make_engine(url: str) -> sa.Engine:
    """Return the engine for a database URL; it connects on first use."""
    if url.startswith("sqlite"):
        engine = sa.create_engine(url, hide_parameters=True)
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    # Poolers in transaction mode, such as PgBouncer, reject start-up options and lose prepared statements.
    # With `autocommit`, transactions are begun by the event handler below. Options in the URL override the timeouts.
    given = sa.make_url(url).query
    engine = sa.create_engine(
        url,
        hide_parameters=True,  # keeps user data out of the logs
        connect_args={
            **{name: seconds for name, seconds in _TIMEOUTS.items() if name not in given},
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
    UTC because psycopg converts instants to it, and 9999-12-31T23:59Z does not exist east of UTC. The other settings
    affect query results, and the URL, the role or the database might set them differently.
    """
    options = connection.get_execution_options()
    begin = f"BEGIN ISOLATION LEVEL {'REPEATABLE READ' if options.get('read') else 'READ COMMITTED'}"
    lock_timeout = "1ms" if options.get("nowait") else LOCK_TIMEOUT
    statements = [begin, *_RESULTS]
    if (lock := options.get("lock")) is not None:
        statements += lock_statements(*lock)
    statements.append(f"SET LOCAL lock_timeout = '{lock_timeout}'")
    if options.get("limited"):
        statements.append(f"SET LOCAL statement_timeout = '{READ_TIMEOUT}'")
    connection.exec_driver_sql("; ".join(statements))
