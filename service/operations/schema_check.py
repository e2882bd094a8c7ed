"""Whether the database has the schema of this version, and the sentence that a person reads when it does not."""

from __future__ import annotations

import logging
from pathlib import Path

import sqlalchemy as sa

from service.config import Settings
from service.errors import CannotRun
from service.operations.data_dir import make_data_dir
from service.operations.stop_signal import Stop
from service.storage.db import Database
from service.storage.db_errors import is_unavailable
from service.storage.migrations import SchemaState, WrongState, find_state, migrate

log = logging.getLogger(__name__)

_PAUSE = 1.0  # seconds between two attempts to reach the database

_NO_SCHEMA = "{place} has no schema yet; run `borneout migrate` first."
_NO_DATA = "There is no data in {own} yet; import a file first."
_SENTENCES = {
    SchemaState.EMPTY: _NO_SCHEMA,
    SchemaState.CHANGED: "{place} has the schema of another development version; start with {another}.",
    SchemaState.NEWER: "{place} belongs to a newer version of Borneout; use that version, or start with {another}.",
    SchemaState.FOREIGN: "{place} has tables that this version of Borneout did not create; start with {another}.",
    SchemaState.UNREADABLE: (
        "{place} is damaged, or is not a SQLite database; restore a backup, or start with {another}."
    ),
    SchemaState.NOWHERE: "{place} has none of the schemas that its search path names; create one of them.",
    SchemaState.READ_ONLY: "{place} lets its role create no tables; make the role the owner of the database.",
}


class UnusableDatabase(CannotRun):
    """The database does not have the schema of this version; the message says what to do."""


def create_schema(settings: Settings) -> None:
    """Make sure that the database has the schema of this version; an empty database gets it.

    Raises:
        UnusableDatabase: The database is not empty, and has another schema.
    """
    if refuse_other_schema(settings) is SchemaState.CURRENT:
        return
    make_data_dir(settings.data_dir)
    db = Database(settings.database_url)
    try:
        migrate(db.engine)
    except WrongState as exc:
        raise UnusableDatabase(_say(_SENTENCES[exc.state], settings)) from exc
    finally:
        db.close()


def refuse_other_schema(settings: Settings) -> SchemaState:
    """Return whether the database is empty or has the schema of this version, and create nothing.

    Raises:
        UnusableDatabase: The database is not empty, and has another schema.
    """
    state = find_state(sa.make_url(settings.database_url))
    if state not in (SchemaState.EMPTY, SchemaState.CURRENT):
        raise UnusableDatabase(_say(_SENTENCES[state], settings))
    return state


def require_schema(settings: Settings) -> None:
    """Make sure that the database has the schema of this version, and create nothing.

    Raises:
        UnusableDatabase: It has another schema, or none.
    """
    if (state := find_state(sa.make_url(settings.database_url))) is not SchemaState.CURRENT:
        raise UnusableDatabase(_say(_SENTENCES[state], settings))


def check_at_start() -> None:
    """End gunicorn before it starts a worker if the settings or the schema are wrong. A database may still be away."""
    try:
        require_schema(Settings.from_env())
    except CannotRun as exc:
        log.critical("The service cannot start: %s", exc)
        raise SystemExit(1) from exc
    except Exception as exc:
        if not is_unavailable(exc):
            raise


def await_schema(settings: Settings, stop: Stop) -> None:
    """Make sure of the same for a process that keeps running, and waits while the database is away.

    Raises:
        UnusableDatabase: The database has another schema, or none.
    """
    while not stop.is_set():
        try:
            require_schema(settings)
            return
        except Exception as exc:
            if not is_unavailable(exc):
                raise
            log.warning("The database is away: %s", exc)
        stop.wait(_PAUSE)


def require_data(settings: Settings) -> None:
    """Do the same for a command that only reads: a SQLite database that was never used has no data.

    Raises:
        UnusableDatabase: It has another schema, or none.
    """
    if (state := find_state(sa.make_url(settings.database_url))) is not SchemaState.CURRENT:
        sentence = _NO_DATA if state is SchemaState.EMPTY and is_sqlite(settings) else _SENTENCES[state]
        raise UnusableDatabase(_say(sentence, settings))


def is_unused(settings: Settings) -> bool:
    """Whether the database is a file of SQLite that does not exist yet, or is empty."""
    return is_sqlite(settings) and find_state(sa.make_url(settings.database_url)) is SchemaState.EMPTY


def is_sqlite(settings: Settings) -> bool:
    """Whether the database is a file of SQLite, which any command that writes may create."""
    return sa.make_url(settings.database_url).get_backend_name() == "sqlite"


def _say(sentence: str, settings: Settings) -> str:
    url = sa.make_url(settings.database_url)
    if not is_sqlite(settings):
        place = f"The PostgreSQL database {url.database or url.username} on {url.host or 'this machine'}"
        return sentence.format(place=place, another="a new database")
    file = Path(url.database or "")
    is_own = file.parent == settings.data_dir
    own = settings.data_dir if is_own else file
    another = f"a new {'data directory' if is_own else 'file'} instead of {own}"
    return sentence.format(place=f"The database {file}", own=own, another=another)
