"""Format numbers, shares, dates and lists for pages, with no more digits than are meaningful. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from math import floor

from service.values.instants import format_instant, parse_instant

_SPACE = "\N{NO-BREAK SPACE}"


def percent(share: float) -> str:
    """Format a share in whole percent, but never as 0 or 100.

    >>> percent(0.714), percent(0.999), percent(0.001)
    ('71', '>99', '<1')
    """
    whole = floor(100 * share + 0.5)
    return ">99" if whole >= 100 else "<1" if whole <= 0 else str(whole)


def with_range(share: float, lower: float, upper: float) -> str:
    """Format a share with its range in parentheses, in whole percent."""
    return f"{percent(share)}{_SPACE}% ({percent(lower)}\N{EN DASH}{percent(upper)})"


def number(value: float) -> str:
    """Format a count or a sum of fractions: below ten with one decimal, else as a whole number.

    >>> number(6987), number(62.1), number(10.5), number(0.6), number(3.0)
    ('6,987', '62', '11', '0.6', '3')
    """
    tenths = floor(10 * value + 0.5) / 10
    return f"{tenths:.1f}" if tenths < 10 and tenths % 1 else f"{floor(value + 0.5):,}"


def points(value: float) -> str:
    """Format a change in whole percentage points.

    >>> points(17.6), points(1.2), points(0.2)
    ('+18 points', '+1 point', '0 points')
    """
    whole = round(value)
    sign = "+" if whole > 0 else "\N{MINUS SIGN}" if whole < 0 else ""
    return f"{sign}{abs(whole)} {'point' if abs(whole) == 1 else 'points'}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Format a count with its noun.

    >>> plural(1, "claim"), plural(1200, "claim")
    ('1 claim', '1,200 claims')
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def enumeration(names: Sequence[str]) -> str:
    """Join names with commas and "and".

    >>> enumeration(["A", "B"]), enumeration(["A", "B", "C"])
    ('A and B', 'A, B and C')
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def day(moment: dt.datetime | str) -> str:
    """Format the UTC date of an instant.

    >>> day("2024-06-02T00:00:00Z").replace(_SPACE, " ")
    '2 Jun 2024'
    """
    found = as_moment(moment)
    return f"{found.day}{_SPACE}{found:%b}{_SPACE}{found.year}"


def minute(moment: dt.datetime | str) -> str:
    """Format an instant to the minute, in UTC."""
    return f"{day(moment)}, {as_moment(moment):%H:%M}{_SPACE}UTC"


def domain(shown: str | dict[str, str | None]) -> str:
    """Format a domain, with the period in which its outlet used it if that is limited."""
    if isinstance(shown, str):
        return shown
    limits = [f"{word} {day(moment)}" for word, moment in (("from", shown["from"]), ("until", shown["to"])) if moment]
    return f"{shown['domain']} ({', '.join(limits)})"


def instant(moment: dt.datetime | str) -> str:
    """Format an instant as the API does."""
    return format_instant(as_moment(moment))


def as_moment(moment: dt.datetime | str) -> dt.datetime:
    """Parse an instant in the format of the API; return a datetime unchanged."""
    return parse_instant(moment) if isinstance(moment, str) else moment


def contact(uri: str) -> str:
    """Format the URI of a contact without its scheme.

    >>> contact("mailto:desk@example.org"), contact("https://example.org/contact")
    ('desk@example.org', 'example.org/contact')
    """
    return uri.removeprefix("mailto:").removeprefix("tel:").removeprefix("https://")
