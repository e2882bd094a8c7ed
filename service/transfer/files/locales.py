"""The locales of import files: words, names of months, and notations of numbers and dates."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

_TABLE = tomllib.loads(resources.files("service.transfer.files").joinpath("locales.toml").read_text("utf-8"))
_LANGUAGES: Mapping[str, Mapping[str, list[str]]] = _TABLE["languages"]
_NAMES: Mapping[str, str] = _TABLE["locales"]
_DECIMAL_POINT, _MONTH_FIRST = frozenset(_TABLE["decimal_point"]), frozenset(_TABLE["month_first"])
_MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Locale:
    """The words and notations of a language and region."""

    words: Mapping[str, str]
    """The words for verdicts and stances in lower case, each with the word of the API."""
    months: tuple[str, ...]
    """The first letters of each month's name in lower case. Bars separate alternatives."""
    decimal_comma: bool
    month_first: bool


def _meanings(words: Mapping[str, list[str]]) -> dict[str, str]:
    return {word: meaning for meaning, given in words.items() if meaning != _MONTHS for word in given}


LOCALES: Mapping[str, Locale] = {
    name: Locale(
        words=_meanings(_LANGUAGES[language]),
        months=tuple(_LANGUAGES[language][_MONTHS]),
        decimal_comma=name not in _DECIMAL_POINT,
        month_first=name in _MONTH_FIRST,
    )
    for name, language in _NAMES.items()
}
"""The supported locales by name: a language such as `de`, or a language and region such as `en-US`."""

OTHER_BOOLEANS = _meanings(_TABLE["others"])
"""The words for true and false in languages without a locale, each with the word of the API."""

SPREADSHEET_ERRORS: frozenset[str] = frozenset(_TABLE["formula_errors"])
"""The texts that spreadsheets show in cells with a failed formula."""
