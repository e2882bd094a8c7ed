"""The schema of the database: its state, and its creation by Alembic.

Until 1.0.0 there is one migration, which is edited in place. A database therefore stores a fingerprint of the migration
that created it. A version of the service with another migration rejects the database at startup, before a query fails.
"""

from __future__ import annotations

import enum
import functools
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from service.errors import CannotRun
from service.storage.db import make_engine

_FOLDER = Path(__file__).parent
_NOT_ALLOWED = "42501"  # insufficient_privilege
_VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))
_FINGERPRINT = sa.table("schema_fingerprint", sa.column("digest", sa.String))

_SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*'"
# The schema of our tables if the search path contains it, else the schema in which new tables are created.
_POSTGRESQL_SCHEMA = """
SELECT nspname FROM pg_namespace WHERE oid = coalesce(
    (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('schema_fingerprint')),
    (SELECT oid FROM pg_namespace WHERE nspname = current_schema()))
"""
# Extensions are ignored, because some hosts install one with tables or views, such as pg_stat_statements.
_POSTGRESQL_TABLES = """
SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = :schema AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT EXISTS (
    SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
"""


class SchemaState(enum.Enum):
    """The state of the schema of a database, as seen by this version."""

    EMPTY = "There is no table and no view."
    CURRENT = "This version created it."
    CHANGED = "Another development version created it."
    NEWER = "A newer version created or migrated it."
    FOREIGN = "There are tables or views, and Borneout did not create them."
    UNREADABLE = "The file is not a SQLite database, or is damaged."
    NOWHERE = "No schema in PostgreSQL's search_path exists."
    READ_ONLY = "The role may not create tables."
    ENCODING = "The encoding of the PostgreSQL database is not UTF-8."


class WrongState(CannotRun):
    """The error for a database in which the schema cannot be created because of its state."""

    def __init__(self, state: SchemaState) -> None:
        super().__init__(state.value)
        self.state = state


@functools.cache
def fingerprint() -> str:
    """Return the hash of the migrations, which changes with every edit of the schema.

    It depends only on our own files, and not on the version of Python, SQLAlchemy or the database.
    """
    text = "".join(path.read_text(encoding="utf-8") for path in _migrations())
    return hashlib.sha256(text.encode()).hexdigest()


def find_state(url: sa.URL) -> SchemaState:
    """Return the state of the schema of a database, without changing the database."""
    if url.get_backend_name() == "sqlite":
        file = Path(url.database or "")
        if file.exists() and not file.is_file():
            return SchemaState.UNREADABLE
        if _is_blank(file):
            return SchemaState.EMPTY
    try:
        with _connection(url) as connection:
            return _state_of(connection)
    except sa.exc.DatabaseError as exc:
        if getattr(exc.orig, "sqlite_errorcode", None) not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        return SchemaState.UNREADABLE


def migrate(engine: sa.Engine) -> None:
    """Create the schema in one transaction if the database is empty; do nothing if it has the schema.

    If several processes call this concurrently, one creates the schema and the others wait for it.

    Raises:
        WrongState: The schema cannot be created, for example because another program has created tables.
    """
    _check_state(find_state(engine.url))  # before a connection of the engine changes the journal mode of the file
    try:
        with engine.execution_options(write=True).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('borneout:migrate', 0))"))
            state = _state_of(connection)
            _check_state(state)
            if state is SchemaState.EMPTY:
                _create(connection)
    except sa.exc.ProgrammingError as exc:
        if getattr(exc.orig, "sqlstate", None) != _NOT_ALLOWED:
            raise
        raise WrongState(SchemaState.READ_ONLY) from exc


def _check_state(state: SchemaState) -> None:
    if state not in (SchemaState.EMPTY, SchemaState.CURRENT):
        raise WrongState(state)


def _create(connection: sa.Connection) -> None:
    # Imported late, because Alembic is slow and only an empty database needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["schema"] = _schema_of(connection)
    command.upgrade(config, "head")
    connection.execute(sa.insert(_FINGERPRINT).values(digest=fingerprint()))


def _migrations() -> list[Path]:
    """Return the files of the migrations in order."""
    return sorted((_FOLDER / "versions").glob("[0-9]*.py"))


def _state_of(connection: sa.Connection) -> SchemaState:
    schema = _schema_of(connection)
    if connection.dialect.name == "postgresql":
        if connection.scalar(sa.select(sa.func.getdatabaseencoding())) != "UTF8":
            return SchemaState.ENCODING
        if schema is None:
            return SchemaState.NOWHERE
    tables = _tables_in(connection, schema)
    revision = _only_value(connection, _VERSION, schema) if _VERSION.name in tables else None
    if _FINGERPRINT.name not in tables:
        # When everything else is dropped, Alembic's own table remains without a row.
        is_empty = tables <= {_VERSION.name} and revision is None
        return SchemaState.EMPTY if is_empty else SchemaState.FOREIGN
    if revision is None:
        return SchemaState.FOREIGN
    if revision != _migrations()[-1].name.partition("_")[0]:
        return SchemaState.NEWER
    is_ours = _only_value(connection, _FINGERPRINT, schema) == fingerprint()
    return SchemaState.CURRENT if is_ours else SchemaState.CHANGED


def _schema_of(connection: sa.Connection) -> str | None:
    """Return the name of the PostgreSQL schema for our tables; None if there is none, and on SQLite."""
    if connection.dialect.name != "postgresql":
        return None
    name: str | None = connection.scalar(sa.text(_POSTGRESQL_SCHEMA))
    return name


def _tables_in(connection: sa.Connection, schema: str | None) -> set[str]:
    if schema is None:
        return set(connection.scalars(sa.text(_SQLITE_TABLES)))
    return set(connection.scalars(sa.text(_POSTGRESQL_TABLES), {"schema": schema}))


def _only_value(connection: sa.Connection, table: sa.TableClause, schema: str | None) -> str | None:
    """Return the value in a table with one column and at most one row; None without a row."""
    [column] = table.c
    qualified = sa.table(table.name, sa.column(column.name), schema=schema)
    value: str | None = connection.scalar(sa.select(sa.column(column.name)).select_from(qualified))
    return value


def _is_blank(file: Path) -> bool:
    """Return whether a file is missing or empty, so that SQLite would create a database in it."""
    try:
        return file.stat().st_size == 0
    except (FileNotFoundError, NotADirectoryError):
        return True


@contextmanager
def _connection(url: sa.URL) -> Iterator[sa.Connection]:
    """Open a connection that neither creates a SQLite file nor changes the settings stored in one."""
    if url.get_backend_name() == "sqlite":
        address = f"{Path(url.database or '').absolute().as_uri()}?mode=rw"
        creator = functools.partial(sqlite3.connect, address, uri=True)
        engine = sa.create_engine("sqlite://", creator=creator, poolclass=sa.NullPool)
    else:
        engine = make_engine(url.render_as_string(hide_password=False))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
