"""Read numbers, dates and words in the notation of a locale."""

from __future__ import annotations

import re
from functools import lru_cache

from service.transfer.files.locales import LOCALES, Locale

_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
_PERCENT = re.compile(r"([+-]?[\d.,]+)\s?%", re.ASCII)
_NUMERIC_DATE = re.compile(r"(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?:,?\s+(.+))?", re.ASCII)
_WRITTEN_DATE = re.compile(
    r"(\d{1,2})(?:\.|st|nd|rd|th|er|º)?[\s-]+(?:de\s+)?([^\W\d_]+)\.?[\s-]+(?:de\s+)?(\d{4})(?:,?\s+(.+))?"
)
_MONTH_FIRST = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?:,?\s+(.+))?")
_TIME = re.compile(
    r"(?:um\s|à\s|at\s)?(\d{1,2})[:.h](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s?(?P<half>[ap]\.?m\.?)?(?:\s?Uhr)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2}|[A-Z]{2,4})",
    re.ASCII | re.IGNORECASE,
)
_CENTURY_TURN = 69
"""Two-digit years from this one on are in the 20th century, as in POSIX."""
_ZONES = {
    **dict.fromkeys(("Z", "UTC", "GMT", "WET", "WEZ", "HEUR"), "Z"),
    **dict.fromkeys(("MEZ", "CET", "BST", "WEST", "HNEC"), "+01:00"),
    **dict.fromkeys(("MESZ", "CEST", "EET"), "+02:00"),
    "EEST": "+03:00",
}
_AMERICAN_ZONES = {
    "EST": "-05:00",
    "EDT": "-04:00",
    "CST": "-06:00",
    "CDT": "-05:00",
    "MST": "-07:00",
    "MDT": "-06:00",
    "PST": "-08:00",
    "PDT": "-07:00",
}


def to_number(text: str, locale: Locale | None) -> float | None:
    """Return the number in a cell; None if it contains none. A percentage is divided by a hundred.

    >>> to_number("0,5", LOCALES["de"]), to_number("80 %", None), to_number("0,5", None)
    (0.5, 0.8, None)
    """
    percent = _PERCENT.fullmatch(text)
    digits = percent[1] if percent else text
    if locale is not None and locale.decimal_comma and _DECIMAL_COMMA.fullmatch(digits):
        digits = digits.replace(",", ".")
    if not _NUMBER.fullmatch(digits):
        return None
    return float(f"{digits}e-2") if percent else float(digits)


_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def to_word(text: str, locale: Locale) -> str:
    """Return the API's word for a verdict or stance in a locale; any other text unchanged."""
    return locale.words.get(" ".join(text.lower().split()), text)


def to_date(text: str, locale: Locale) -> str:
    """Return the date in a text, with its time if it has one, as RFC 3339; any other text unchanged.

    >>> to_date("14.02.2024", LOCALES["de"]), to_date("2/14/2024 3:30 PM EST", LOCALES["en-US"])
    ('2024-02-14', '2024-02-14T15:30:00-05:00')
    """
    if (found := _NUMERIC_DATE.fullmatch(text)) is not None:
        first, second, year, time = int(found[1]), int(found[3]), found[4], found[5]
        month, day = (first, second) if locale.month_first else (second, first)
    elif (found := _WRITTEN_DATE.fullmatch(text)) is not None:
        day, month, year, time = int(found[1]), _month(found[2], locale), found[3], found[4]
    elif (found := _MONTH_FIRST.fullmatch(text)) is not None:
        day, month, year, time = int(found[2]), _month(found[1], locale), found[3], found[4]
    else:
        return text
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return text
    date = f"{_full_year(year)}-{month:02}-{day:02}"
    if time is None:
        return date
    return f"{date}T{clock}" if (clock := _time(time, locale)) is not None else f"{date} {time}"


def readers_of(text: str) -> list[str]:
    """Return the names of the locales in which a text is a date.

    >>> readers_of("14/02/2024")[-1], readers_of("02/14/2024"), readers_of("14. März 2024")
    ('en-GB', ['en-US'], ['de'])
    """
    return [name for name, locale in LOCALES.items() if to_date(text, locale) != text]


@lru_cache(1)
def words_of() -> dict[str, list[str]]:
    """Return a mapping from each word of any locale to the names of the locales that have it."""
    found: dict[str, list[str]] = {}
    for name, locale in LOCALES.items():
        for word in locale.words:
            found.setdefault(word, []).append(name)
    return found


def _month(name: str, locale: Locale) -> int:
    """Return the number of a month, given its name or an abbreviation; 0 if no month matches."""
    lower = name.lower()
    for number, beginnings in enumerate(locale.months, 1):
        if any(lower.startswith(beginning) for beginning in beginnings.split("|")):
            return number
    return 0


def _full_year(year: str) -> str:
    if len(year) == 4:
        return year
    return f"{19 if int(year) >= _CENTURY_TURN else 20}{year}"


def _time(text: str, locale: Locale) -> str | None:
    """Return a time with its zone in RFC 3339; None if the text is not a time with a known zone."""
    if (found := _TIME.fullmatch(text)) is None:
        return None
    hour, zone = int(found[1]), found["zone"].upper()
    if (half := found["half"]) is not None:
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    zones = _AMERICAN_ZONES if locale.month_first else {}
    if zone[0] not in "+-" and (zone := zones.get(zone) or _ZONES.get(zone, "")) == "":
        return None
    return f"{hour:02}:{found[2]}:{found[3] or '00'}{zone}"
