"""Tables as files, row by row, from which `restore` makes the same database."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator, Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.base import Base
from service.storage.predicates import by_bytes
from service.transfer.export.lines import STREAMED, Line
from service.values.instants import format_instant

LEFT_OUT: Mapping[str, str] = {
    "former_secret": "the secrets of keys stay behind",
    "kept_answer": "responses stored for a day, of calls to this service",
    "submission": "no part of the record, and sent to this service only",
    "import_job": "jobs of this service, deleted after some days",
    "import_chunk": "the file of a job",
    "import_result": "the results of a job",
    "outbox": "tasks of the worker of this service",
    "identity": "every database has its own",
    "worker_host": "the hosts of this service",
    "subtotal": "derived from the rows, and computed again",
    "rate": "as subtotal",
    "outlet_spelling": "as subtotal",
    "standing": "as subtotal",
}
"""The tables that an export leaves out, each with the reason."""
_COLUMNS_LEFT_OUT = {
    ("api_key", "handle"): "the secrets of keys stay behind",
    ("api_key", "digest"): "as handle",
    ("api_key", "last_used_at"): "about this service",
    ("claim", "terms"): "derived, as the next",
    ("claim", "text_key"): "derived",
    ("report", "page_key"): "derived",
    ("entry", "written_in"): "a transaction of this database",
}


def exported_tables() -> list[sa.Table]:
    """Return the tables that an export contains, each after those that its rows refer to."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def exported_columns(table: sa.Table) -> list[sa.Column[object]]:
    """Return the columns that an export contains."""
    return [column for column in table.columns if (table.name, column.name) not in _COLUMNS_LEFT_OUT]


def table_rows(session: Session, table: sa.Table) -> Iterator[Line]:
    """Yield the rows of a table in the order of their keys, as JSON."""
    order = [by_bytes(session, key) if isinstance(key.type, sa.String) else key for key in table.primary_key]
    rows = sa.select(*exported_columns(table)).order_by(*order)
    for row in session.execute(rows, execution_options=STREAMED).mappings():
        yield {name: _as_json(value) for name, value in row.items()}


def _as_json(value: object) -> object:
    match value:
        case dt.datetime():
            return format_instant(value)
        case dt.date():
            return value.isoformat()
        case UUID():
            return str(value)
        case enum.Enum():
            return value.value
    return value
