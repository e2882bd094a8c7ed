"""Turn the cells of a table into the members of a flat line, and explain cells in a national notation. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from service.errors import FieldError, InvalidBody
from service.transfer.files.columns import COLUMNS, Content, Header, name_key
from service.transfer.files.locales import (
    LOCALES,
    OTHER_BOOLEANS,
    Locale,
    readers_of,
    to_date,
    to_number,
    to_word,
    words_of,
)
from service.values.csv_text import unescape_formula

NO_RESULT = "#FORMULA"
"""The mark for a cell with a formula that was never computed."""
NOTATIONS = frozenset(
    {"national-date", "decimal-comma", "national-word", "no-zone", "serial-date", "cell-error", "encoding"}
)
"""The codes of errors that a file has on many lines for one reason."""

Cell: TypeAlias = str | float | bool | None
Row: TypeAlias = dict[str, Cell]

_EMPTY = frozenset({"na", "n/a", "nan", "<na>", "nat", "null", "none", "\\n", "(null)"})
"""The words for a missing value: of R, pandas, Python, MongoDB and the COPY of PostgreSQL."""
_BOOLEANS = {"t": "true", "f": "false"}
"""The truth values of COPY."""
_COPY_NULL = "\\N"
_WHOLE = re.compile(r"\d+")
_FORMULA_ERRORS = frozenset(
    [
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
        "#CONNECT!",
        "#UNKNOWN!",
        "#ERROR!",
        "#NV",
        "#BEZUG!",
        "#WERT!",
        "#ZAHL!",
        "#ÜBERLAUF!",
        "#KALK!",
        "#VALEUR!",
        "#NOM?",
        "#NUL!",
        "#NOMBRE!",
        "#PROPAGATION!",
        "#EPARS!",
        "#N/D",
        "#¡REF!",
        "#¡VALOR!",
        "#¡DIV/0!",
        "#¿NOMBRE?",
        "#¡NULO!",
        "#¡NUM!",
        "#¡DESBORDAMIENTO!",
        "#RIF!",
        "#VALORE!",
        "#NOME?",
        "#NULLO!",
        "#ESPANSIONE!",
        "#N/DISP",
        "#VALOR!",
        "#NULO!",
        "#NÚM!",
        "#DESPEJAR!",
        "#N/B",
        "#VERW!",
        "#WAARDE!",
        "#DEEL/0!",
        "#NAAM?",
        "#LEEG!",
        "#GETAL!",
        "#OVERLOOP!",
        "Err:502",
        "Err:504",
        "Err:508",
        "Err:509",
        "Err:511",
        "Err:522",
        "Fehler:502",
        "Fehler:508",
        "Fehler:509",
    ]
)
"""The errors of formulas that spreadsheets show in cells, in the languages of the locales."""

_ISO_LIKE_DATE = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})", re.ASCII)
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00(?::00(?:[.,]0+)?)?", re.ASCII)
_NO_ZONE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?", re.ASCII)
_ANY_DATE = re.compile(r"\d{1,2}[./-]\s?\d{1,2}[./-]\s?(?:\d{4}|\d{2})(?:\D.*)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+\s?%?", re.ASCII)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
_SERIAL = re.compile(r"[2-6]\d{4}(?:[.,]\d+)?", re.ASCII)


def read_row(header: Header, cells: Sequence[Cell], locale: Locale | None) -> Row | InvalidBody | None:
    """Return the members of a row, without those that are empty; None for an empty row; or its error."""
    members: Row = {}
    for place, column in header.columns:
        if place < len(cells) and (value := read_cell(COLUMNS[column], cells[place], locale)) is not None:
            if value in _FORMULA_ERRORS or value == NO_RESULT:
                return _formula_error(column, value)
            members[column] = value
    if (fault := _check_unnamed(header, cells)) is not None:
        return fault if members else None
    return members or None


def read_cell(content: Content, value: Cell, locale: Locale | None) -> Cell:
    """Return the value of a cell; None if it is empty. A value that its column cannot have stays as it is."""
    if not isinstance(value, str):
        return _from_workbook(content, value)
    if not (text := value.strip()):
        return None
    if content is Content.TEXT:
        return None if text == _COPY_NULL else unescape_formula(text)
    if content is not Content.DATE and text.lower() in _EMPTY:
        return None
    if content is Content.OPTIONAL_TEXT:
        return unescape_formula(text)
    return _read_typed(content, unescape_formula(text), locale)


def explain(column: str, value: object) -> FieldError | None:
    """Return the error for a value that its column cannot have if its notation is a known one, such as a national date.

    The code names the kind of notation, so that a file with many such cells can be described in one sentence.
    """
    if COLUMNS.get(column) in (Content.DATE, Content.OPTIONAL_DATE) and isinstance(value, int | float):
        detail = f"{value!r} is a number. Write a date or an RFC 3339 instant, such as 2024-02-14T10:30:00Z."
        return FieldError(pointer=f"/{column}", detail=detail, code="serial-date")
    if not isinstance(value, str):
        return None
    content, text = COLUMNS.get(column, Content.TEXT), value.strip()
    if content in (Content.DATE, Content.OPTIONAL_DATE):
        return _explain_date(column, text)
    if content in (Content.NUMBER, Content.OUTCOME) and _DECIMAL_COMMA.fullmatch(text):
        detail = f"{text!r} has a decimal comma. Write {text.replace(',', '.')}, or set a locale such as de."
        return FieldError(pointer=f"/{column}", detail=detail, code="decimal-comma")
    return _explain_word(column, text) if content in (Content.OUTCOME, Content.STANCE) else None


def read_object(line: dict[str, object], known: Mapping[str, str], locale: Locale | None) -> dict[str, object]:
    """Return a flat line of JSON with the names of its columns, and its texts read in the notation of a locale.

    A name that is not that of a column stays, as does an object with a type.
    """
    is_flat = "type" not in line and not any(name.startswith("@") for name in line)
    if not is_flat or (locale is None and line.keys() <= COLUMNS.keys()):
        return line
    renamed: dict[str, object] = {}
    for name, value in line.items():
        column = name if name in COLUMNS else known.get(name_key(name), name)
        if column in renamed:
            column = name
        if locale is not None and column in COLUMNS and isinstance(value, str):
            renamed[column] = read_cell(COLUMNS[column], value, locale)
        else:
            renamed[column] = value
    return renamed


def _read_typed(content: Content, text: str, locale: Locale | None) -> Cell:
    """Return the value of a cell with a number, a date or a word."""
    if content is Content.NUMBER:
        number = to_number(text, locale)
        return text if number is None else number
    if content in (Content.DATE, Content.OPTIONAL_DATE):
        if (found := _ISO_LIKE_DATE.fullmatch(text)) is not None:
            return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
        day = text if locale is None else to_date(text, locale)
        return midnight[1] if (midnight := _MIDNIGHT.fullmatch(day)) is not None else day
    word = _BOOLEANS.get(text, text) if locale is None else to_word(_BOOLEANS.get(text, text), locale)
    if content is Content.OUTCOME and (number := to_number(word, locale)) is not None:
        return number
    return word


def _from_workbook(content: Content, value: float | None) -> Cell:
    """Return a number or a truth value of a workbook, as text where its column contains text."""
    if value is None or content in (Content.NUMBER, Content.OUTCOME):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if value == int(value) else str(value)


def _check_unnamed(header: Header, cells: Sequence[Cell]) -> InvalidBody | None:
    """Check the cells of columns without a name, and those after the last column.

    They must be empty. A first column of whole numbers is the index of pandas or the row names of R, and is ignored.
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


def _formula_error(column: str, text: str) -> InvalidBody:
    if text == NO_RESULT:
        detail = "The cell has a formula without a result. Save the workbook in a spreadsheet, which computes it."
        return InvalidBody.at(f"/{column}", detail, "cell-error")
    detail = f"The cell contains {text}, the error of a formula. Correct the formula, or empty the cell."
    return InvalidBody.at(f"/{column}", detail, "cell-error")


def _explain_word(column: str, text: str) -> FieldError | None:
    word = " ".join(text.lower().split())
    if found := words_of().get(word):
        advice = f"Write {LOCALES[found[0]].words[word]}, or set the locale {_or(found)}."
    elif meaning := OTHER_BOOLEANS.get(word):
        advice = f"Write {meaning}."
    else:
        return None
    return FieldError(pointer=f"/{column}", detail=f"{text!r} is not a word of the API. {advice}", code="national-word")


def _explain_date(column: str, text: str) -> FieldError | None:
    if _NO_ZONE.fullmatch(text):
        detail = "Not an instant, because it has no time zone. Add Z for UTC, or an offset such as +01:00."
        return FieldError(pointer=f"/{column}", detail=detail, code="no-zone")
    if readers := readers_of(text):
        forms = {to_date(text, LOCALES[name]): name for name in reversed(readers)}
        iso = " or ".join(dict.fromkeys(to_date(text, LOCALES[name])[:10] for name in readers))
        detail = f"{text!r} is a date in national notation. Write {iso}, or set the locale {_or(_one_each(readers))}."
        if any(_NO_ZONE.fullmatch(form.replace(" ", "T")) for form in forms):
            detail = f"{text!r} has no time zone. Write {iso} without the time, or add a zone such as +01:00."
        return FieldError(pointer=f"/{column}", detail=detail, code="national-date")
    if _NUMBER.fullmatch(text):
        number = "the number of a day" if _SERIAL.fullmatch(text) else "a number"
        detail = f"{text!r} is {number} and not a date. Write one such as 2024-02-14."
        return FieldError(pointer=f"/{column}", detail=detail, code="serial-date")
    return None


def _one_each(names: Sequence[str]) -> list[str]:
    return list(names)


def _or(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
