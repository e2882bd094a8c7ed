"""A cache, for each database, of values loaded from rows that never change."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

T = TypeVar("T")


class Memo(Generic[T]):
    """A cache of values that are loaded from immutable rows of a database.

    A key must identify the content, not only the row: after a restore from a backup the same number can belong to
    another row, so keys include the time at which the row was recorded.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: WeakKeyDictionary[sa.Engine, dict[Hashable, T]] = WeakKeyDictionary()

    def get(self, session: Session, key: Hashable, load: Callable[[], T]) -> T:
        """Return the value of a key in the session's database, loading it on first use."""
        values = self._values.setdefault(session.get_bind().engine, {})
        if key in values:
            return values[key]
        value = load()
        if len(values) >= self._size:
            values.clear()
        values[key] = value
        return value
