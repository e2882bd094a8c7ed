"""The two kinds of session, and what both databases must agree on."""

from __future__ import annotations

import datetime as dt
import errno
import functools
import hashlib
import json
import logging
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar
from uuid import UUID

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from service.errors import QueryTimeout, Unavailable
from service.storage.engines import LOCK_TIMEOUT, make_engine

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

_ATTEMPTS = 4
_AFTER = "after commit"
_LOST_RACE = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_LOCKED = "55P03"
_CANCELLED = "57014"  # by a timeout
_AWAY_STATES = (
    "08",  # the connection
    *_LOST_RACE,  # every time that it was tried
    "53",  # no memory, disk or connection left
    "57P",  # stopping, or starting
    "25006",  # read only: after a failover, until the client is led to the new primary
    _LOCKED,  # waited too long for a lock
)
_NO_SCHEMA = frozenset({"42P01", "42703"})  # undefined table, undefined column
_AWAY_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,  # a quota that is used up, for one
    }
)
_REFUSED_CODES = frozenset(
    {
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
_REFUSED_STATES = (
    "28",  # the role or its password
    "3D",  # there is no such database
    "3F",  # there is no such schema
    "42501",  # the role lacks a privilege
)
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_LOCK_FILES = 256


class UtcDateTime(sa.types.TypeDecorator[dt.datetime]):
    """An instant: aware on the way in, UTC on the way out, on SQLite too."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Base(DeclarativeBase):
    """Constraint names are fixed, so that a migration can name what it drops."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {dt.datetime: UtcDateTime, list[str]: sa.JSON, dict[str, Any]: sa.JSON}


def _refuse_bulk(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("Rows written in bulk are heard of by nobody: add them to the session.")


class WriteSession(Session):
    """A session whose writes stay. `service.storage.journal` hears of every row, and enters it in the ledger."""

    bulk_save_objects = bulk_insert_mappings = bulk_update_mappings = _refuse_bulk


class Database:
    """`read()` and `write()` open a session; `write()` commits when the block ends well.

    A `write()` within another is part of it: the transaction is that of the outermost.
    All statements of one `read()` see the same rows, so that what they say fits together. On PostgreSQL each of them
    may take `READ_TIMEOUT`; SQLite has no such limit.
    """

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        reading = self.engine.execution_options(read=True)
        self._read = sessionmaker(reading.execution_options(limited=True), expire_on_commit=False)
        self._read_patiently = sessionmaker(reading, expire_on_commit=False)
        writing = self.engine.execution_options(write=True)
        self._write = sessionmaker(writing, class_=WriteSession, expire_on_commit=False)
        self._try = sessionmaker(writing, expire_on_commit=False)
        self._write_at_once = sessionmaker(writing.execution_options(at_once=True))
        self._writing: ContextVar[Session | None] = ContextVar("writing", default=None)

    @contextmanager
    def read(self, *, patient: bool = False) -> Iterator[Session]:
        """Open a session that reads.

        Args:
            patient: Whether a statement may take any time, as those that read the whole record for a command or the
                worker do. No request may be answered so, except for an export.

        Raises:
            QueryTimeout: A statement took longer than `READ_TIMEOUT`.
        """
        with (self._read_patiently if patient else self._read)() as session:
            try:
                yield session
            except sa.exc.DBAPIError as exc:
                if getattr(exc.orig, "sqlstate", None) != _CANCELLED:
                    raise
                raise QueryTimeout("The database needed too long for this request.") from exc

    @property
    def is_writing(self) -> bool:
        """Whether the caller stands within a `write()`."""
        return self._writing.get() is not None

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose transaction ends with the block; what `after_commit` was given is done right after it."""
        if (outer := self._writing.get()) is not None:
            yield outer
            outer.flush()  # so that what the database refuses is refused here, as it is without an outer one
            return
        with self._write.begin() as session:
            token = self._writing.set(session)
            try:
                yield session
            finally:
                self._writing.reset(token)
        for act in session.info.pop(_AFTER, []):
            act()

    @contextmanager
    def write_alone(self, name: str, *, patience: float) -> Iterator[Session]:
        """As `write`, while nobody else in any process is in a block with this name.

        Args:
            name: What nobody else may be doing meanwhile.
            patience: How many seconds to wait for whoever is.

        Raises:
            TimeoutError: Somebody was for longer than that.
        """
        if self.engine.dialect.name == "postgresql":
            with self.write() as session:
                _lock_within(session, name, patience)
                yield session
        else:
            # Before the transaction, which waits for every writer and cannot say for which.
            with _file_lock(Path(f"{self.engine.url.database}-names"), name, patience), self.write() as session:
                yield session

    def trial(self) -> AbstractContextManager[Session]:
        """A session that may write and whose writes are gone when the block ends, so nobody enters them."""
        return self._try()

    def write_at_once(self) -> AbstractContextManager[Session]:
        """Open a session that writes what the ledger does not enter, and fails where it would wait for a writer."""
        return self._write_at_once.begin()

    def analyze(self) -> None:
        """Have the database measure its tables, so that it plans well after many rows were added.

        A failure is logged and no more: without new measures it answers as before.
        """
        if self.engine.dialect.name == "postgresql":
            statements = [f"ANALYZE {', '.join(Base.metadata.tables)}"]
        else:
            statements = ["PRAGMA analysis_limit = 1000", "ANALYZE"]
        try:
            with self._try.begin() as session:
                for statement in statements:
                    session.connection().exec_driver_sql(statement)
        except sa.exc.DBAPIError as exc:
            log.warning("The tables could not be analyzed: %s", exc)

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()

    def ping(self) -> None:
        """Ask the database for an answer.

        Raises:
            Unavailable: It has none.
        """
        try:
            with self.engine.connect() as connection:
                connection.execute(sa.select(1))
        except sa.exc.DBAPIError as exc:
            raise Unavailable("The database does not answer.") from exc


class Overtaken(Exception):
    """Another writer has changed meanwhile what this transaction was about to rest on."""


def is_unavailable(error: Exception) -> bool:
    """Whether an error says that the database could not be reached or was busy, not that the statement was wrong."""
    if isinstance(error, OSError):  # a file beside the database, which a name is held by
        return error.errno in _NO_ROOM
    if not isinstance(error, sa.exc.DBAPIError):
        # No connection was free in time; others always won; a statement took too long.
        return isinstance(error, sa.exc.TimeoutError | Overtaken | QueryTimeout)
    reason = error.orig
    if isinstance(reason, sqlite3.Error):
        # An extended code has the plain one in its last byte.
        return getattr(reason, "sqlite_errorcode", 0) & 0xFF in _AWAY_CODES
    if (state := getattr(reason, "sqlstate", None)) is not None:
        return bool(state.startswith(_AWAY_STATES))
    # PostgreSQL has not said it: the connection could not be made, or was lost, or psycopg refused the statement.
    return error.statement is None or error.connection_invalidated


def lacks_schema(error: Exception) -> bool:
    """Whether an error says that a table or column is not there, as in a database that was not migrated."""
    reason = getattr(error, "orig", None)
    if isinstance(reason, sqlite3.OperationalError):
        return str(reason).startswith(("no such table", "no such column"))
    return getattr(reason, "sqlstate", None) in _NO_SCHEMA


def reason_of(error: Exception) -> str | None:
    """Return what the database itself says is wrong with it, in a line; None for any other error."""
    if isinstance(error, sa.exc.TimeoutError | Overtaken):
        return "it is too busy"
    if not isinstance(error, sa.exc.DBAPIError) or not (is_unavailable(error) or _is_refused(error.orig)):
        return None
    lines = (line for line in str(error.orig).splitlines() if not line.startswith("\t"))  # libpq's advice is indented
    return re.sub("^connection (failed|is bad): ", "", "; ".join(lines)).strip().rstrip(".")


def _is_refused(reason: object) -> bool:
    """Whether a database is there and does not let itself be used: damaged, not ours to write, with no such options."""
    if isinstance(reason, sqlite3.Error):
        return getattr(reason, "sqlite_errorcode", 0) & 0xFF in _REFUSED_CODES
    return str(getattr(reason, "sqlstate", None)).startswith(_REFUSED_STATES)


def after_commit(session: Session, act: Callable[[], object]) -> None:
    """Have something done as soon as the transaction of a `write()` is committed, and only then.

    What other processes must not learn before it is true belongs here; what must be done even if this
    process dies at that moment belongs in the transaction.
    """
    session.info.setdefault(_AFTER, []).append(act)


def retried(use_case: Callable[Concatenate[Database, P], R]) -> Callable[Concatenate[Database, P], R]:
    """Run a use case again when another writer got there first.

    Two writers that make the same row meet at a unique constraint, and two that wait for each
    other are parted by PostgreSQL. Either way the loser's transaction is gone as if it had never
    begun; run again, it finds the winner's rows and answers accordingly. Within a transaction that
    somebody else began, it is theirs to run again.
    """

    @functools.wraps(use_case)
    def attempt(db: Database, /, *args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(0 if db.is_writing else _ATTEMPTS - 1):
            try:
                return use_case(db, *args, **kwargs)
            except (sa.exc.DBAPIError, Overtaken) as exc:
                if not _lost_race(exc):
                    raise
        return use_case(db, *args, **kwargs)

    return attempt


def is_among(
    session: Session, column: sa.orm.InstrumentedAttribute[Any] | sa.Column[Any], values: Iterable[str] | Iterable[UUID]
) -> sa.ColumnElement[bool]:
    """Return whether a column has one of the values, sent as one parameter where IN sends one for each.

    With ten thousand parameters psycopg is busy for half a second before it asks, and SQLite refuses forty thousand.
    PostgreSQL sees the values when it plans the statement, so it looks them up in an index or a hash table, however
    old its statistics are; it may join a subquery row by row.
    """
    listed = list(values)
    if session.get_bind().dialect.name == "postgresql":
        return column == sa.any_(sa.literal(listed, sa.ARRAY(column.type)))
    spelt = [value.hex if isinstance(value, UUID) else value for value in listed]
    each = sa.func.json_each(json.dumps(spelt)).table_valued("value")
    return column.in_(sa.select(each.c.value))


def lock_name(session: Session, name: str, *, patiently: bool = False) -> None:
    """Hold a name until the transaction ends, so that others who want it wait; `patiently`, for as long as it takes.

    SQLite needs nothing: a write transaction there has the database to itself from its first statement.
    """
    if session.get_bind().dialect.name == "postgresql":
        if patiently:
            session.execute(sa.text("SET LOCAL lock_timeout = 0"))
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))


def _file_lock(folder: Path, name: str, patience: float) -> FileLock:
    """Return the lock of a name. Names share a few files, so one may have to wait for another, which is harmless."""
    folder.mkdir(mode=0o700, exist_ok=True)
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % _LOCK_FILES
    return FileLock(folder / str(number), timeout=patience, poll_interval=0.02, mode=0o600)


def _lock_within(session: Session, name: str, patience: float) -> None:
    """`lock_name` on PostgreSQL, for so many seconds; other locks are waited for as before.

    Raises:
        TimeoutError: Somebody else held it for longer.
    """
    _set_lock_timeout(session, f"{patience:g}s")
    try:
        lock_name(session, name)
    except sa.exc.OperationalError as exc:
        if getattr(exc.orig, "sqlstate", None) != _LOCKED:
            raise
        raise TimeoutError(f"Somebody else does {name!r}") from exc
    _set_lock_timeout(session, LOCK_TIMEOUT)


def _set_lock_timeout(session: Session, timeout: str) -> None:
    session.execute(sa.select(sa.func.set_config("lock_timeout", timeout, True)))  # noqa: FBT003 - until it ends


def _lost_race(error: sa.exc.DBAPIError | Overtaken) -> bool:
    if isinstance(error, Overtaken | sa.exc.IntegrityError):
        return True
    return getattr(error.orig, "sqlstate", None) in _LOST_RACE
