"""Read many rows as plain objects, which costs a fraction of reading them as rows of the ORM."""

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
    """Reads rows as plain objects. It converts equal ids, words and instants once for all rows of a statement."""

    def __init__(self, session: Session, model: type[R], *left_out: str, only: tuple[str, ...] = ()) -> None:
        """Read all columns of a model, or only some, except for those that are left out."""
        self._connection = session.connection()
        self._model = model
        self._columns = _columns(model, left_out, only)

    def select(self) -> sa.Select[*tuple[object, ...]]:
        """Select the columns of the rows. The driver returns ids, words and instants in its own form."""
        return _selection(self._columns)

    def read(self, rows: sa.Select[*tuple[object, ...]]) -> Iterator[R]:
        """Yield the rows of a statement."""
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
        """Yield the values of each column that are converted already; None for a column that needs no conversion."""
        dialect = self._connection.dialect
        kinds: dict[object, _Converted] = {}
        for column in self._columns:
            convert = None
            if _is_repeated(column):
                convert = column.type.dialect_impl(dialect).result_processor(dialect, None)
            kind = column.type if isinstance(column.type, sa.Enum) else type(column.type)
            yield None if convert is None else kinds.setdefault(kind, _Converted(convert))


class _Converted(dict[object, object]):
    """The converted values of columns by the values that the driver returned."""

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
    """Return whether many rows have equal values in a column that take time to convert."""
    return isinstance(column.type, sa.Uuid | sa.Enum | UtcDateTime)
