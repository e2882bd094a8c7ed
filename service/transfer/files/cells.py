"""Turn the cells of a table into the members of a flat line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

from service.errors import InvalidBody
from service.transfer.files.columns import COLUMNS, Content
from service.transfer.files.formula_errors import FORMULA_ERRORS, formula_error
from service.transfer.files.header import Header
from service.transfer.files.locales import Locale
from service.transfer.files.national import to_date, to_number, to_word
from service.values.csv_text import unescape_formula

Cell: TypeAlias = str | float | bool | None
Row: TypeAlias = dict[str, Cell]

_EMPTY = frozenset({"na", "n/a", "nan", "<na>", "nat", "null", "none", "\\n", "(null)"})
"""The words for a missing value in R, pandas, Python, MongoDB and PostgreSQL's COPY."""
_COPY_NULL = "\\N"
_COPY_BOOLEANS = {"t": "true", "f": "false"}
_NO_FORMULAS = COLUMNS.keys() - {"outlet", "claim_id", "claim", "topic"}
"""The columns where a leading equals sign always means a formula."""
_WHOLE = re.compile(r"\d+")
_ISO_LIKE_DATE = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})", re.ASCII)
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00(?::00(?:[.,]0+)?)?", re.ASCII)


def read_row(header: Header, cells: Sequence[Cell], locale: Locale | None) -> Row | InvalidBody | None:
    """Return the filled cells of a row by column, or the error of the row; None for an empty row."""
    members: Row = {}
    for place, column in header.columns:
        if place < len(cells) and (value := read_cell(COLUMNS[column], cells[place], locale)) is not None:
            if value in FORMULA_ERRORS or (column in _NO_FORMULAS and isinstance(value, str) and value[:1] == "="):
                return formula_error(column, value)
            members[column] = value
    if (fault := _check_unnamed(header, cells)) is not None:
        return fault if members else None
    return members or None


def read_cell(content: Content, value: Cell, locale: Locale | None) -> Cell:
    """Return the value of a cell in a column with this content; None if the cell is empty.

    A value that does not fit the column is returned unchanged.
    """
    if not isinstance(value, str):
        return _read_number(content, value)
    if not (text := value.strip()):
        return None
    if content is Content.TEXT:
        return None if text == _COPY_NULL else unescape_formula(text)
    if content is not Content.DATE and text.lower() in _EMPTY:
        return None
    if content is Content.OPTIONAL_TEXT:
        return unescape_formula(text)
    return _read_typed(content, unescape_formula(text), locale)


def read_midnight(text: str) -> str:
    """Return a date without the midnight that programs append to it; any other text unchanged.

    >>> read_midnight("2024-02-14 00:00:00"), read_midnight("2024-02-14T00:00:00Z")
    ('2024-02-14', '2024-02-14T00:00:00Z')
    """
    return found[1] if (found := _MIDNIGHT.fullmatch(text)) is not None else text


def _read_typed(content: Content, text: str, locale: Locale | None) -> Cell:
    """Return the number, date or API word in a text, or the text itself if it does not fit the column."""
    if content is Content.NUMBER:
        number = to_number(text, locale)
        return text if number is None else number
    if content in (Content.DATE, Content.OPTIONAL_DATE):
        if (found := _ISO_LIKE_DATE.fullmatch(text)) is not None:
            return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
        return read_midnight(text if locale is None else to_date(text, locale))
    word = _COPY_BOOLEANS.get(text, text)
    word = word if locale is None else to_word(word, locale)
    if content is Content.OUTCOME and (number := to_number(word, locale)) is not None:
        return number
    return word


def _read_number(content: Content, value: float | None) -> Cell:
    """Return the value of a workbook cell with a number or a truth value; None if the cell is empty."""
    if value is None or content in (Content.NUMBER, Content.OUTCOME):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if float(value).is_integer() else str(value)


def _check_unnamed(header: Header, cells: Sequence[Cell]) -> InvalidBody | None:
    """Return the error of a row with a value outside the named columns; None if there is none.

    A first column without a name may contain whole numbers: the index of pandas, or the row names of R.
    """
    for place in header.nameless:
        value = cells[place] if place < len(cells) else None
        if _is_blank(value) or (place == 0 and _WHOLE.fullmatch(_text(value))):
            continue
        detail = f"Column {place + 1} has no name, but a value in this row. Name the column, or remove the value."
        return InvalidBody.at("", detail, "malformed")
    if any(not _is_blank(cell) for cell in cells[header.width :]):
        detail = (
            f"The row has {len(cells)} cells and {header.width} columns. Quote each cell that contains a separator."
        )
        return InvalidBody.at("", detail, "malformed")
    return None


def _is_blank(value: Cell) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _text(value: Cell) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
