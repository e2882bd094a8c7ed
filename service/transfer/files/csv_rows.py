"""Read the rows of a text table: CSV, TSV, or the text format of PostgreSQL's COPY."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from service.errors import InvalidBody, ServiceError
from service.transfer.files.copy_text import split_cells
from service.transfer.files.dialect import SEP_LINE, Dialect
from service.transfer.files.table_lines import BadLine, TableLines
from service.transfer.files.text_lines import split_lines

_BLANKS_AFTER_QUOTE = re.compile(r'"[ \t]+(?=[,;|\t]|\s*$)')


def read_rows(
    blocks: Iterable[bytes], dialect: Dialect, encoding: str
) -> Iterator[tuple[int, list[str] | ServiceError]]:
    """Yield the cells or the error of each row, with the number of its first line, counted from 1."""
    lines = TableLines(split_lines(blocks, dialect.line_end), dialect, encoding)
    for number, cells in _copied_rows(lines, dialect) if dialect.is_copy else _rows(lines, dialect):
        joined = dialect.separator.join(cells) if number == 1 and isinstance(cells, list) else ""
        if not SEP_LINE.fullmatch(joined):
            yield number, cells


def _rows(lines: TableLines, dialect: Dialect) -> Iterator[tuple[int, list[str] | ServiceError]]:
    """Yield the rows of CSV, each with the number of its first line."""
    separator = dialect.separator
    is_padded = separator != " "
    reader = csv.reader(lines, delimiter=separator, quotechar=dialect.quote, strict=True, skipinitialspace=is_padded)
    number = 1
    while True:
        cells: list[str] | ServiceError | csv.Error
        try:
            cells = next(reader)
        except StopIteration:
            return
        except BadLine as exc:
            cells = exc.error
        except csv.Error as exc:
            cells = exc
        if not isinstance(cells, list):
            lines.put_back()
        count, first = lines.end_row()
        yield number, _repaired(first, separator, cells) if isinstance(cells, csv.Error) else cells
        number += count


def _copied_rows(lines: TableLines, dialect: Dialect) -> Iterator[tuple[int, list[str] | ServiceError]]:
    """Yield the rows of COPY's text format; each is one line."""
    number = 0
    while True:
        number += 1
        try:
            line = next(lines)
        except StopIteration:
            return
        except BadLine as exc:
            yield number, exc.error
        else:
            yield number, split_cells(line.rstrip("\r\n"), dialect.separator)
        lines.end_row()


def _repaired(line: bytes, separator: str, error: csv.Error) -> list[str] | ServiceError:
    """Return the cells of a line that is not valid CSV if its fault can be repaired, else the error.

    Blanks after quotes can be repaired, and so can quotes that R escaped with backslashes.
    """
    text = line.decode().strip()
    spaced = csv.reader([_BLANKS_AFTER_QUOTE.sub('"', text)], delimiter=separator, strict=True, skipinitialspace=True)
    escaped = csv.reader([text], delimiter=separator, strict=True, doublequote=False, escapechar="\\")
    for reader in (spaced, escaped) if '\\"' in text else (spaced,):
        with suppress(csv.Error, StopIteration):
            return next(reader)
    if "field larger" in str(error):
        detail = f"A cell has more than {csv.field_size_limit():,} characters. Shorten it, or close its quotes."
    else:
        detail = f"The line does not begin a row of CSV: {error}. Correct its quotes."
    return InvalidBody.at("", detail, "malformed")
