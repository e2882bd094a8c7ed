"""Classify errors of the database: unavailable, refused, not migrated, and conflicts between writers."""

from __future__ import annotations

import errno
import re
import sqlite3

import sqlalchemy as sa

from service.errors import QueryTimeout

LOCK_NOT_AVAILABLE = "55P03"
QUERY_CANCELED = "57014"  # by a timeout
_CONFLICTS = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_UNAVAILABLE_STATES = (
    "08",  # connection errors
    *_CONFLICTS,  # after all retries
    "53",  # no memory, disk or connection left
    "57P",  # shutting down or starting up
    "25006",  # read-only after a failover, until the client is routed to the new primary
    LOCK_NOT_AVAILABLE,
)
_REFUSED_STATES = (
    "28",  # invalid role or password
    "3D",  # unknown database
    "3F",  # unknown schema
    "42501",  # missing privilege
)
_MISSING_STATES = frozenset({"42P01", "42703"})  # undefined table, undefined column
_UNAVAILABLE_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,  # for example an exhausted quota
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
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class WriteConflict(Exception):
    """A conflict with another writer, after which `retried` runs the whole transaction again."""


def sqlstate_of(error: sa.exc.DBAPIError) -> str | None:
    """Return the SQLSTATE code of an error from PostgreSQL; None for other errors."""
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state


def is_conflict(error: Exception) -> bool:
    """Return whether a transaction failed because of another writer, so that a retry can succeed."""
    if isinstance(error, WriteConflict | sa.exc.IntegrityError):
        return True
    return isinstance(error, sa.exc.DBAPIError) and sqlstate_of(error) in _CONFLICTS


def is_unavailable(error: Exception) -> bool:
    """Return whether an error means that the database is unreachable or busy, so a retry may succeed."""
    if isinstance(error, OSError):  # from a lock file beside the database
        return error.errno in _DISK_FULL
    if not isinstance(error, sa.exc.DBAPIError):
        # The connection pool timed out, all retries conflicted, or a statement timed out.
        return isinstance(error, sa.exc.TimeoutError | WriteConflict | QueryTimeout)
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_code(error.orig) in _UNAVAILABLE_CODES
    if (state := sqlstate_of(error)) is not None:
        return state.startswith(_UNAVAILABLE_STATES)
    # Without a code from PostgreSQL: the connection failed or was lost, or psycopg rejected the statement.
    return error.statement is None or error.connection_invalidated


def lacks_schema(error: Exception) -> bool:
    """Return whether an error means that a table or column is missing, as before the first migration."""
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.OperationalError):
        return str(error.orig).startswith(("no such table", "no such column"))
    return sqlstate_of(error) in _MISSING_STATES


def reason_of(error: Exception) -> str | None:
    """Return why the database is unavailable or unusable, on one line; None for errors of other kinds."""
    if isinstance(error, sa.exc.TimeoutError | WriteConflict):
        return "it is too busy"
    if not isinstance(error, sa.exc.DBAPIError) or not (is_unavailable(error) or _is_refused(error)):
        return None
    lines = (line for line in str(error.orig).splitlines() if not line.startswith("\t"))  # libpq indents its advice
    return re.sub("^connection (failed|is bad): ", "", "; ".join(lines)).strip().rstrip(".")


def _is_refused(error: sa.exc.DBAPIError) -> bool:
    """Return whether an error means that the database is damaged, missing, or closed to our role."""
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_code(error.orig) in _REFUSED_CODES
    return (sqlstate_of(error) or "").startswith(_REFUSED_STATES)


def _sqlite_code(error: sqlite3.Error) -> int:
    """Return the primary result code of an error, the last byte of its extended code; 0 without a code."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
