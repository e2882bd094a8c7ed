"""The database: sessions that read, sessions that write to the journal, and retries after conflicts."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from service.errors import QueryTimeout, Unavailable
from service.storage.base import Base
from service.storage.db_errors import QUERY_CANCELED, WriteConflict, is_conflict, sqlstate_of
from service.storage.engines import make_engine
from service.storage.journal import JournaledSession
from service.storage.locks import file_lock, lock_name_within

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

_ATTEMPTS = 4
_AFTER_COMMIT = "after commit"


class Database:
    """A connection pool with the sessions that use cases open.

    `write()` commits when its block ends without an exception, and every row it writes is added to the journal. A
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
        """Open a session that reads.

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
                raise QueryTimeout("The database took too long to answer this request.") from exc

    @property
    def is_writing(self) -> bool:
        """Whether the caller is inside a `write()`."""
        return self._current.get() is not None

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session whose transaction ends with the block. Callbacks of `after_commit` run right after it."""
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
        """Open a session as `write` does, while holding a lock that is exclusive across processes.

        Args:
            name: The name of the lock.
            timeout: The seconds to wait for the lock.

        Raises:
            TimeoutError: Another caller held the lock for longer.
        """
        if self.engine.dialect.name == "postgresql":
            with self.write() as session:
                lock_name_within(session, name, timeout)
                yield session
        else:
            # Lock before the transaction begins, because BEGIN IMMEDIATE waits for every writer, whatever its name.
            with file_lock(Path(f"{self.engine.url.database}-names"), name, timeout), self.write() as session:
                yield session

    def dry_run(self) -> AbstractContextManager[Session]:
        """Open a session that may write, is not journaled, and is rolled back when the block ends."""
        return self._write_unjournaled()

    def write_nowait(self) -> AbstractContextManager[Session]:
        """Open a session for columns that are not journaled; a statement that would wait for a lock fails."""
        return self._write_nowait.begin()

    def analyze(self) -> None:
        """Refresh the statistics of the query planner, after many rows were added.

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


def after_commit(session: Session, callback: Callable[[], object]) -> None:
    """Register a callback for the moment after the transaction of a `write()` is committed.

    Use it for anything that other processes must not see before the commit. Anything that must not be lost if this
    process dies in between belongs in the transaction.
    """
    session.info.setdefault(_AFTER_COMMIT, []).append(callback)


def retried(use_case: Callable[Concatenate[Database, P], R]) -> Callable[Concatenate[Database, P], R]:
    """Retry a use case after a conflict with another writer.

    Two writers that insert the same row collide at a unique constraint, and PostgreSQL breaks deadlocks by rolling one
    transaction back. The retry reads the rows of the other writer. A use case inside a `write()` of its caller is not
    retried, because the whole transaction has to be.
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
