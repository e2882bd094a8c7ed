"""Parse and format instants in UTC: RFC 3339 and its usual variants, and bare dates (R6a)."""

from __future__ import annotations

import datetime as dt
import re

from service.values.vocabulary import Precision

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_INSTANT = re.compile(
    rf"{_DATE.pattern}[Tt ](\d{{2}}):(\d{{2}})(?::(\d{{2}})(?:[.,](\d+))?)?"
    r"(?: ?(?:(?P<utc>[Zz]|UTC|GMT)|(?P<sign>[+\u2212-])(?P<hours>\d{2})(?::?(?P<minutes>\d{2}))?))?",
    re.ASCII,
)
_NO_INSTANT = "Not an RFC 3339 instant with a zone, such as 2024-03-29T12:30:00Z"
_LOST_PLUS = re.compile(r"(:\d{2}(?:[.,]\d+)?) (\d{2}(?::?\d{2})?)$", re.ASCII)


def utc_now() -> dt.datetime:
    """Return the current time in UTC."""
    return dt.datetime.now(dt.UTC)


def parse_instant(text: str) -> dt.datetime:
    """Parse an instant and convert it to UTC. Digits beyond microseconds are dropped.

    The text is in RFC 3339 or a common variant, always with a time zone: a space instead of the T or before the zone,
    no seconds, a decimal comma, `UTC` or `GMT` for Z, an offset such as `+01` or `+0100`, or a minus sign (U+2212) for
    the hyphen.
    A leap second becomes the last microsecond before it.

    Raises:
        ValueError: The text is not an instant, has no time zone, has a day or time that does not exist, or is outside
            the years 1 to 9999 in UTC.

    >>> parse_instant("2024-03-29T12:30:00+01:00").isoformat(), parse_instant("2024-03-29 12:30Z").isoformat()
    ('2024-03-29T11:30:00+00:00', '2024-03-29T12:30:00+00:00')
    """
    if (found := _INSTANT.fullmatch(text)) is None:
        if _DATE.fullmatch(text):
            raise ValueError("Not an instant, because a date has no time. Send one such as 2024-03-29T12:30:00Z.")
        raise ValueError(f"{_NO_INSTANT}.")
    if found["utc"] is None and found["sign"] is None:
        raise ValueError("Not an instant, because it has no time zone. Add Z for UTC, or an offset such as +01:00.")
    day, (hour, minute, second) = _parse_day(text[:10]), (int(part or 0) for part in found.group(4, 5, 6))
    is_leap = minute == 59 and second == 60
    if hour > 23 or minute > 59 or (second > 59 and not is_leap):
        raise ValueError("Not a valid time. Hours go from 00 to 23, minutes and seconds from 00 to 59.")
    second, microsecond = (59, 999_999) if is_leap else (second, int((found[7] or "")[:6].ljust(6, "0")))
    local = dt.datetime.combine(day, dt.time(hour, minute, second, microsecond), dt.UTC)
    try:
        return local - _offset(found["sign"], found["hours"], found["minutes"])
    except OverflowError as exc:
        raise ValueError("Not a valid date. In UTC it is outside the years 0001 to 9999.") from exc


def parse_date_or_instant(text: str) -> dt.date:
    """Parse an instant or a bare date, and return a bare date as a date.

    `start_of_day` and `end_of_day` turn the date into an instant.

    Raises:
        ValueError: The text is neither an instant nor a date.

    >>> parse_date_or_instant("2012-11-06"), parse_date_or_instant("2012-11-06T10:00:00Z").isoformat()
    (datetime.date(2012, 11, 6), '2012-11-06T10:00:00+00:00')
    """
    if _DATE.fullmatch(text):
        return _parse_day(text)
    if not _INSTANT.fullmatch(text):
        raise ValueError(f"{_NO_INSTANT}, or a date, such as 2024-03-29.")
    return parse_instant(text)


def start_of_day(given: dt.date) -> dt.datetime:
    """Return an instant unchanged, and a bare date as the first instant of its day (R6a).

    >>> start_of_day(dt.date(2012, 11, 6)).isoformat()
    '2012-11-06T00:00:00+00:00'
    """
    return given if isinstance(given, dt.datetime) else dt.datetime.combine(given, dt.time.min, dt.UTC)


def end_of_day(given: dt.date, *, now: dt.datetime | None = None) -> dt.datetime:
    """Return an instant unchanged, and a bare date as the end of its day; today's becomes `now` (R6a).

    >>> end_of_day(dt.date(2012, 11, 6)).isoformat()
    '2012-11-06T23:59:59.999999+00:00'
    """
    if isinstance(given, dt.datetime):
        return given
    return now if now is not None and now.date() == given else dt.datetime.combine(given, dt.time.max, dt.UTC)


def precision_of(given: dt.date) -> Precision:
    """Return the precision of a given moment: a bare date or an instant."""
    return Precision.INSTANT if isinstance(given, dt.datetime) else Precision.DAY


def is_same_end(known: dt.datetime, precision: Precision, given: dt.date) -> bool:
    """Return whether a moment that a client sends again equals the recorded one.

    A bare date means the end of its day. If the client first sent it on that day, the time of that call was recorded.
    """
    return known == end_of_day(given) or (precision is precision_of(given) is Precision.DAY and known.date() == given)


def restore_plus(text: str) -> str:
    """Restore the plus sign of an offset in a query value; an unescaped plus arrives as a space.

    >>> restore_plus("2026-03-01T00:00:00 01:00")
    '2026-03-01T00:00:00+01:00'
    """
    return _LOST_PLUS.sub(r"\1+\2", text)


def format_instant(moment: dt.datetime) -> str:
    """Format a datetime that has a time zone as RFC 3339 in UTC, with `Z`.

    >>> format_instant(dt.datetime(2024, 3, 29, 11, 30, tzinfo=dt.UTC))
    '2024-03-29T11:30:00Z'
    """
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _parse_day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as exc:
        raise ValueError("Not a valid date: the calendar has no such day.") from exc


def _offset(sign: str | None, hours: str | None, minutes: str | None) -> dt.timedelta:
    if sign is None:
        return dt.timedelta(0)
    size = dt.timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if int(minutes or 0) > 59 or size >= dt.timedelta(days=1):
        raise ValueError("Not a valid offset from UTC. The largest in use are -12:00 and +14:00.")
    return size if sign == "+" else -size
