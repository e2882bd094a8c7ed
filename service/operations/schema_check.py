"""Check that the database has the schema of this version, and explain what to do if it does not."""

from __future__ import annotations

import logging
from pathlib import Path

import sqlalchemy as sa

from service.config import Settings
from service.errors import CannotRun
from service.operations.data_dir import check_data_dir, make_data_dir
from service.operations.stop_signal import Stop
from service.storage.db import Database
from service.storage.db_errors import is_unavailable
from service.storage.migrations import SchemaState, WrongState, find_state, migrate

log = logging.getLogger(__name__)

_RETRY_DELAY = 1.0  # seconds between two attempts to reach the database

_NO_SCHEMA = "{database} has no schema yet; run `borneout migrate` first."
_NO_DATA = "There is no data in {location} yet; import a file first."
_MESSAGES = {
    SchemaState.EMPTY: _NO_SCHEMA,
    SchemaState.CHANGED: "{database} has the schema of another development version; start with {replacement}.",
    SchemaState.NEWER: (
        "{database} belongs to a newer version of Borneout; use that version, or start with {replacement}."
    ),
    SchemaState.FOREIGN: (
        "{database} has tables that this version of Borneout did not create; start with {replacement}."
    ),
    SchemaState.UNREADABLE: (
        "{database} is damaged, or is not a SQLite database; restore a backup, or start with {replacement}."
    ),
    SchemaState.NOWHERE: "{database} has none of the schemas in its search path; create one of them.",
    SchemaState.READ_ONLY: (
        "{database} does not allow its role to create tables; make the role the owner of the database."
    ),
    SchemaState.ENCODING: "{database} is not encoded in UTF-8; start with a new one that has ENCODING 'UTF8'.",
}


class UnusableDatabase(CannotRun):
    """A database without the schema of this version; the message names the remedy."""


def create_schema(settings: Settings) -> None:
    """Create the schema of this version in an empty database.

    Raises:
        UnusableDatabase: The database has another schema.
    """
    if refuse_other_schema(settings) is SchemaState.CURRENT:
        return
    if settings.sqlite_file is not None and settings.sqlite_file.parent == settings.data_dir:
        make_data_dir(settings.data_dir)
    db = Database(settings.database_url)
    try:
        migrate(db.engine)
    except WrongState as exc:
        raise UnusableDatabase(_message(_MESSAGES[exc.state], settings)) from exc
    finally:
        db.close()


def refuse_other_schema(settings: Settings) -> SchemaState:
    """Return the state of the database, which must be empty or have the schema of this version.

    Raises:
        UnusableDatabase: The database is in another state.
    """
    state = _state(settings)
    if state not in (SchemaState.EMPTY, SchemaState.CURRENT):
        raise UnusableDatabase(_message(_MESSAGES[state], settings))
    return state


def require_schema(settings: Settings) -> None:
    """Check that the database has the schema of this version.

    Raises:
        UnusableDatabase: The database has another schema, or none.
    """
    if (state := _state(settings)) is not SchemaState.CURRENT:
        raise UnusableDatabase(_message(_MESSAGES[state], settings))


def require_data(settings: Settings) -> None:
    """Check that the database has the schema of this version, for a command that needs existing data.

    Raises:
        UnusableDatabase: The database has another schema, or none.
    """
    if (state := _state(settings)) is not SchemaState.CURRENT:
        message = _NO_DATA if state is SchemaState.EMPTY and is_sqlite(settings) else _MESSAGES[state]
        raise UnusableDatabase(_message(message, settings))


def check_at_start() -> None:
    """Exit if the settings or the schema are wrong, before gunicorn starts a worker.

    If the database is unavailable, its schema is not checked.
    """
    try:
        require_schema(Settings.from_env())
    except CannotRun as exc:
        log.critical("The service cannot start: %s", exc)
        raise SystemExit(1) from exc
    except Exception as exc:
        if not is_unavailable(exc):
            raise


def await_schema(settings: Settings, stop: Stop) -> None:
    """Check the schema, and retry while the database is unavailable.

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
            log.warning("The database is unavailable: %s", exc)
        stop.wait(_RETRY_DELAY)


def is_unused(settings: Settings) -> bool:
    """Return whether the database is a SQLite file that does not exist yet or is empty."""
    return is_sqlite(settings) and _state(settings) is SchemaState.EMPTY


def is_sqlite(settings: Settings) -> bool:
    """Return whether the database is SQLite. Its file is created by the first command that writes."""
    return sa.make_url(settings.database_url).get_backend_name() == "sqlite"


def _state(settings: Settings) -> SchemaState:
    """Return whether the database has a schema, and which.

    Raises:
        CannotRun: The parent of a SQLite file is not a directory, or this user may not write to it.
    """
    if settings.sqlite_file is not None:
        check_data_dir(settings.sqlite_file.parent)
    return find_state(sa.make_url(settings.database_url))


def _message(template: str, settings: Settings) -> str:
    """Fill in a message with the database, without its password, and with a suggested replacement."""
    url = sa.make_url(settings.database_url)
    if not is_sqlite(settings):
        database = f"The PostgreSQL database {url.database or url.username} on {url.host or 'this machine'}"
        return template.format(database=database, replacement="a new database")
    file = Path(url.database or "")
    is_in_data_dir = file.parent == settings.data_dir
    location = settings.data_dir if is_in_data_dir else file
    replacement = f"a new {'data directory' if is_in_data_dir else 'file'} instead of {location}"
    return template.format(database=f"The database {file}", location=location, replacement=replacement)
