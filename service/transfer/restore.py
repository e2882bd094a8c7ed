"""Restore an export into an empty database: the same rows with their ids, times and ledger."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import queue_invalidation_of_all
from service.errors import CannotRun
from service.outlets.rebuild_sums import missing_sums
from service.outlets.sums import add_sums
from service.storage.base import UtcDateTime
from service.storage.db import Database
from service.storage.entries import without_secret
from service.storage.locks import lock_name
from service.storage.models import Claim, Report
from service.storage.search_check import correct_spellings
from service.storage.search_columns import derive_search_columns
from service.transfer.export.tables import exported_columns, exported_tables
from service.transfer.package import Package
from service.values.instants import parse_instant, utc_now

_BATCH = 1000

Row: TypeAlias = dict[str, object]


class RestoreError(CannotRun):
    """The error for a restore that failed and left the database unchanged."""


def restore_export(db: Database, package: Package) -> dict[str, int]:
    """Restore an export in one transaction, and recompute the sums and the search index.

    Args:
        db: The database, which has the schema and no rows.
        package: The export.

    Returns:
        The number of restored rows by table, without empty tables.

    Raises:
        RestoreError: The database is not empty, or rows of the export do not fit their table.
        BadPackage: The export is damaged, or was made by another version.
    """
    package.check()
    counts: dict[str, int] = {}
    with db.write_restored() as session:
        lock_name(session, "first key")
        _require_empty(session)
        for table in exported_tables():
            try:
                counts[table.name] = _insert(session, table, package)
            except (sa.exc.StatementError, LookupError, TypeError, ValueError) as exc:
                raise RestoreError(
                    f"The rows of {table.name} do not fit that table, so nothing was restored. Export again."
                ) from exc
        session.flush()
        correct_spellings(session)
        add_sums(session, missing_sums(session))
        queue_invalidation_of_all(session, now=utc_now())
    db.analyze()
    return {name: count for name, count in counts.items() if count}


def _require_empty(session: Session) -> None:
    for table in exported_tables():
        if session.scalar(sa.select(sa.exists().select_from(table))):
            raise RestoreError(
                "The database is not empty, so nothing was restored. Use a new data directory or a new database, "
                "and restore before the first `borneout serve`, which creates a key."
            )


def _insert(session: Session, table: sa.Table, package: Package) -> int:
    """Insert the rows of a table, and then set the references among them, which may point to later rows."""
    readers = {column.name: _reader(column) for column in exported_columns(table)}
    own = [column for column in table.columns if any(key.column.table is table for key in column.foreign_keys)]
    count = 0
    for batch in _batches(_read(table, readers, package)):
        session.execute(sa.insert(table), [_complete(table, row, without=own) for row in batch])
        count += len(batch)
    if own:
        update = table.update().where(table.c.id == sa.bindparam("row_id"))
        update = update.values({column.name: sa.bindparam(f"new_{column.name}") for column in own})
        referring = (row for row in _read(table, readers, package) if any(row[column.name] for column in own))
        for batch in _batches(referring):
            values = [
                {f"new_{column.name}": row[column.name] for column in own} | {"row_id": row["id"]} for row in batch
            ]
            session.connection().execute(update, values)
    return count


def _read(table: sa.Table, readers: Mapping[str, Callable[..., object]], package: Package) -> Iterator[Row]:
    for line in package.lines(f"tables/{table.name}.ndjson"):
        content = json.loads(line)
        if content.keys() != readers.keys():
            raise ValueError(f"The members of a row differ from the columns of {table.name}.")
        yield {name: None if value is None else readers[name](value) for name, value in content.items()}


def _reader(column: sa.Column[object]) -> Callable[..., object]:
    """Return the function that converts a JSON value other than null to the type of a column."""
    match column.type:
        case UtcDateTime():
            return parse_instant
        case sa.Date():
            return dt.date.fromisoformat
        case sa.Uuid():
            return UUID
        case sa.Enum():
            words: Callable[..., object] = column.type.python_type
            return words
    return lambda value: value


def _complete(table: sa.Table, row: Row, *, without: Iterable[sa.Column[object]]) -> Row:
    """Return an exported row with the omitted columns, and without references to rows of its own table."""
    complete = row | dict.fromkeys(column.name for column in without)
    if table.name == "api_key":
        return complete | without_secret(row["id"])
    for model in (Claim, Report):
        if table.name == model.__tablename__:
            derived = model(**row)
            derive_search_columns(derived)
            return complete | {name: getattr(derived, name) for name in _DERIVED[model]}
    return complete


_DERIVED: Mapping[type[Claim | Report], tuple[str, ...]] = {Claim: ("terms", "text_key"), Report: ("page_key",)}


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch
