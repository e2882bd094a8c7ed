"""The schema of the database: which state it is in, and how Alembic creates it.

Until 1.0.0 there is one migration, which is edited in place. A database therefore keeps a fingerprint of the migration
that created it. A program with another migration refuses the database instead of failing on a missing column.
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
from service.storage.engines import make_engine

_FOLDER = Path(__file__).parent
_NOT_ALLOWED = "42501"  # insufficient_privilege
_VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))
_FINGERPRINT = sa.table("schema_fingerprint", sa.column("digest", sa.String))

_SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*'"
# The schema that our tables are in, if the search path leads to them, else the one that new tables are created in.
_POSTGRESQL_SCHEMA = """
SELECT nspname FROM pg_namespace WHERE oid = coalesce(
    (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('schema_fingerprint')),
    (SELECT oid FROM pg_namespace WHERE nspname = current_schema()))
"""
# Extensions do not count: hosts install some that have tables or views, such as pg_stat_statements.
_POSTGRESQL_TABLES = """
SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = :schema AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT EXISTS (
    SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
"""


class State(enum.Enum):
    """What the schema of a database is, as seen by this version."""

    EMPTY = "There is no table and no view."
    CURRENT = "This version created it."
    CHANGED = "Another development version created it."
    NEWER = "A newer version created or migrated it."
    FOREIGN = "There are tables or views, and Borneout did not create them."
    UNREADABLE = "It is a file, and not a SQLite database, or damaged."
    NOWHERE = "No schema in PostgreSQL's search_path exists."
    READ_ONLY = "The role may not create tables."


class WrongState(CannotRun):
    """The schema cannot be created, because the database is not empty."""

    def __init__(self, state: State) -> None:
        super().__init__(state.value)
        self.state = state


@functools.cache
def fingerprint() -> str:
    """Return the hash of the migrations, which changes with every edit of the schema.

    It depends on nothing but our own files, so no other Python, SQLAlchemy or database changes it.
    """
    text = "".join(path.read_text(encoding="utf-8") for path in _migrations())
    return hashlib.sha256(text.encode()).hexdigest()


def find_state(url: sa.URL) -> State:
    """Return the state of a database, without creating or changing anything in it."""
    if url.get_backend_name() == "sqlite" and _is_blank(Path(url.database or "")):
        return State.EMPTY
    try:
        with _connection(url) as connection:
            return _state_of(connection)
    except sa.exc.DatabaseError as exc:
        if getattr(exc.orig, "sqlite_errorcode", None) not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        return State.UNREADABLE


def migrate(engine: sa.Engine) -> None:
    """Create the schema in an empty database, in one transaction; leave one that has it alone.

    Several processes may do this at once: one of them creates the schema, and the others wait for it.

    Raises:
        WrongState: The database is neither empty nor of this version.
    """
    _refuse_wrong(find_state(engine.url))  # before a connection of the engine changes the journal mode of the file
    try:
        with engine.execution_options(write=True).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('borneout:migrate', 0))"))
            state = _state_of(connection)
            _refuse_wrong(state)
            if state is State.EMPTY:
                _create(connection)
    except sa.exc.ProgrammingError as exc:
        if getattr(exc.orig, "sqlstate", None) != _NOT_ALLOWED:
            raise
        raise WrongState(State.READ_ONLY) from exc


def _refuse_wrong(state: State) -> None:
    if state not in (State.EMPTY, State.CURRENT):
        raise WrongState(state)


def _create(connection: sa.Connection) -> None:
    # Imported late: Alembic takes as long as the rest of a command, and a database that has its schema needs none.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["schema"] = _schema_of(connection)
    command.upgrade(config, "head")
    connection.execute(sa.insert(_FINGERPRINT).values(digest=fingerprint()))


def _migrations() -> list[Path]:
    """Return the files of the migrations, in their order."""
    return sorted((_FOLDER / "versions").glob("[0-9]*.py"))


def _state_of(connection: sa.Connection) -> State:
    schema = _schema_of(connection)
    if schema is None and connection.dialect.name == "postgresql":
        return State.NOWHERE
    tables = _tables_in(connection, schema)
    revision = _only_value(connection, _VERSION, schema) if _VERSION.name in tables else None
    if _FINGERPRINT.name not in tables:
        # Alembic keeps its own table, without a row, when everything else is dropped.
        is_empty = tables <= {_VERSION.name} and revision is None
        return State.EMPTY if is_empty else State.FOREIGN
    if revision is None:
        return State.FOREIGN
    if revision != _migrations()[-1].name.partition("_")[0]:
        return State.NEWER
    is_ours = _only_value(connection, _FINGERPRINT, schema) == fingerprint()
    return State.CURRENT if is_ours else State.CHANGED


def _schema_of(connection: sa.Connection) -> str | None:
    """Return the name of our schema on PostgreSQL; None where there is none, as on SQLite."""
    if connection.dialect.name != "postgresql":
        return None
    name: str | None = connection.scalar(sa.text(_POSTGRESQL_SCHEMA))
    return name


def _tables_in(connection: sa.Connection, schema: str | None) -> set[str]:
    if schema is None:
        return set(connection.scalars(sa.text(_SQLITE_TABLES)))
    return set(connection.scalars(sa.text(_POSTGRESQL_TABLES), {"schema": schema}))


def _only_value(connection: sa.Connection, table: sa.TableClause, schema: str | None) -> str | None:
    """Return the value of a table with one column and one row; None if it has no row."""
    [column] = table.c
    place = sa.table(table.name, sa.column(column.name), schema=schema)
    value: str | None = connection.scalar(sa.select(sa.column(column.name)).select_from(place))
    return value


def _is_blank(file: Path) -> bool:
    """Whether there is no such file, or nothing in it: SQLite creates an empty database there."""
    try:
        return file.stat().st_size == 0
    except (FileNotFoundError, NotADirectoryError):
        return True


@contextmanager
def _connection(url: sa.URL) -> Iterator[sa.Connection]:
    """Open a connection that sets no option which a SQLite file would keep, and creates no file."""
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
