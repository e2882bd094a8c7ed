"""Back up a SQLite database while it is in use, and restore a backup while it is not."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

from service.errors import CannotRun
from service.operations.data_dir import make_data_dir
from service.storage.database_url import sqlite_url
from service.storage.db import Database
from service.storage.identity import forget_identity
from service.storage.migrations import SchemaState, find_state

_PRIVATE = 0o600  # a database holds the hashes of keys and the authors of rows
_SIDECARS = ("-wal", "-shm")


class BackupError(CannotRun):
    """A failed backup or restore; the message gives the reason."""


def backup(url: str, target: Path) -> int:
    """Back up a database to a file without blocking writers, and check the copy.

    Args:
        url: The URL of the database.
        target: A file that does not exist yet.

    Returns:
        The size of the copy in bytes.

    Raises:
        BackupError: The database is not SQLite or does not exist, the target exists, or the copy is damaged.
    """
    source = _sqlite_file(url, "pg_dump")
    if not source.exists():
        raise BackupError(f"There is no database at {source}.")
    if target.exists():
        raise BackupError(f"{target} already exists. Choose another file.")
    with _copied(source, target) as copy:
        size = _check_copy(copy, source)
        copy.rename(target)
    return size


def restore(url: str, data_dir: Path, backup: Path, *, now: dt.datetime) -> Path | None:
    """Replace a database with a backup. It gets a new id, so that scores cached before are not used.

    Args:
        url: The URL of the database.
        data_dir: The data directory, which holds the lock of a running `serve`.
        backup: A file that `backup` wrote with this version.
        now: The current time, which is part of the name of the replaced database.

    Returns:
        The file of the replaced database; None if there was none.

    Raises:
        BackupError: The database is not SQLite or is in use, or the backup is damaged or of another version.
    """
    database = _sqlite_file(url, "pg_restore")
    if not backup.exists():
        raise BackupError(f"There is no file {backup}.")
    with _locked(data_dir, database), _copied(backup, database) as copy:
        _check_copy(copy, backup)
        with closing(Database(sqlite_url(copy))) as db, db.write() as session:
            forget_identity(session)
        _close_wal(copy)
        replaced = _set_aside(database, now)
        copy.replace(database)
        _fsync(database.parent)
    return replaced


def _sqlite_file(url: str, tool: str) -> Path:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise BackupError(f"The database is PostgreSQL. Use {tool} instead; see docs/operations.md.")
    return Path(parsed.database)


@contextmanager
def _copied(source: Path, target: Path) -> Iterator[Path]:
    """Yield a copy beside the target, flushed to disk, which is deleted at the end unless it was renamed."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        copy.touch(_PRIVATE)
        _copy(source, copy)
        yield copy
        _fsync(target.parent)
    except sqlite3.DatabaseError as exc:
        raise BackupError(f"{source} cannot be copied: {exc}.") from exc
    except OSError as exc:
        raise BackupError(f"{target} cannot be written: {exc.strerror}.") from exc
    finally:
        for suffix in ("", *_SIDECARS):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)


def _copy(source: Path, copy: Path) -> None:
    reader = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
    with closing(reader), closing(sqlite3.connect(copy)) as writer:
        reader.backup(writer)
        writer.execute("PRAGMA journal_mode=DELETE")  # a single file without a WAL
    _fsync(copy)


def _check_copy(copy: Path, source: Path) -> int:
    """Check that a copy is intact and of this version, and return its size in bytes."""
    with closing(sqlite3.connect(copy)) as connection:
        found = connection.execute("PRAGMA integrity_check").fetchall()
        if found != [("ok",)] or connection.execute("PRAGMA foreign_key_check").fetchone():
            raise BackupError(f"{source} is damaged: its copy does not pass SQLite's checks.")
    if (state := find_state(sa.make_url(sqlite_url(copy)))) is not SchemaState.CURRENT:
        raise BackupError(f"{source} does not have the schema of this version of Borneout. {state.value}")
    return copy.stat().st_size


@contextmanager
def _locked(data_dir: Path, database: Path) -> Iterator[None]:
    """Hold the lock of `serve` during the block, after checking that no process has the database open."""
    make_data_dir(data_dir)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(FileLock(data_dir / "serve.lock", blocking=False, mode=0o600))
        except Timeout as exc:
            raise BackupError(f"The service is running on {data_dir}; stop it first.") from exc
        if database.exists():
            _close_wal(database)
        yield


def _close_wal(database: Path) -> None:
    """Merge the WAL into the database, which fails if another process has it open."""
    try:
        with closing(sqlite3.connect(database, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as exc:
        raise BackupError(f"{database} is in use by another process, or cannot be written: {exc}.") from exc
    except sqlite3.DatabaseError:
        pass  # it is damaged, which may be the reason for the restore


def _set_aside(database: Path, now: dt.datetime) -> Path | None:
    """Link the database to a second name, under which it is kept after the restore, and return this name."""
    if not database.exists():
        return None
    aside = database.with_name(f"{database.name}.before-{now:%Y%m%dT%H%M%SZ}")
    for suffix in _SIDECARS:  # a damaged database may have a WAL, which must not be applied to the new one
        with contextlib.suppress(FileNotFoundError):
            database.with_name(database.name + suffix).rename(aside.with_name(aside.name + suffix))
    os.link(database, aside)
    return aside


def _fsync(path: Path) -> None:
    """Flush a file to disk, or for a folder, the names of its files."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
