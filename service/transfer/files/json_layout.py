"""Detect the layout of JSON values in a text: one per line, consecutive, in an array, or wrapped."""

from __future__ import annotations

import enum
import json
import re

from service.transfer.files.text_lines import MAX_LINE, find_line_end

BLANK = b" \t\r\n\x1e"  # includes the record separator of JSON text sequences

_FEED = rb"dataFeedElement|itemListElement"
"""The names of the members with the items of a schema.org feed or list."""
_OTHERS = rb"data|items|lines|records|results|rows|values?"
"""The names of the members with the items in responses of other services. No import line has one."""
WRAPPER_NAME = re.compile(rb'"(?:' + _FEED + rb"|" + _OTHERS + rb')"')
WRAPPER = re.compile(WRAPPER_NAME.pattern + rb"\s*:\s*\[")
_LONG_FEED = re.compile(rb'"(?:' + _FEED + rb')"\s*:\s*\[')
_ENVELOPE = re.compile(
    rb'\{(?:\s*"[^"\\]*"\s*:\s*(?:"[^"\\]*"|[\w.+-]+|\{[^{}]*\}|\[[^\[\]{}]*\])\s*,)*+\s*'
    rb'(?:"(?:' + _OTHERS + rb')"\s*:\s*\[\s*[{\]]|"values"\s*:\s*\[\s*\[)'
)
"""The beginning of an object around items, up to the array of items in a member of `_OTHERS`.

Other members, such as a count or a link to the next page, may precede it. The items of `values` may be arrays, as in
the Google Sheets API.
"""
_DOUBLED = re.compile(rb'\\\\["\\/bfnrtu]')
"""A JSON escape with the additional backslash that PostgreSQL's COPY writes."""


class Layout(enum.Enum):
    """The layout of the JSON values in a text."""

    LINES = enum.auto()
    """A value on each line (NDJSON)."""
    COPIED_LINES = enum.auto()
    """A value on each line, with the backslashes doubled by PostgreSQL's COPY."""
    DOCUMENTS = enum.auto()
    """Consecutive values, or arrays of values."""
    WRAPPED = enum.auto()
    """An object around an array of values: `{"data": [...]}`, or a long feed of schema.org."""


def detect_layout(head: bytes) -> Layout:
    """Return the layout of a text with these first bytes."""
    if _ENVELOPE.match(head) is not None:
        return Layout.WRAPPED
    if len(head) > MAX_LINE and head.startswith(b"{") and _LONG_FEED.search(head) is not None:
        return Layout.WRAPPED
    if not _has_a_value_a_line(head):
        return Layout.DOCUMENTS
    return Layout.COPIED_LINES if _is_copied(head) else Layout.LINES


def _has_a_value_a_line(head: bytes) -> bool:
    first, end, rest = head.partition(find_line_end(head, quotes=False))
    next_mark = rest.lstrip(BLANK)[:1]
    if first.lstrip(BLANK).startswith(b"["):
        value = _parse(first)
        is_row = isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)
        return value is not None and (next_mark == b"{" or (is_row and next_mark == b"["))
    return (not end or next_mark == b"{" or _parse(first) is not None) and not _has_several_values(first)


def _is_copied(head: bytes) -> bool:
    """Return whether some line is JSON only after each doubled backslash is replaced with one."""
    if _DOUBLED.search(head) is None:
        return False
    lines = head.split(b"\n")[:-1] or [head]
    return any(
        _parse(line) is None and _parse(line.replace(b"\\\\", b"\\")) is not None
        for line in lines
        if _DOUBLED.search(line)
    )


def _has_several_values(line: bytes) -> bool:
    """Return whether an object follows the first JSON value on a line."""
    text = line.decode(errors="replace").strip()
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return text[end:].lstrip().startswith("{")


def _parse(line: bytes) -> object:
    """Return the JSON value of a line; None if the line is not JSON."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
