"""Ledger entries: the canonical text of a row, and the entry for a write (format: docs/ledger.md).

The text is canonical JSON (RFC 8785), which has implementations in many languages. It is the same on both databases,
and must never change for rows that already have entries.

Free texts, and columns that may be redacted or that hold credentials, are replaced by a salted hash. Null columns are
left out, so that adding a column does not change the text of earlier rows.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypedDict
from uuid import UUID

import sqlalchemy as sa

from service.storage.actors import Actor
from service.storage.base import UtcDateTime
from service.storage.journaled import HASHED, HASHED_MEMBERS, LEFT_OUT
from service.values.documents import LARGEST_INTEGER, canonical_json
from service.values.ids import new_id
from service.values.instants import format_instant

_SALT_BYTES = 16

RowId = tuple[str, str]
"""The identity of a row in the ledger: the name of its table, and its primary key as text."""
Render = Callable[[Any, str], Any]
"""A function that converts a column value to its JSON form; the salt is for columns that are hashed."""
Values = Mapping[Any, Any]
"""The values of a row by column."""


class ColumnFormat(NamedTuple):
    """The name of a column, and the functions that write its value in the canonical text of a row."""

    name: str
    render: Render
    write: Callable[[Any, str], str]
    """Returns the JSON member of the column: its name and value."""


class RowFormat(NamedTuple):
    """The functions that write the key and the canonical text of the rows of a table."""

    key: list[tuple[str, Render]]
    columns: list[ColumnFormat]
    """The columns, sorted as RFC 8785 requires."""


class LastEntry(NamedTuple):
    """The newest ledger entry of a row, to which the next one is chained."""

    position: int
    salt: str | None
    after: str | None


NO_ENTRY = LastEntry(0, None, None)


class NewEntry(TypedDict):
    """A new ledger entry, by column."""

    id: UUID
    recorded_at: dt.datetime
    actor: UUID | None
    actor_name: str | None
    request_id: str | None
    table_name: str
    row_key: str
    position: int
    before: str | None
    after: str | None
    salt: str
    seal: int | None
    digest: str


def entry_digest(entry: Values) -> str:
    """Return the SHA-256 hash of an entry, without its salt and seal, which may change later."""
    parts = [
        str(entry["id"]),
        format_instant(entry["recorded_at"]),
        None if entry["actor"] is None else str(entry["actor"]),
        entry["actor_name"],
        entry["request_id"],
        entry["table_name"],
        entry["row_key"],
        entry["position"],
        entry["before"],
        entry["after"],
    ]
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def new_salt() -> str:
    """Return a random salt for the hashed columns of a row."""
    return secrets.token_hex(_SALT_BYTES)


def new_entry(
    row: RowId,
    last: LastEntry,
    *,
    before: str | None,
    after: str | None,
    salt: str,
    actor: Actor,
    now: dt.datetime,
) -> NewEntry:
    """Return the ledger entry for a write of a row, chained to the row's last entry."""
    entry = NewEntry(
        id=new_id(),
        recorded_at=now,
        actor=actor.key_id,
        actor_name=actor.name,
        request_id=actor.request_id,
        table_name=row[0],
        row_key=row[1],
        position=last.position + 1,
        before=before,
        after=after,
        salt=salt,
        seal=None,
        digest="",
    )
    entry["digest"] = entry_digest(entry)
    return entry


@functools.cache
def row_format(table: sa.Table) -> RowFormat:
    """Return the functions that write the key and the canonical text of a table's rows."""
    columns = [column for column in table.columns if (table.name, column.name) not in LEFT_OUT]
    return RowFormat(
        key=[(column.name, _renderer(column)) for column in table.primary_key],
        columns=sorted(ColumnFormat(column.name, _renderer(column), _writer(column)) for column in columns),
    )


def row_key(table: sa.Table, values: Values) -> str:
    """Return the primary key of a row as text. Secrets in it are hashed without salt, so it never changes."""
    return " ".join(str(render(values[name], "")) for name, render in row_format(table).key)


def content_of(table: sa.Table, values: Values, salt: str) -> str:
    """Return the canonical text of a row.

    Args:
        table: The table of the row.
        values: The values by column, as read from the database or as written to it.
        salt: The salt of hashed columns.
    """
    # Written by column, because that takes half the time of `canonical_json`.
    members = [
        write(value, salt) for name, _, write in row_format(table).columns if (value := values.get(name)) is not None
    ]
    return f"{{{','.join(members)}}}"


def without_secret(key_id: object) -> dict[str, str]:
    """Return placeholder columns for the secret of an API key from an export; no secret matches them."""
    return {"handle": "", "digest": f"none:{key_id}"}


def lacks_secret(table: sa.Table, values: Values) -> bool:
    """Return whether a row is an API key restored without its secret, whose hash the ledger still has."""
    return table.name == "api_key" and not values["handle"]


def hash_value(value: object, salt: str) -> str:
    """Return the hash that replaces a value: SHA-256 over the salt and the text or canonical JSON."""
    text = value if isinstance(value, str) else canonical_json(value)
    return "sha256:" + hashlib.sha256((salt + text).encode()).hexdigest()


def _writer(column: sa.Column[Any]) -> Callable[[Any, str], str]:
    """Return a function that writes the name and value of a column as a JSON member."""
    name, render = column.name, _renderer(column)
    if render is hash_value or isinstance(column.type, _WITHOUT_ESCAPES):
        return lambda value, salt: f'"{name}":"{render(value, salt)}"'
    return lambda value, salt: f'"{name}":{canonical_json(render(value, salt))}'


def _renderer(column: sa.Column[Any]) -> Render:
    place = column.table.name, column.name
    if place == ("version", "content"):
        return _render_version
    if place in HASHED or isinstance(column.type, sa.Text):
        return hash_value
    for kind, render in _RENDERERS:
        if isinstance(column.type, kind):
            return render
    raise TypeError(f"The ledger has no format for {'.'.join(place)}. Add one to service/storage/entries.py.")


def _without_fraction(number: float) -> float:
    """Return a whole number as an integer, which has the same text in RFC 8785 and is written faster."""
    return int(number) if number.is_integer() and abs(number) <= LARGEST_INTEGER else number


def _render_version(content: dict[str, Any], salt: str) -> dict[str, Any]:
    return {
        name: hash_value(value, salt) if name in HASHED_MEMBERS and value is not None else value
        for name, value in content.items()
    }


_WITHOUT_ESCAPES = UtcDateTime, sa.Date, sa.Uuid
"""The column types whose values never need escapes in JSON."""
# Subclasses first: an Enum is also a String. The value of a float column may be an integer.
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
