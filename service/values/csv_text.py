"""Write CSV that spreadsheets and data frames can read (RFC 4180), and escape formulas in it."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator

BYTE_ORDER_MARK = "\ufeff"
"""The first character of a file that makes Excel read it as UTF-8."""

_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")  # the last four are the full-width forms of = + - @


class _Line:
    """A file-like object whose `write` returns the text, so that `writerow` returns the CSV row."""

    def write(self, text: str) -> str:
        return text


_WRITER = csv.writer(_Line(), lineterminator="\r\n")


def csv_row(values: Iterable[object]) -> str:
    r"""Return a CSV row with its line end; lists and objects become JSON, and None an empty cell.

    >>> csv_row(["Échos, Les", None, True, -0.5, ["a", "b"], "=1+1"])
    '"Échos, Les",,true,-0.5,"[""a"", ""b""]",\'=1+1\r\n'
    """
    row: str = _WRITER.writerow([_cell(value) for value in values])
    return row


def csv_table(columns: Iterable[object], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    r"""Yield the CSV lines of a table, the first one after a byte order mark for Excel.

    >>> list(csv_table(["name", "n"], [["Échos", 1]]))
    ['\ufeffname,n\r\n', 'Échos,1\r\n']
    """
    yield BYTE_ORDER_MARK + csv_row(columns)
    yield from map(csv_row, rows)


def escape_formula(cell: str) -> str:
    """Escape the text of a cell that a spreadsheet would read as a formula (OWASP, CSV injection).

    A cell that looks like an escaped one is escaped as well, so that removing one apostrophe restores every cell.

    >>> escape_formula("=1+1"), escape_formula("'=1+1"), escape_formula("'Tis true"), escape_formula("1-1")
    ("'=1+1", "''=1+1", "'Tis true", '1-1')
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape_formula(cell: str) -> str:
    """Restore the text of a cell that `escape_formula` escaped.

    >>> unescape_formula("'=1+1"), unescape_formula("''=1+1"), unescape_formula("'Tis true"), unescape_formula("-1")
    ('=1+1', "'=1+1", "'Tis true", '-1')
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _cell(value: object) -> object:
    match value:
        case str():
            return escape_formula(value)
        case bool():
            return "true" if value else "false"
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
    return value
