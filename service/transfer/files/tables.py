"""Read the rows of a table, whose first row is the header, as flat lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from service.errors import ServiceError, UnreadableFile
from service.transfer.files.cells import Cell, Row, read_row
from service.transfer.files.columns import read_header
from service.transfer.files.locales import LOCALES
from service.transfer.files.options import FileOptions

NumberedCells: TypeAlias = tuple[int, Sequence[Cell] | ServiceError]
"""The number of a row with its cells, or with its error."""


def read_table(rows: Iterable[NumberedCells], options: FileOptions) -> Iterator[tuple[int, Row | ServiceError]]:
    """Yield the number of each row, with its cells that are not empty, or its error.

    Raises:
        UnreadableFile: The header is malformed, or has an unknown or repeated column.
    """
    locale = LOCALES[options.locale] if options.locale else None
    header, is_first = None, True
    for number, cells in rows:
        if header is None:
            if isinstance(cells, ServiceError):
                raise UnreadableFile(f"The header cannot be read: {cells.detail[0].lower()}{cells.detail[1:]}")
            names = ["" if cell is None else str(cell) for cell in cells]
            header = read_header(names, options.names) if any(map(str.strip, names)) else None
        elif isinstance(cells, ServiceError):
            yield number, cells
        else:
            header, is_first = header.behind_row_names(cells) if is_first else header, False
            if (row := read_row(header, cells, locale)) is not None:
                yield number, row
