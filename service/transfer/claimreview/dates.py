"""Read the dates in reviews, many of which lack the time zone, the seconds or the day."""

from __future__ import annotations

import calendar
import re
from email.utils import parsedate_to_datetime

from service.values.instants import format_instant, parse_date_or_instant
from service.values.wrappers import unwrap

_DAY = re.compile(r"(\d{4})(?:-?(\d{2})-?(\d{2})|[-/.](\d{1,2})[-/.](\d{1,2}))(?:[T ].*)?", re.ASCII | re.DOTALL)
_NAMED = re.compile(  # Oct 7, 2020 or 7 October 2020, with or without a weekday before it
    r"(?:[A-Za-z]{3,9},? )?"
    r"(?:(?P<day>\d{1,2}) (?P<month>[A-Za-z]{3})[a-z]*\.?|(?P<named>[A-Za-z]{3})[a-z]*\.? (?P<of>\d{1,2}))"
    r",? (?P<year>\d{4})",
    re.ASCII,
)
_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr)}
_MONTH = re.compile(r"(\d{4})(?:-(\d{2}))?", re.ASCII)
_ARCHIVED = re.compile(r"//[^/]+/(?:[a-z]+/)?(\d{4})\.?(\d{2})\.?(\d{2})[\d-]*(?:[a-z]{2}_)?/", re.ASCII)


def read_date(text: str | None, *, is_end: bool) -> str | None:
    """Return the instant or the day that a text gives; None if the text is not a date.

    A time without a time zone is read as its day. A month or a year is read as its last day if `is_end` is true,
    else as its first day.

    >>> read_date("2020-10-07 20:05", is_end=True), read_date("2024-02", is_end=True)
    ('2020-10-07', '2024-02-29')
    >>> read_date("2024-03-02T10:00:00+01:00", is_end=False)
    '2024-03-02T09:00:00Z'
    """
    if text is None:
        return None
    found = _checked(text) or _checked(_as_day(text, is_end=is_end))
    return found if found is not None or text[:1].isdigit() else _from_mail(text)


def _checked(text: str | None) -> str | None:
    try:
        return None if text is None else str(parse_date_or_instant(text)).replace("+00:00", "Z").replace(" ", "T")
    except ValueError:
        return None


def _as_day(text: str, *, is_end: bool) -> str | None:
    if found := _DAY.fullmatch(text):
        return f"{found[1]}-{found[2] or found[4]:0>2}-{found[3] or found[5]:0>2}"
    if found := _NAMED.fullmatch(text):
        month = _MONTHS.get((found["month"] or found["named"]).title(), 0)
        return f"{found['year']}-{month:02}-{found['day'] or found['of']:0>2}"
    if (found := _MONTH.fullmatch(text)) is None or int(found[1]) < 1:
        return None
    year, month = int(found[1]), int(found[2] or (12 if is_end else 1))
    if not 1 <= month <= 12:
        return None
    return f"{year:04}-{month:02}-{calendar.monthrange(year, month)[1] if is_end else 1:02}"


def _from_mail(text: str) -> str | None:
    """Return the date in a text from mail or RSS, such as `Sat, 02 Mar 2024 10:00:00 +0100`, else None."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.date().isoformat() if moment.tzinfo is None else format_instant(moment)


def archived_on(url: str) -> str | None:
    """Return the day on which a web archive stored a page; None if its address does not contain the day.

    >>> archived_on("https://web.archive.org/web/20240214/https://rumour.example/bridge")
    '2024-02-14'
    """
    found = _ARCHIVED.search(url)
    return None if found is None or unwrap(url) in (None, url) else _checked("-".join(found.groups()))
