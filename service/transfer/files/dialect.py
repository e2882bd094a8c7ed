"""Detect the notation of a text table: its separator, its quotes and its line ends."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import UnreadableFile
from service.transfer.files.columns import HEAD_ROWS, Names, find_columns
from service.transfer.files.text_lines import find_line_end

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "blanks"}

SEP_LINE = re.compile(r'"?sep=([^\w\s"\']|\t)"?[,;\t|]*\s*', re.ASCII | re.IGNORECASE)
"""A first line that names the separator for Excel."""
_ESCAPE = re.compile(rb"\\[tnr\\]")
_RULER = re.compile(r"(?=.*[|+].*)(?=.*--)[ \t|+:=-]+|.*[\u2500\u2501\u2550]{2}.*|-\[ RECORD 1 \].*")
"""A ruling in a table drawn by psql or sqlite3, or written in Markdown."""
_DRAWN = (
    "The file is a table drawn for reading, as psql and sqlite3 print it. Export the table as CSV, for example with "
    "psql --csv or sqlite3 -csv -header."
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The notation of a text table."""

    separator: str
    line_end: bytes
    quote: str = '"'
    is_copy: bool = False
    """Whether backslashes replace quotes, as in the text format of PostgreSQL's COPY and in `@tsv` of jq."""


def detect_dialect(head: bytes, names: Names) -> Dialect:
    """Return the notation of a text table with these first bytes.

    Raises:
        UnreadableFile: The table is drawn with rulings, as psql prints it.
    """
    line_end = find_line_end(head, quotes=True)
    first, _, rest = head.partition(line_end)
    if (named := SEP_LINE.fullmatch(first.decode(errors="replace"))) is not None:
        return Dialect(named[1], line_end)
    filled = [line.decode(errors="replace").strip("\r\n") for line in (first, *rest.split(line_end)) if line.strip()]
    start = filled[:HEAD_ROWS] or [""]
    if any(map(_RULER.fullmatch, start)):
        raise UnreadableFile(_DRAWN)
    quote, separator = max(
        ((quote, separator) for quote in "\"'" for separator in SEPARATORS),
        key=lambda pair: (_count_columns(start, pair[0], pair[1], names), _count_marks(start[0], pair[1])),
    )
    return Dialect(separator, line_end, quote, is_copy=_is_copy(head, separator))


def _count_columns(lines: Sequence[str], quote: str, separator: str, names: Names) -> int:
    """Return the largest number of known columns that one of the lines names.

    Blanks separate names only in a line that begins with a quote, as R writes it.
    """
    counts = [0]
    for line in lines:
        if separator != " " or line.startswith('"'):
            try:
                cells = next(csv.reader([line], delimiter=separator, quotechar=quote), [])
            except csv.Error:
                continue
            counts.append(len(find_columns(cells, names)))
    return max(counts)


def _is_copy(head: bytes, separator: str) -> bool:
    mark = re.escape(separator.encode())
    has_null = re.search(rb"(?:^|" + mark + rb")\\N(?:" + mark + rb"|$)", head, re.MULTILINE) is not None
    has_quotes = re.search(rb"(?:^|" + mark + rb')"', head, re.MULTILINE) is not None
    if separator == "\t":
        return has_null or (_ESCAPE.search(head) is not None and not has_quotes)
    return has_null and not has_quotes


def _count_marks(line: str, separator: str) -> int:
    """Return the number of separators outside quotes in a line.

    Blanks are not counted, because titles contain them.
    """
    return 0 if separator == " " else "".join(line.split('"')[::2]).count(separator)
