"""Named locks: advisory locks on PostgreSQL, lock files beside a SQLite database."""

from __future__ import annotations

import hashlib
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.orm import Session

LOCK_TIMEOUT = "10s"
"""The time that a statement may wait for a lock on PostgreSQL."""

LOCKED_OUTLETS = "outlets locked against merges"
"""The key in `Session.info` for the ids of outlets that a transaction locked against merges (R22)."""

_LOCK_FILES = 256


def lock_name(session: Session, name: str, *, wait_forever: bool = False) -> None:
    """Acquire a named lock, which is released when the transaction ends.

    SQLite needs no lock: a write transaction locks the whole database from its first statement.

    Args:
        session: The session of the transaction.
        name: The name of the lock.
        wait_forever: Whether to wait without a timeout.
    """
    if session.get_bind().dialect.name == "postgresql":
        if wait_forever:
            session.execute(sa.text("SET LOCAL lock_timeout = 0"))
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))


def lock_statements(name: str, seconds: float) -> list[str]:
    """Return the SQL statements that set a timeout and acquire a named lock on PostgreSQL."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    return [f"SET LOCAL lock_timeout = '{seconds:g}s'", f"SELECT pg_advisory_xact_lock({number})"]


def file_lock(folder: Path, name: str, seconds: float) -> FileLock:
    """Return a lock on the file for a name.

    Several names share a file, so a caller may wait for the holder of another name. That is harmless.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % _LOCK_FILES
    return FileLock(folder / str(number), timeout=seconds, poll_interval=0.02, mode=0o600)
