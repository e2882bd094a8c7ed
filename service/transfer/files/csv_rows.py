"""Read the rows of a table of text: CSV, TSV, or the text format of PostgreSQL's COPY."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from service.errors import InvalidBody, ServiceError, UnreadableFile
from service.transfer.files.charset import bad_line, is_legacy, not_utf8
from service.transfer.files.columns import count_known
from service.transfer.files.options import FileOptions
from service.transfer.files.tables import TITLE_ROWS
from service.transfer.files.text_lines import find_line_end, split_lines, too_long

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}

_SEP_LINE = re.compile(r'"?sep=([^\w\s"\']|\t)"?[,;\t|]*\s*', re.ASCII | re.IGNORECASE)
_COPY_CELL = re.compile(rb"(?:^|\t)\\N(?:\t|$)", re.MULTILINE)
_ESCAPE, _QUOTED_CELL = re.compile(rb"\\[tnr\\]"), re.compile(rb'(?:^|\t)"', re.MULTILINE)
_COPY_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_COPY_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
_BLANKS_AFTER_QUOTE = re.compile(r'"[ \t]+(?=[,;|\t]|\s*$)')
_LEGACY_SHARE = 0.1
"""The share of lines that are not UTF-8 from which a file is refused, and not only these lines."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The notation of a table."""

    separator: str
    line_end: bytes
    is_copy: bool
    """Whether it is the text format of COPY, or the `@tsv` of jq, with backslashes instead of quotes."""


def detect_dialect(head: bytes, options: FileOptions) -> Dialect:
    """Return the notation of a table with these first bytes."""
    line_end = find_line_end(head, quotes=True)
    first, _, rest = head.partition(line_end)
    if (named := _SEP_LINE.fullmatch(first.decode(errors="replace"))) is not None:
        return Dialect(named[1], line_end, is_copy=False)
    filled = [line.decode(errors="replace") for line in (first, *rest.split(line_end)) if line.strip()] or [""]
    separator = max(
        SEPARATORS,
        key=lambda mark: (
            max(_count_columns(line, mark, options) for line in filled[: TITLE_ROWS + 1]),
            _unquoted(filled[0]).count(mark),
        ),
    )
    has_escapes = _COPY_CELL.search(head) or (_ESCAPE.search(head) and not _QUOTED_CELL.search(head))
    return Dialect(separator, line_end, is_copy=separator == "\t" and bool(has_escapes))


def check_encoding(head: bytes, line_end: bytes) -> None:
    """Check that a text with these first bytes is not in a legacy encoding.

    A single line that is not UTF-8, or a few among many, are rejected by themselves.

    Raises:
        UnreadableFile: It is, with the encoding that it seems to have.
    """
    if is_legacy(head):
        header, *lines = head.strip().split(line_end)
        bad = sum(not line.isascii() for line in lines)
        if bad == len(lines) or (bad > 1 and bad >= _LEGACY_SHARE * len(lines)) or not header.isascii():
            raise UnreadableFile(not_utf8(head, subject="The file"))


def read_rows(
    blocks: Iterable[bytes], dialect: Dialect, encoding: str
) -> Iterator[tuple[int, list[str] | ServiceError]]:
    """Yield the number of the first line of each row, from 1, with its cells or its error."""
    lines = _Lines(split_lines(blocks, dialect.line_end), dialect, encoding)
    rows = _copied_rows(lines) if dialect.is_copy else _rows(lines, dialect.separator)
    for number, cells in rows:
        joined = dialect.separator.join(cells) if number == 1 and isinstance(cells, list) else ""
        if not _SEP_LINE.fullmatch(joined):
            yield number, cells


class _BadLine(Exception):
    """Carries the error of a line through the CSV reader."""

    def __init__(self, error: ServiceError) -> None:
        super().__init__(error.detail)
        self.error = error


class _Lines:
    """An iterator of the lines of a table that can put back all lines of a row except for the first.

    A quote without its closing quote makes the reader take all lines up to the next quote.
    """

    def __init__(self, lines: Iterator[bytes | None], dialect: Dialect, encoding: str) -> None:
        self._lines, self._end, self._encoding = lines, dialect.line_end.decode(), encoding
        self._put_back: deque[bytes | None] = deque()
        self._taken: list[bytes | None] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._put_back.popleft() if self._put_back else next(self._lines)
        self._taken.append(line)
        if line is None:
            raise _BadLine(too_long())
        try:
            return line.decode() + self._end
        except UnicodeDecodeError as exc:
            raise _BadLine(bad_line(line, self._encoding)) from exc

    def put_back(self) -> None:
        """Put back the lines taken for this row, except for the first."""
        self._put_back.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]

    def end_row(self) -> tuple[int, bytes]:
        """Return the number of lines of this row and the first of them, and begin the next row."""
        count, first, self._taken = len(self._taken), self._taken[0] if self._taken else None, []
        return count, first or b""


def _rows(lines: _Lines, separator: str) -> Iterator[tuple[int, list[str] | ServiceError]]:
    """Yield the number of the first line of each row, from 1, with its cells or its error."""
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=separator != " ")
    number = 1
    while True:
        cells: list[str] | ServiceError | csv.Error
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _BadLine as exc:
            cells = exc.error
        except csv.Error as exc:
            cells = exc
        if not isinstance(cells, list):
            lines.put_back()
        count, first = lines.end_row()
        yield number, _repaired(first, separator, cells) if isinstance(cells, csv.Error) else cells
        number += count


def _copied_rows(lines: _Lines) -> Iterator[tuple[int, list[str] | ServiceError]]:
    """Yield the rows of COPY's text format in the same way; each is one line."""
    number = 0
    while True:
        number += 1
        try:
            line = next(lines)
        except StopIteration:
            return
        except _BadLine as exc:
            yield number, exc.error
        else:
            yield number, [_from_copy(cell) for cell in line.rstrip("\r\n").split("\t")]
        lines.end_row()


def _from_copy(cell: str) -> str:
    if cell == "\\N" or "\\" not in cell:
        return cell
    return _COPY_ESCAPE.sub(lambda found: _COPY_ESCAPES.get(found[1], found[1]), cell)


def _repaired(line: bytes, separator: str, error: csv.Error) -> list[str] | ServiceError:
    """Return the cells of a line with blanks behind its quotes, or with backslashes before quotes as R writes them.

    If that is not the fault, the error is returned.
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


def _count_columns(line: str, separator: str, options: FileOptions) -> int:
    try:
        return count_known(next(csv.reader([line], delimiter=separator), []), options.names)
    except csv.Error:
        return 0


def _unquoted(line: str) -> str:
    return "".join(line.split('"')[::2])
