"""Read the rows of a table, whose first row is the header, as flat lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from service.errors import ServiceError, UnreadableFile
from service.transfer.files.cells import Cell, Row, read_row
from service.transfer.files.columns import Header, count_known, read_header
from service.transfer.files.locales import LOCALES
from service.transfer.files.options import FileOptions

NumberedCells: TypeAlias = tuple[int, Sequence[Cell] | ServiceError]
"""The number of a row with its cells, or with its error."""


TITLE_ROWS = 10
"""The maximum number of rows above the header, such as a title."""


def read_table(rows: Iterator[NumberedCells], options: FileOptions) -> Iterator[tuple[int, Row | ServiceError]]:
    """Yield the number of each row, with its cells that are not empty, or its error.

    Raises:
        UnreadableFile: The header is malformed, or has an unknown or repeated column.
    """
    if (header := _find_header(rows, options)) is None:
        return
    locale = LOCALES[options.locale] if options.locale else None
    is_first = True
    for number, cells in rows:
        if isinstance(cells, ServiceError):
            yield number, cells
            continue
        header, is_first = header.behind_row_names(cells) if is_first else header, False
        if (row := read_row(header, cells, locale)) is not None:
            yield number, row


def _find_header(rows: Iterator[NumberedCells], options: FileOptions) -> Header | None:
    """Return the first row that names a known column; None for a table without rows.

    Raises:
        UnreadableFile: No row does, of which the first is described, or the header is malformed.
    """
    titles: list[list[str]] = []
    for _, cells in rows:
        if isinstance(cells, ServiceError):
            raise UnreadableFile(f"The header cannot be read: {cells.detail[0].lower()}{cells.detail[1:]}")
        names = ["" if cell is None else str(cell) for cell in cells]
        if count_known(names, options.names):
            return read_header(names, options.names)
        if any(map(str.strip, names)):
            titles.append(names)
        if len(titles) > TITLE_ROWS:
            break
    return read_header(titles[0], options.names) if titles else None
