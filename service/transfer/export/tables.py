"""Export the rows of tables. `borneout import --restore` creates the same database from them."""

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
    "former_secret": "secrets are not exported",
    "kept_answer": "responses to repeated calls, kept for a day",
    "submission": "not part of the records",
    "import_job": "deleted after some days",
    "import_chunk": "the file of a job",
    "import_result": "the results of a job",
    "outbox": "tasks of the worker of this service",
    "identity": "unique to a database",
    "worker_host": "the hosts of this service",
    "subtotal": "recomputed from the rows",
    "rate": "recomputed from the rows",
    "outlet_spelling": "recomputed from the rows",
    "standing": "recomputed from the rows",
}
"""The tables that an export omits, each with the reason."""
_COLUMNS_LEFT_OUT = {
    ("api_key", "handle"): "secrets are not exported",
    ("api_key", "digest"): "secrets are not exported",
    ("api_key", "last_used_at"): "use of this service",
    ("claim", "terms"): "recomputed",
    ("claim", "text_key"): "recomputed",
    ("report", "page_key"): "recomputed",
    ("entry", "written_in"): "a transaction of this database",
}


def exported_tables() -> list[sa.Table]:
    """Return the exported tables, each after the tables that it references."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def exported_columns(table: sa.Table) -> list[sa.Column[object]]:
    """Return the exported columns of a table."""
    return [column for column in table.columns if (table.name, column.name) not in _COLUMNS_LEFT_OUT]


def table_rows(session: Session, table: sa.Table) -> Iterator[Line]:
    """Yield the rows of a table as JSON objects with the exported columns, sorted by primary key."""
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
