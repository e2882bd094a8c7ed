"""Keyset pagination: each page starts after the last item of the previous one, even with new rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypedDict, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.cursors import foreign_cursor
from service.values.instants import format_instant

T = TypeVar("T")

SortKey = tuple[str, ...]
"""The values of the sort columns of an item, as text."""


class PageRequest(TypedDict):
    """The pagination members of a query. Its other members are filters."""

    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list, with the sort key of its last item."""

    items: Sequence[T]
    next: SortKey | None
    """The sort key that the next page starts after; None for the last page."""


@dataclass(frozen=True, slots=True)
class Keyset:
    """The columns that a list is sorted by, unique in combination, and the parsers of their values."""

    columns: Sequence[Any]
    read: Sequence[Callable[[str], Any]]
    descending: bool = False

    def page(self, session: Session, rows: sa.Select[T], *, after: SortKey | None, limit: int) -> Page[T]:
        """Return the page of up to `limit` items after a sort key, or the first page without one.

        Raises:
            InvalidQuery: The sort key belongs to another list.
        """
        key = sa.tuple_(*self.columns)
        if after is not None:
            start = read_sort_key(after, self.read)
            rows = rows.where(key < start if self.descending else key > start)
        rows = rows.order_by(*(column.desc() if self.descending else column for column in self.columns))
        keyed = rows.add_columns(*(column.label(f"key_{n}") for n, column in enumerate(self.columns)))
        found = session.execute(keyed.limit(limit + 1)).all()
        more = len(found) > limit
        return Page([row[0] for row in found[:limit]], tuple(map(_as_text, found[limit - 1][1:])) if more else None)


def read_sort_key(sort_key: SortKey, read: Sequence[Callable[[str], Any]]) -> tuple[Any, ...]:
    """Parse the values of a sort key, one for each sort column.

    Raises:
        InvalidQuery: The number of values is wrong, or one of them cannot be parsed.
    """
    try:
        return tuple(reader(part) for reader, part in zip(read, sort_key, strict=True))
    except ValueError as exc:
        raise foreign_cursor() from exc


def read_number(text: str) -> int:
    """Parse an integer that fits into an INTEGER column of both databases.

    Raises:
        ValueError: The text is not an integer, or has more than 9 characters.
    """
    if len(text) > 9:
        raise ValueError("The number has more than 9 digits.")
    return int(text)


def _as_text(value: object) -> str:
    if isinstance(value, dt.datetime):
        return format_instant(value)
    return str(value)
