"""Insert many new rows at once, each with its entry in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_dict

from service.storage.actors import current_actor
from service.storage.base import Base
from service.storage.canonical import UNJOURNALED, Values, content_of, row_key, table_of
from service.storage.journal import NO_ENTRY, JournaledSession, NewEntry, new_entry, new_salt
from service.storage.models import Claim, Entry, Report
from service.storage.models.claims import derive_search_columns
from service.values.instants import utc_now

_ENTRY_COLUMNS = tuple(NewEntry.__annotations__)
Convert: TypeAlias = Callable[[object], object]
"""A function from the value of a column to that of the driver."""


class _Insertion(NamedTuple):
    """The statement that inserts rows into a table, and the converters of their values."""

    statement: str
    converters: list[Convert | None]


def insert_rows(session: Session, model: type[Base], rows: Sequence[Base]) -> None:
    """Insert rows that belong to no session, with an entry for each if the session is journaled.

    It takes a tenth of the time of `session.add`: with COPY on PostgreSQL, with one prepared statement on SQLite. All
    columns that are not null must be set, except for the search columns. Rows that these refer to must have been
    written before.
    """
    for row in rows:
        if isinstance(row, Claim | Report):
            derive_search_columns(row)
    table = table_of(model)
    values = [instance_dict(row) for row in rows]
    _insert(session.connection(), table, tuple(table.columns.keys()), values)
    if isinstance(session, JournaledSession) and table.name not in UNJOURNALED:
        _insert(session.connection(), table_of(Entry), _ENTRY_COLUMNS, _entries(table, values))


def _entries(table: sa.Table, rows: Iterable[Values]) -> list[NewEntry]:
    """Return the entries of new rows, given their columns by name."""
    actor, now = current_actor(), utc_now()
    entries = []
    for values in rows:
        salt = new_salt()
        row = table.name, row_key(table, values)
        after = content_of(table, values, salt)
        entries.append(new_entry(row, NO_ENTRY, before=None, after=after, salt=salt, actor=actor, now=now))
    return entries


def _insert(
    connection: sa.Connection, table: sa.Table, names: tuple[str, ...], rows: Iterable[Mapping[str, object]]
) -> None:
    insertion = _insertion(table, names, connection.dialect)
    lines = [
        tuple(
            value if convert is None or value is None else convert(value)
            for convert, value in zip(insertion.converters, map(row.get, names), strict=True)
        )
        for row in rows
    ]
    if connection.dialect.name == "postgresql":
        _copy(connection, insertion.statement, lines)
    elif lines:
        connection.exec_driver_sql(insertion.statement, lines)


def _copy(connection: sa.Connection, statement: str, lines: Sequence[Sequence[object]]) -> None:
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(statement) as copy:
            for line in lines:
                copy.write_row(line)
    except connection.dialect.loaded_dbapi.Error as exc:
        # As SQLAlchemy raises the errors of its own statements, by which conflicts with other writers are recognised.
        error = sa.exc.DBAPIError.instance(
            statement, None, exc, connection.dialect.loaded_dbapi.Error, hide_parameters=True
        )
        raise error from exc
    finally:
        cursor.close()


@lru_cache(maxsize=100)
def _insertion(table: sa.Table, names: tuple[str, ...], dialect: sa.Dialect) -> _Insertion:
    quote = dialect.identifier_preparer.quote
    target = f"{quote(table.name)} ({', '.join(map(quote, names))})"
    if dialect.name == "postgresql":
        statement = f"COPY {target} FROM STDIN"
    else:
        statement = f"INSERT INTO {target} VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - names of the models
    types = (table.columns[name].type.dialect_impl(dialect) for name in names)
    return _Insertion(statement, [each.bind_processor(dialect) for each in types])
