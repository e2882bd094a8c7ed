"""Read the JSON values of a text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from service.errors import InvalidBody, ServiceError
from service.transfer.files.charset import UTF_8, is_utf8
from service.transfer.files.json_layout import BLANK, Layout
from service.transfer.files.json_scanner import Scanner
from service.transfer.files.legacy_encodings import bad_line
from service.transfer.files.mongodb import unwrap
from service.transfer.files.text_lines import find_line_end, split_lines, too_long
from service.values.documents import parse_json

Value: TypeAlias = object
"""A JSON value, or the error for a malformed one."""


def read_json(blocks: Iterable[bytes], head: bytes, layout: Layout, encoding: str) -> Iterator[tuple[int, Value]]:
    """Yield each value or its error, numbered by line, or by position if values may span lines.

    Args:
        blocks: The text in UTF-8.
        head: The first bytes of the text.
        layout: The layout of the values.
        encoding: The encoding of the file before the conversion to UTF-8.
    """
    if layout in (Layout.LINES, Layout.COPIED_LINES):
        return _read_lines(blocks, head, encoding, is_copied=layout is Layout.COPIED_LINES)
    return _read_documents(blocks, encoding, is_wrapped=layout is Layout.WRAPPED)


def _read_lines(blocks: Iterable[bytes], head: bytes, encoding: str, *, is_copied: bool) -> Iterator[tuple[int, Value]]:
    """Yield the value of each line that is not blank. A comma after a value is ignored."""
    for number, raw in enumerate(split_lines(blocks, find_line_end(head, quotes=False)), 1):
        if raw is None:
            yield number, too_long()
        elif line := raw.strip(BLANK):
            line = line.replace(b"\\\\", b"\\") if is_copied else line
            yield number, _parse(line.removesuffix(b","), encoding)


def _read_documents(blocks: Iterable[bytes], encoding: str, *, is_wrapped: bool) -> Iterator[tuple[int, Value]]:
    """Yield values that may span several lines, numbered by position. Skip null in a wrapping object."""
    for number, item in enumerate(Scanner(is_wrapped=is_wrapped).items(blocks), 1):
        value = item if isinstance(item, ServiceError) else _parse(item, encoding)
        if value is not None or not is_wrapped:
            yield number, value


def _parse(data: bytes, encoding: str) -> Value:
    try:
        value = parse_json(data)
    except ServiceError as exc:
        if encoding != UTF_8 and not is_utf8(data):
            return bad_line(data, encoding)
        if (value := _without_nan(data, exc)) is None:
            return _explained(data, exc)
    return unwrap(value) if b'"$' in data or b'"_' in data else value


def _without_nan(data: bytes, error: ServiceError) -> Value:
    """Return a flat line with null in place of NaN; None if the line has another error, or is not flat.

    Python writes NaN for a missing number.
    """
    if not all(place["detail"].startswith("NaN ") for place in error.errors):
        return None
    value: object = json.loads(data, parse_constant=lambda _: None)
    return value if isinstance(value, dict) and "type" not in value else None


def _explained(data: bytes, error: ServiceError) -> ServiceError:
    """Return the error for a value that is not JSON, with advice if the MongoDB shell wrote the value."""
    if b"ObjectId(" in data or b"ISODate(" in data:
        detail = "The line is output of the MongoDB shell and not JSON. Export the collection with mongoexport."
        return InvalidBody.at("", detail, "malformed")
    return error
