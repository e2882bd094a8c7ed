"""Read the rows of a table as flat lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeAlias

from service.errors import ServiceError, UnreadableFile
from service.transfer.files.cells import Cell, Row, read_row
from service.transfer.files.columns import HEAD_ROWS, find_columns
from service.transfer.files.header import Header, read_header
from service.transfer.files.locales import LOCALES
from service.transfer.files.options import FileOptions

Cells: TypeAlias = Sequence[Cell] | ServiceError
"""The cells of a row, or its error."""

_END = re.compile(r"\(\d+ \w+\)|\\\.|\x1a")
"""The last line that some programs add: `(3 rows)` from psql, or the end mark of COPY or DOS."""


def read_table(
    rows: Iterator[tuple[int, Cells]], options: FileOptions, *, sheet: str | None = None
) -> Iterator[tuple[int, Row | ServiceError]]:
    """Yield the number of each row, with its flat line or its error.

    Args:
        rows: The numbered rows, including the header.
        options: The options for reading the file.
        sheet: The name of the sheet, for errors.

    Raises:
        UnreadableFile: The header cannot be read, or has an unknown or repeated column.
    """
    header, rows = _find_header(rows, options, "The header" if sheet is None else f"The header of the sheet {sheet!r}")
    if header is None:
        return
    locale = LOCALES[options.locale] if options.locale else None
    is_first = True
    for number, cells in rows:
        if isinstance(cells, ServiceError):
            yield number, cells
            continue
        header, is_first = header.behind_row_names(cells) if is_first else header, False
        if header.is_repeated(cells) or (len(cells) == 1 and _END.fullmatch(str(cells[0]))):
            continue
        if (row := read_row(header, cells, locale)) is not None:
            yield number, row


def _find_header(
    rows: Iterator[tuple[int, Cells]], options: FileOptions, subject: str
) -> tuple[Header | None, Iterator[tuple[int, Cells]]]:
    """Return the header and the rows below it; None in place of the header if all rows are empty.

    The header is the row that names the most columns among the first `HEAD_ROWS` rows.

    Raises:
        UnreadableFile: No row names a column, or the header has an error.
    """
    head: list[tuple[int, Cells]] = []
    filled: list[int] = []
    """The positions of rows that are not empty."""
    for number, cells in rows:
        if isinstance(cells, ServiceError) or any(str(cell).strip() for cell in cells if cell is not None):
            filled.append(len(head))
        head.append((number, cells))
        if len(filled) == HEAD_ROWS:
            break
    if not filled:
        return None, rows
    best = max(filled, key=lambda place: _count_columns(head[place][1], options))
    cells = head[best][1]
    if isinstance(cells, ServiceError):
        raise UnreadableFile(f"{subject} cannot be read: {cells.detail[0].lower()}{cells.detail[1:]}")
    names = ["" if cell is None else str(cell) for cell in cells]
    return read_header(names, options.names, subject=subject), chain(head[best + 1 :], rows)


def _count_columns(cells: Cells, options: FileOptions) -> int:
    return 0 if isinstance(cells, ServiceError) else len(find_columns(cells, options.names))
