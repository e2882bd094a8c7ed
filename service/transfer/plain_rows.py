"""Read many rows as plain objects, which is much faster than loading them with the ORM."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.base import Base, UtcDateTime, plain, table_of

R = TypeVar("R", bound=Base)

_RAW = sa.types.NullType()


class RowReader(Generic[R]):
    """A reader that returns rows as plain objects of a model.

    Equal ids, enum values and instants are converted once for all rows of a statement.
    """

    def __init__(self, session: Session, model: type[R], *left_out: str, only: tuple[str, ...] = ()) -> None:
        """Choose the columns to read: all of the model or those in `only`, except those in `left_out`."""
        self._connection = session.connection()
        self._model = model
        self._columns = _columns(model, left_out, only)

    def select(self) -> sa.Select[*tuple[object, ...]]:
        """Return a statement that selects the columns, with ids, enum values and instants unconverted."""
        return _selection(self._columns)

    def read(self, rows: sa.Select[*tuple[object, ...]]) -> Iterator[R]:
        """Execute a statement made with `select`, and yield its rows as plain objects."""
        names = [column.name for column in self._columns]
        # By column, because a loop over the values of each row takes longer.
        values = zip(*self._connection.execute(rows).all(), strict=True)
        converted = [
            column if known is None else map(known.__getitem__, column)
            for column, known in zip(values, self._converted(), strict=False)
        ]
        for row in zip(*converted, strict=True):
            yield plain(self._model, dict(zip(names, row, strict=True)))

    def _converted(self) -> Iterator[_Converted | None]:
        """Yield the cache of converted values for each column; None for a column without conversion."""
        dialect = self._connection.dialect
        kinds: dict[object, _Converted] = {}
        for column in self._columns:
            convert = None
            if _is_repeated(column):
                convert = column.type.dialect_impl(dialect).result_processor(dialect, None)
            kind = column.type if isinstance(column.type, sa.Enum) else type(column.type)
            yield None if convert is None else kinds.setdefault(kind, _Converted(convert))


class _Converted(dict[object, object]):
    """A cache of converted values, by the value that the database driver returned."""

    def __init__(self, convert: Callable[[object], object]) -> None:
        super().__init__({None: None})
        self._convert = convert

    def __missing__(self, value: object) -> object:
        self[value] = converted = self._convert(value)
        return converted


@cache
def _columns(model: type[Base], left_out: tuple[str, ...], only: tuple[str, ...]) -> tuple[sa.Column[object], ...]:
    named = (column for column in table_of(model).columns if not only or column.name in only)
    return tuple(column for column in named if column.name not in left_out)


@cache  # every batch needs it
def _selection(columns: tuple[sa.Column[object], ...]) -> sa.Select[*tuple[object, ...]]:
    return sa.select(*(sa.type_coerce(column, _RAW) if _is_repeated(column) else column for column in columns))


def _is_repeated(column: sa.Column[object]) -> bool:
    """Return whether a column has values that are slow to convert and equal in many rows."""
    return isinstance(column.type, sa.Uuid | sa.Enum | UtcDateTime)
