"""Instants: the current one, and RFC 3339. All are aware and in UTC."""

from __future__ import annotations

import datetime as dt
import re

_RFC3339 = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})[Tt](?P<time>\d{2}:\d{2}:\d{2})(?P<fraction>\.\d{1,12})?(?P<zone>[Zz]|[+-]\d{2}:[0-5]\d)",
    re.ASCII,
)


def utc_now() -> dt.datetime:
    """Return the current instant."""
    return dt.datetime.now(dt.UTC)


def parse_instant(text: str) -> dt.datetime:
    """Parse an RFC 3339 instant and convert it to UTC. Digits beyond microseconds are dropped.

    Raises:
        ValueError: The text is not RFC 3339, has no time zone, names a day or hour that does not exist, or is outside
            the years 1 to 9999 in UTC.

    >>> parse_instant("2024-03-29T12:30:00+01:00").isoformat()
    '2024-03-29T11:30:00+00:00'
    """
    if (found := _RFC3339.fullmatch(text)) is None:
        raise ValueError("Not an RFC 3339 instant with a zone, such as 2024-03-29T12:30:00Z.")
    zone = "+00:00" if found["zone"] in "Zz" else found["zone"]
    try:
        parsed = dt.datetime.fromisoformat(f"{found['date']}T{found['time']}{(found['fraction'] or '')[:7]}{zone}")
        return parsed.astimezone(dt.UTC)
    except (ValueError, OverflowError) as exc:
        raise ValueError("Not a valid date or time.") from exc


def parse_date_or_instant(text: str) -> dt.datetime:
    """Parse an instant, or a bare date as the start of its day in UTC.

    Raises:
        ValueError: The text is neither.

    >>> parse_date_or_instant("2012-11-06").isoformat()
    '2012-11-06T00:00:00+00:00'
    """
    return parse_instant(f"{text}T00:00:00Z" if len(text) == len("2012-11-06") else text)


def format_instant(moment: dt.datetime) -> str:
    """Return an aware instant as RFC 3339 in UTC with `Z`.

    >>> format_instant(dt.datetime(2024, 3, 29, 11, 30, tzinfo=dt.UTC))
    '2024-03-29T11:30:00Z'
    """
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
