"""Keyset paging: a page starts where the last one ended, so that rows added meanwhile move nothing."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import InvalidQuery
from service.instants import format_instant

T = TypeVar("T")

Position = tuple[str, ...]
"""Where a page ended: the sort key of its last item, spelt out."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list, and where the next ones begin, if there are any."""

    items: Sequence[T]
    next: Position | None


@dataclass(frozen=True, slots=True)
class Keyset:
    """What a list is sorted by: columns that together are unique, and how each is read from a position."""

    columns: Sequence[Any]
    read: Sequence[Callable[[str], Any]]
    descending: bool = False

    def page(self, session: Session, rows: sa.Select[T], *, after: Position | None, limit: int) -> Page[T]:
        """The next `limit` items after a position.

        Raises:
            InvalidQuery: The position is not one of this list.
        """
        key = sa.tuple_(*self.columns)
        if after is not None:
            start = read_position(after, self.read)
            rows = rows.where(key < start if self.descending else key > start)
        rows = rows.order_by(*(column.desc() if self.descending else column for column in self.columns))
        keyed = rows.add_columns(*(column.label(f"key_{n}") for n, column in enumerate(self.columns)))
        found = session.execute(keyed.limit(limit + 1)).all()
        more = len(found) > limit
        return Page([row[0] for row in found[:limit]], tuple(map(_spell, found[limit - 1][1:])) if more else None)


def read_position(position: Position, read: Sequence[Callable[[str], Any]]) -> tuple[Any, ...]:
    """Turn a position back into values.

    Raises:
        InvalidQuery: It does not have that many parts, or one of them cannot be read.
    """
    try:
        return tuple(reader(part) for reader, part in zip(read, position, strict=True))
    except ValueError as exc:
        raise foreign_cursor() from exc


def read_number(text: str) -> int:
    """A number of a position, of no more digits than any database has in an INTEGER.

    Raises:
        ValueError: It is none.
    """
    if len(text) > 9:
        raise ValueError("Too long a number.")
    return int(text)


def encode_cursor(position: Position, bound_to: object) -> str:
    """An opaque text for a position, good only for the list and the filters it is bound to."""
    text = json.dumps(position)
    return base64.urlsafe_b64encode(_seal(text, bound_to) + text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, bound_to: object) -> Position:
    """The position that `encode_cursor` was given.

    Raises:
        InvalidQuery: The cursor is damaged, or of another list or other filters.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        text = raw[_SEAL:].decode()
        if raw[:_SEAL] == _seal(text, bound_to):
            position = json.loads(text)
            # Anybody can compute the seal, so what is under it may still be anything.
            if isinstance(position, list) and all(isinstance(part, str) and part.isprintable() for part in position):
                return tuple(position)
    except (ValueError, RecursionError):
        pass
    raise foreign_cursor()


def foreign_cursor() -> InvalidQuery:
    """The error for a cursor that this list did not give out."""
    detail = "Not a cursor of this list with these filters; take it from next_cursor or the Link header."
    return InvalidQuery.at("cursor", detail=detail, code="invalid")


_SEAL = 8


def _seal(text: str, bound_to: object) -> bytes:
    return hashlib.sha256(json.dumps([text, bound_to], default=str, sort_keys=True).encode()).digest()[:_SEAL]


def _spell(value: object) -> str:
    if isinstance(value, dt.datetime):
        return format_instant(value)
    return str(value)
