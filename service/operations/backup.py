"""Keep a copy of a SQLite database while it is used, and put one in its place while it is not."""

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

from service.cache.invalidation import invalidate_all_scores
from service.cache.score_cache import ScoreCache
from service.errors import CannotRun
from service.operations.data_dir import make_data_dir
from service.storage.db import Database
from service.storage.migrations import SchemaState, find_state

_PRIVATE = 0o600  # a database holds the hashes of keys, and who filed what
_BESIDE = ("-wal", "-shm")


class BackupError(CannotRun):
    """A backup cannot be made, or cannot be put in place; the message says why."""


def backup(url: str, target: Path) -> int:
    """Copy a database as it is at one moment, check the copy, and only then give it its name.

    Who reads and who writes meanwhile waits for nothing.

    Args:
        url: The database.
        target: A file that is not there yet.

    Returns:
        The size of the copy in bytes.

    Raises:
        BackupError: The database is not SQLite or is not there, the target is, or the copy is damaged.
    """
    source = _sqlite_file(url, "pg_dump")
    if not source.exists():
        raise BackupError(f"There is no database at {source}.")
    if target.exists():
        raise BackupError(f"{target} is there already, and is left alone.")
    with _copied(source, target) as copy:
        size = _checked(copy, source)
        copy.rename(target)
    return size


def restore(url: str, data_dir: Path, backup: Path, cache: ScoreCache, *, now: dt.datetime) -> Path | None:
    """Put a backup in the place of a database that nobody uses; every cached score is old from then on.

    Args:
        url: The database.
        data_dir: Where a running `serve` has its lock.
        backup: A copy as `backup` makes it, of this version.
        cache: The cached scores.
        now: The moment, which names the file that the database was in before.

    Returns:
        That file; None if there was no database.

    Raises:
        BackupError: The database is not SQLite or is in use, or the backup is damaged or of another version.
    """
    place = _sqlite_file(url, "pg_restore")
    if not backup.exists():
        raise BackupError(f"There is no file {backup}.")
    with _unused(data_dir, place), _copied(backup, place) as copy:
        _checked(copy, backup)
        with closing(Database(f"sqlite:///{copy}")) as db, db.write() as session:
            invalidate_all_scores(session, cache, now=now)
        _close_log(copy)
        aside = _set_aside(place, now)
        copy.replace(place)
        _reach_disk(place.parent)
    return aside


def _sqlite_file(url: str, instead: str) -> Path:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise BackupError(f"The database is PostgreSQL, which has {instead} for this; see docs/operations.md.")
    return Path(parsed.database)


@contextmanager
def _copied(source: Path, target: Path) -> Iterator[Path]:
    """A copy beside the target, whole and on the disk; gone in the end if it has no other name by then."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        copy.touch(_PRIVATE)
        given = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
        with closing(given), closing(sqlite3.connect(copy)) as written:
            given.backup(written)
            written.execute("PRAGMA journal_mode=DELETE")  # one file, and none beside it
        _reach_disk(copy)
        yield copy
        _reach_disk(target.parent)
    except sqlite3.DatabaseError as exc:
        raise BackupError(f"{source} cannot be copied: {exc}.") from exc
    except OSError as exc:
        raise BackupError(f"{target} cannot be written: {exc.strerror}.") from exc
    finally:
        for name in ("", *_BESIDE):
            copy.with_name(copy.name + name).unlink(missing_ok=True)


def _checked(copy: Path, source: Path) -> int:
    """Make sure that a copy is whole and of this version, and return its size in bytes."""
    with closing(sqlite3.connect(copy)) as connection:
        connection.create_function("words_of", 1, str, deterministic=True)  # named by triggers, and not called here
        found = connection.execute("PRAGMA integrity_check").fetchall()
        if found != [("ok",)] or connection.execute("PRAGMA foreign_key_check").fetchone():
            raise BackupError("The copy is damaged, and so is what it was made from: it does not pass SQLite's checks.")
    if (state := find_state(sa.make_url(f"sqlite:///{copy}"))) is not SchemaState.CURRENT:
        raise BackupError(f"{source} does not have the schema of this version of Borneout. {state.value}")
    return copy.stat().st_size


@contextmanager
def _unused(data_dir: Path, place: Path) -> Iterator[None]:
    """Keep `serve` from starting, and see that no other process has the database open."""
    make_data_dir(data_dir)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(FileLock(data_dir / "serve.lock", blocking=False, mode=0o600))
        except Timeout as exc:
            raise BackupError(f"The service runs on {data_dir}; stop it first.") from exc
        if place.exists():
            _close_log(place)
        yield


def _close_log(place: Path) -> None:
    """Have the database be one file again, which nobody else may have open for."""
    try:
        with closing(sqlite3.connect(place, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as exc:
        raise BackupError(f"{place} is in use by another process, or cannot be written: {exc}.") from exc
    except sqlite3.DatabaseError:
        pass  # damaged, which may be why it is replaced


def _set_aside(place: Path, now: dt.datetime) -> Path | None:
    """Give the database a second name, under which it stays."""
    if not place.exists():
        return None
    aside = place.with_name(f"{place.name}.before-{now:%Y%m%dT%H%M%SZ}")
    for name in _BESIDE:  # of one that is damaged; they must not be taken for the new one's
        with contextlib.suppress(FileNotFoundError):
            place.with_name(place.name + name).rename(aside.with_name(aside.name + name))
    os.link(place, aside)
    return aside


def _reach_disk(path: Path) -> None:
    """Have a file, or the names in a folder, survive a power cut."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
