"""Explain the errors of cells in a notation that the API does not support, such as a national date."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from service.errors import FieldError
from service.transfer.files.columns import COLUMNS, Content
from service.transfer.files.locales import LOCALES, OTHER_BOOLEANS
from service.transfer.files.national import readers_of, to_date, words_of

NOTATIONS = frozenset(
    {"national-date", "decimal-comma", "national-word", "no-zone", "serial-date", "cell-error", "encoding"}
)
"""The codes of errors that often have one common cause on many lines of a file."""

_NO_ZONE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+\s?%?", re.ASCII)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
_SERIAL = re.compile(r"([2-6]\d{4})(?:[.,]\d+)?", re.ASCII)
_FIRST_DAY = dt.date(1899, 12, 30)
"""The day that spreadsheets count as 0."""


def explain(column: str, value: object) -> FieldError | None:
    """Return the error for a value in a known notation that the API does not support, else None.

    The code of the error names the notation, so one message can cover all cells of a file in that notation.
    """
    content = COLUMNS.get(column, Content.TEXT)
    is_date = content in (Content.DATE, Content.OPTIONAL_DATE)
    if is_date and isinstance(value, int | float):
        detail = f"{value!r} is a number. Write a date or an RFC 3339 instant, such as 2024-02-14T10:30:00Z."
        return FieldError(pointer=f"/{column}", detail=detail, code="serial-date")
    if not isinstance(value, str):
        return None
    text = value.strip()
    if is_date:
        return _explain_date(column, text)
    if content in (Content.NUMBER, Content.OUTCOME) and _DECIMAL_COMMA.fullmatch(text):
        detail = f"{text!r} has a decimal comma. Write {text.replace(',', '.')}, or set a locale such as de."
        return FieldError(pointer=f"/{column}", detail=detail, code="decimal-comma")
    return _explain_word(column, text) if content in (Content.OUTCOME, Content.STANCE) else None


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
        return FieldError(pointer=f"/{column}", detail=_explain_national_date(text, readers), code="national-date")
    if (serial := _SERIAL.fullmatch(text)) is not None:
        day = _FIRST_DAY + dt.timedelta(days=int(serial[1]))
        detail = f"{text!r} is the number of a day in a spreadsheet. Format the column as dates, or write {day}."
        return FieldError(pointer=f"/{column}", detail=detail, code="serial-date")
    if _NUMBER.fullmatch(text):
        detail = f"{text!r} is a number and not a date. Write one such as 2024-02-14."
        return FieldError(pointer=f"/{column}", detail=detail, code="serial-date")
    return None


def _explain_national_date(text: str, readers: Sequence[str]) -> str:
    forms = [to_date(text, LOCALES[name]) for name in readers]
    iso = " or ".join(dict.fromkeys(form[:10] for form in forms))
    if any(_NO_ZONE.fullmatch(form) for form in forms):
        return f"{text!r} has no time zone. Write {iso} without the time, or add a zone such as +01:00."
    return f"{text!r} is a date in national notation. Write {iso}, or set the locale {_or(readers)}."


def _or(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
