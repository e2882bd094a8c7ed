"""How the ledger writes down a row: one text for one content, on either database, now and in years.

The text is JSON by RFC 8785, which libraries of many languages write. docs/ledger.md describes the whole format.

What the law may ask to be taken out again, and what opens a door, is not in it: a hash stands for every text without
end, and for the columns named here. Of a column that is null nothing is said, so that one that is added later changes
no text.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import rfc8785
import sqlalchemy as sa

from service.storage.db import Base, UtcDateTime
from service.values.instants import format_instant

UNENTERED = frozenset(
    {
        "outbox",  # work to be done, gone when it is
        "kept_answer",  # answers for a day, each made of rows that are entered
        "subtotal",  # follows from the rows, and is held against them
        "rate",  # as subtotal
        "entry",  # the ledger itself: its digests and its chain say what it was
        "seal",
    }
)
"""The tables whose rows are not entered."""

_LEFT_OUT = frozenset({("api_key", "last_used_at")})  # noted to the hour, and nobody's doing
_HASHED = frozenset(
    {
        ("report", "cited_as"),
        ("report", "fingerprint"),  # whoever knows the rest could try addresses by it
        ("resolution", "evidence"),
        ("dispute", "evidence"),
        ("claim", "redacted"),
        ("report", "redacted"),
        ("resolution", "redacted"),
        ("dispute", "redacted"),
        ("reply", "redacted"),
        ("api_key", "handle"),
        ("api_key", "digest"),
        ("former_secret", "handle"),
        ("former_secret", "digest"),
        ("context", "rates"),  # long, as the next
        ("learner", "state"),
    }
)
_HASHED_MEMBERS = frozenset({"text"})  # of what an outlet or a claim said until it was changed

_MOST = 2**53 - 1  # the largest whole number that every reader of JSON keeps exactly

Render = Callable[[Any, str], Any]
Values = Mapping[Any, Any]
"""The columns of a row by name."""


class Form(NamedTuple):
    """How the rows of a table are written down."""

    key: list[tuple[str, Render]]
    columns: list[tuple[str, Render]]


def entered_tables() -> list[sa.Table]:
    """The tables whose rows are entered, by name."""
    return [table for name, table in sorted(Base.metadata.tables.items()) if name not in UNENTERED]


@functools.cache
def form_of(table: sa.Table) -> Form:
    """How the rows of a table are written down."""
    columns = [column for column in table.columns if (table.name, column.name) not in _LEFT_OUT]
    rendered = {column.name: _render_of(column) for column in columns}
    return Form([(column.name, rendered[column.name]) for column in table.primary_key], list(rendered.items()))


def table_of(kind: type[Base]) -> sa.Table:
    """The table that the objects of a class are rows of."""
    table = kind.__table__
    assert isinstance(table, sa.Table)  # noqa: S101 - not a join or a query, as a class could also have
    return table


def row_key(table: sa.Table, values: Values) -> str:
    """The primary key of a row as the ledger names it; without a salt, so that it is the same for ever."""
    return " ".join(str(render(values[name], "")) for name, render in form_of(table).key)


def content_of(table: sa.Table, values: Values, salt: str) -> str:
    """What a row says, as JSON.

    Args:
        table: Its table.
        values: Its columns by name, as the database gives them or was given them.
        salt: Hashed with what is not said in the clear.
    """
    columns = form_of(table).columns
    return to_json({name: render(values[name], salt) for name, render in columns if values.get(name) is not None})


def digest_of(parts: Iterable[object]) -> str:
    """The hash of some values that JSON can write."""
    return hashlib.sha256(to_json(list(parts)).encode()).hexdigest()


def to_json(value: object) -> str:
    """Return the JSON of a value by RFC 8785: the same text for the same value, in any language.

    RFC 8785 has no whole numbers of more than 53 bits, so those are written as strings.

    >>> to_json({"b": 1.0, "a": "é", "c": 2**53})
    '{"a":"é","b":1,"c":"9007199254740992"}'
    """
    try:
        return rfc8785.dumps(value).decode()  # type: ignore[arg-type]
    except rfc8785.IntegerDomainError:
        return rfc8785.dumps(_without_large_numbers(value)).decode()


def hash_value(value: object, salt: str) -> str:
    """What stands for a value that is not said: the SHA-256 of the salt and the text, or of the salt and its JSON."""
    text = value if isinstance(value, str) else to_json(value)
    return "sha256:" + hashlib.sha256((salt + text).encode()).hexdigest()


def _without_large_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_large_numbers(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_large_numbers(each) for each in value]
    return str(value) if isinstance(value, int) and abs(value) > _MOST else value


def _render_of(column: sa.Column[Any]) -> Render:
    place = column.table.name, column.name
    if place == ("version", "content"):
        return _render_version
    if place in _HASHED or isinstance(column.type, sa.Text):
        return hash_value
    for kind, render in _RENDERS:
        if isinstance(column.type, kind):
            return render
    raise TypeError(f"The ledger cannot write down {'.'.join(place)}: say how in service/storage/canonical.py")


def _render_version(content: dict[str, Any], salt: str) -> dict[str, Any]:
    return {name: hash_value(value, salt) if name in _HASHED_MEMBERS else value for name, value in content.items()}


# The narrower kind first: a word of an enum is a String, too. A whole number may have been given for a fraction.
_RENDERS: tuple[tuple[type, Render], ...] = (
    (UtcDateTime, lambda value, _: format_instant(value)),
    (sa.Date, lambda value, _: value.isoformat()),
    (sa.Uuid, lambda value, _: str(value)),
    (sa.Boolean, lambda value, _: bool(value)),
    (sa.Float, lambda value, _: float(value)),
    (sa.Integer, lambda value, _: int(value)),
    (sa.JSON, lambda value, _: value),
    (sa.String, lambda value, _: str(value)),
)
