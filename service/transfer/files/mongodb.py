"""Replace the typed values of MongoDB's extended JSON with plain ones."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import TypeAlias

from service.transfer.files.columns import is_internal
from service.values.instants import format_instant

Value: TypeAlias = object

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def unwrap(value: Value) -> Value:
    """Return a value of MongoDB's export as plain JSON, without the members that MongoDB adds.

    >>> unwrap({"_id": {"$oid": "65cc"}, "at": {"$date": "2024-02-14T10:00:00Z"}, "n": {"$numberInt": "3"}})
    {'at': '2024-02-14T10:00:00Z', 'n': 3}
    """
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items() if not is_internal(name)}
    return _plain(value)


def _plain(value: Value) -> Value:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    members = {name: _plain(member) for name, member in value.items()}
    if len(members) == 1:
        [(name, content)] = members.items()
        return _TYPES[name](content) if name in _TYPES else members
    return members


def _date(content: Value) -> Value:
    """Return the instant of a `$date`, which is a text or the milliseconds since 1970."""
    if isinstance(content, bool) or not isinstance(content, int | float):
        return content
    try:
        return format_instant(_EPOCH + dt.timedelta(milliseconds=content))
    except (OverflowError, ValueError):
        return content


def _timestamp(content: Value) -> Value:
    """Return the instant of a `$timestamp`, a pair of the seconds since 1970 and an ordinal."""
    seconds = content.get("t") if isinstance(content, dict) else None
    return _date(seconds * 1000) if isinstance(seconds, int) else content


def _number(content: Value) -> Value:
    """Return a number from its text; None for NaN. A text that is not a number is returned unchanged."""
    if not isinstance(content, str):
        return content
    try:
        return int(content)
    except ValueError:
        pass
    try:
        number = float(content)
    except ValueError:
        return content
    if math.isnan(number):
        return None
    return int(number) if number.is_integer() else number


_TYPES: dict[str, Callable[[Value], Value]] = {
    "$date": _date,
    **dict.fromkeys(("$oid", "$symbol", "$uuid"), lambda text: text),
    **dict.fromkeys(("$numberInt", "$numberLong", "$numberDouble", "$numberDecimal"), _number),
    "$timestamp": _timestamp,
    "$undefined": lambda _: None,
}
"""The functions that read typed values, by type name."""
