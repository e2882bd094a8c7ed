"""The canonical text of a row, which entries of the ledger store and hash. docs/ledger.md describes the format.

The text is JSON by RFC 8785, which has implementations in many languages. It is the same on both databases and must
never change for rows already entered.

Free texts, and columns that may be redacted or that hold credentials, are replaced by a salted hash. Null columns are
left out, so that adding a column does not change the text of earlier rows.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from service.storage.base import Base, UtcDateTime
from service.storage.models import (
    Entry,
    Identity,
    ImportChunk,
    ImportJob,
    ImportResult,
    Outbox,
    OutletSpelling,
    Rate,
    Seal,
    Standing,
    StoredResponse,
    Submission,
    Subtotal,
    WorkerHost,
)
from service.values.documents import LARGEST_INTEGER, canonical_json
from service.values.instants import format_instant

_UNJOURNALED_MODELS: tuple[type[Base], ...] = (
    Outbox,  # tasks, deleted when they are done
    Identity,  # of the database itself, renewed when a backup is restored
    WorkerHost,  # deleted when the worker stops
    StoredResponse,  # responses for a day, computed from rows that are journaled
    Submission,  # no part of the record before it is accepted; the rows made of it are journaled
    ImportJob,  # deleted after a week; the rows that its lines write are journaled
    ImportChunk,  # as ImportJob, and ImportResult
    ImportResult,
    Subtotal,  # derived from journaled rows, and verified against them
    Rate,  # as Subtotal
    OutletSpelling,  # as Subtotal
    Standing,  # as Subtotal
    Entry,  # the ledger itself, protected by its digests and seals
    Seal,
)
UNJOURNALED = frozenset(model.__tablename__ for model in _UNJOURNALED_MODELS)
"""The names of the tables whose rows are not journaled."""

_LEFT_OUT = frozenset(
    {
        ("api_key", "last_used_at"),  # updated hourly, without a change by a client
        ("claim", "terms"),  # derived from the text and the tags, as the next
        ("claim", "text_key"),
        ("report", "page_key"),  # derived from the url
    }
)
_HASHED = frozenset(
    {
        ("report", "cited_as"),
        ("report", "fingerprint"),  # it would allow guesses at a redacted URL
        ("resolution", "evidence"),
        ("dispute", "evidence"),
        ("claim", "reviews"),
        ("claim", "redacted"),
        ("report", "redacted"),
        ("resolution", "redacted"),
        ("dispute", "redacted"),
        ("reply", "redacted"),
        ("api_key", "handle"),
        ("api_key", "digest"),
        ("former_secret", "handle"),
        ("former_secret", "digest"),
        ("context", "contexts"),  # long, as the next
        ("learner", "state"),
    }
)
_HASHED_MEMBERS = frozenset({"text", "url", "quote", "fingerprint"})
"""The hashed members of the earlier versions of outlets, claims and reports."""


Render = Callable[[Any, str], Any]
"""A function from the value of a column and a salt to JSON."""
Values = Mapping[Any, Any]
"""The columns of a row by name."""


class RowFormat(NamedTuple):
    """The renderers of a table's columns, by name."""

    key: list[tuple[str, Render]]
    columns: list[tuple[str, Render]]


def journaled_tables() -> list[sa.Table]:
    """Return the tables whose rows are journaled, sorted by name."""
    return [table for name, table in sorted(Base.metadata.tables.items()) if name not in UNJOURNALED]


@functools.cache
def row_format(table: sa.Table) -> RowFormat:
    """Return the renderers of a table's columns."""
    columns = [column for column in table.columns if (table.name, column.name) not in _LEFT_OUT]
    rendered = {column.name: _renderer(column) for column in columns}
    return RowFormat([(column.name, rendered[column.name]) for column in table.primary_key], list(rendered.items()))


def table_of(model: type[Base]) -> sa.Table:
    """Return the table of a model."""
    table = model.__table__
    assert isinstance(table, sa.Table)  # noqa: S101 - a model could also map a join or a query
    return table


def row_key(table: sa.Table, values: Values) -> str:
    """Return the primary key of a row as the ledger stores it. It has no salt, so it never changes."""
    return " ".join(str(render(values[name], "")) for name, render in row_format(table).key)


def content_of(table: sa.Table, values: Values, salt: str) -> str:
    """Return the canonical text of a row.

    Args:
        table: The table of the row.
        values: The columns by name, as read from the database or as written to it.
        salt: The salt of hashed columns.
    """
    columns = row_format(table).columns
    return canonical_json(
        {name: render(values[name], salt) for name, render in columns if values.get(name) is not None}
    )


def without_secret(key_id: object) -> dict[str, str]:
    """Return the columns of a key whose secret stayed behind when its database was exported. No secret matches them."""
    return {"handle": "", "digest": f"none:{key_id}"}


def lacks_secret(table: sa.Table, values: Values) -> bool:
    """Return whether a row is a key without a secret. The ledger has the hash of its former one."""
    return table.name == "api_key" and not values["handle"]


def digest_of(parts: Iterable[object]) -> str:
    """Return the SHA-256 of JSON values."""
    return hashlib.sha256(canonical_json(list(parts)).encode()).hexdigest()


def hash_value(value: object, salt: str) -> str:
    """Return the hash that replaces a value: the SHA-256 of the salt, followed by the text or the canonical JSON."""
    text = value if isinstance(value, str) else canonical_json(value)
    return "sha256:" + hashlib.sha256((salt + text).encode()).hexdigest()


def _renderer(column: sa.Column[Any]) -> Render:
    place = column.table.name, column.name
    if place == ("version", "content"):
        return _render_version
    if place in _HASHED or isinstance(column.type, sa.Text):
        return hash_value
    for kind, render in _RENDERERS:
        if isinstance(column.type, kind):
            return render
    raise TypeError(f"The ledger has no format for {'.'.join(place)}. Add one to service/storage/canonical.py.")


def _without_fraction(number: float) -> float:
    """Return a whole number as an integer, which has the same text in RFC 8785 and is written faster."""
    return int(number) if number.is_integer() and abs(number) <= LARGEST_INTEGER else number


def _render_version(content: dict[str, Any], salt: str) -> dict[str, Any]:
    return {
        name: hash_value(value, salt) if name in _HASHED_MEMBERS and value is not None else value
        for name, value in content.items()
    }


# Subclasses first: an Enum is also a String. A float column may have been given an integer.
_RENDERERS: tuple[tuple[type, Render], ...] = (
    (UtcDateTime, lambda value, _: format_instant(value)),
    (sa.Date, lambda value, _: value.isoformat()),
    (sa.Uuid, lambda value, _: str(value)),
    (sa.Boolean, lambda value, _: bool(value)),
    (sa.Float, lambda value, _: _without_fraction(float(value))),
    (sa.Integer, lambda value, _: int(value)),
    (sa.JSON, lambda value, _: value),
    (sa.String, lambda value, _: str(value)),
)
