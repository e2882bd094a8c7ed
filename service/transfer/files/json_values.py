"""Read JSON values from a text: one a line, or in an array, or one after another over several lines."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from service.errors import InvalidBody, ServiceError
from service.transfer.files.charset import UTF_8, bad_line, is_utf8
from service.transfer.files.mongodb import unwrap
from service.transfer.files.text_lines import MAX_LINE, find_line_end, split_lines, too_long
from service.values.documents import parse_json

Value: TypeAlias = object
"""A JSON value, or the error for a malformed one."""

_BLANK = b" \t\r\n\x1e"  # with the record separator of JSON text sequences
_FEED = rb'"(?:dataFeedElement|itemListElement)"'
"""The members of a feed or list of schema.org whose array holds the items."""
_MEMBER = rb'"(?:dataFeedElement|itemListElement|data|items|lines|records|results|rows|value)"'
"""Those, and the members whose array holds the items in the answers of other services, which no line has."""
_LONG_FEED = re.compile(_FEED + rb"\s*:\s*\[")
_WRAPPER_NAME, _WRAPPER = re.compile(_MEMBER), re.compile(_MEMBER + rb"\s*:\s*\[")
_ENVELOPE = re.compile(
    rb'\{(?:\s*"[^"\\]*"\s*:\s*(?:"[^"\\]*"|[\w.+-]+|\{[^{}]*\}|\[[^\[\]{}]*\])\s*,)*+\s*'
    + _MEMBER.replace(rb"dataFeedElement|itemListElement|", b"")
    + rb"\s*:\s*\[\s*[{\]]"
)
"""An object whose first array of objects is such a member, after members such as a count or a link to the next page."""
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},"]', re.DOTALL)
_IN_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)


def has_wrapped_items(head: bytes) -> bool:
    """Return whether a text with these first bytes is an object around the items, which are then read one by one.

    It may be `{"data": [...]}`, as services return it, or a feed of schema.org that is longer than a line may be.
    """
    if _ENVELOPE.match(head) is not None:
        return True
    return len(head) > MAX_LINE and head.startswith(b"{") and _LONG_FEED.search(head) is not None


def has_a_value_a_line(head: bytes) -> bool:
    """Return whether a text of JSON with these first bytes has one value on each line (NDJSON)."""
    first, end, rest = head.partition(find_line_end(head, quotes=False))
    is_next_object = rest.lstrip(_BLANK)[:1] == b"{"
    if first.lstrip(_BLANK).startswith(b"["):
        return is_next_object and _is_complete(first)
    return (not end or is_next_object or _is_complete(first)) and not _has_several_values(first)


def read_ndjson(blocks: Iterable[bytes], head: bytes, encoding: str) -> Iterator[tuple[int, Value]]:
    """Yield the number of each line, from 1, with its JSON value or its error. Blank lines are skipped."""
    for number, raw in enumerate(split_lines(blocks, find_line_end(head, quotes=False)), 1):
        if raw is None:
            yield number, too_long()
        elif line := raw.strip(_BLANK):
            yield number, _parse(line, encoding)


def read_documents(blocks: Iterable[bytes], encoding: str, *, is_wrapped: bool = False) -> Iterator[tuple[int, Value]]:
    """Yield the ordinal of each value, from 1, with the value or its error. One value at a time is in memory.

    Args:
        blocks: The text: values that follow one another, or arrays of which each item is a value.
        encoding: The encoding that the text had.
        is_wrapped: Whether the text is an object around the items, which are read one by one. Null is ignored there.
    """
    for number, item in enumerate(_Scanner(is_wrapped=is_wrapped).items(blocks), 1):
        value = item if isinstance(item, ServiceError) else _parse(item, encoding)
        if value is not None or not is_wrapped:
            yield number, value


class _Mode(enum.Enum):
    DOCUMENT = enum.auto()
    ARRAY = enum.auto()
    """Inside the array whose items are the values."""
    AFTER = enum.auto()
    """After the array in an object, the rest of which is ignored."""


class _Scanner:
    """Finds where values end, by their brackets and strings, without parsing them."""

    def __init__(self, *, is_wrapped: bool) -> None:
        self._may_enter = is_wrapped
        self._data = b""
        self._start = self._at = 0
        """The positions of the current value and of the next token in the data."""
        self._mode, self._depth = _Mode.DOCUMENT, 0
        self._in_string = self._is_wrapped = self._is_long = self._is_next = False

    def items(self, blocks: Iterable[bytes]) -> Iterator[bytes | ServiceError]:
        """Yield the bytes of each value, or the error for a value that is too long or incomplete."""
        for block in blocks:
            self._data, self._start, self._at = self._data[self._start :] + block, 0, self._at - self._start
            yield from self._scan()
            if self._at - self._start > MAX_LINE or self._mode is _Mode.AFTER:
                self._is_long, self._start = self._mode is not _Mode.AFTER, self._at
        rest = self._data[self._start :].strip(_BLANK)
        if self._mode is not _Mode.DOCUMENT or self._depth or self._is_long:
            yield InvalidBody.at("", "The file ends inside a JSON value. Save or download it again.", "malformed")
        elif rest:
            yield rest

    def _scan(self) -> Iterator[bytes | ServiceError]:
        while self._leave_string() and (token := _TOKEN.search(self._data, self._at)) is not None:
            mark = token[0][:1]
            if mark == b'"':
                if not self._string(token):
                    return
                continue
            self._at = token.end()
            if mark in b"[{":
                self._open(mark)
            elif mark == b"," and self._depth == 0 and self._mode is _Mode.ARRAY:
                yield self._end(token.start())
                self._is_next = True
            elif mark in b"]}":
                yield from self._close(token.start())

    def _leave_string(self) -> bool:
        """Move to the end of the current string; return False if it is not in the data yet."""
        if self._in_string:
            inside = _IN_STRING.match(self._data, self._at)
            self._at = inside.end() if inside else self._at
            self._in_string = self._data[self._at : self._at + 1] != b'"'
            self._at += not self._in_string
        return not self._in_string

    def _string(self, token: re.Match[bytes]) -> bool:
        """Move behind a string, or into the array of a feed; return False if more data must decide that."""
        self._at, self._in_string = token.end(), token[0] == b'"'
        if self._may_enter and self._depth == 1 and self._mode is _Mode.DOCUMENT and _WRAPPER_NAME.fullmatch(token[0]):
            if (wrapper := _WRAPPER.match(self._data, token.start())) is not None:
                self._start = self._at = wrapper.end()
                self._mode, self._depth, self._is_wrapped, self._is_long = _Mode.ARRAY, 0, True, False
            elif not self._data[self._at :].strip(_BLANK + b":"):
                self._at = token.start()
                return False
        return True

    def _open(self, mark: bytes) -> None:
        if mark == b"[" and self._depth == 0 and self._mode is _Mode.DOCUMENT:
            self._start, self._mode, self._is_wrapped = self._at, _Mode.ARRAY, False
        else:
            self._depth += 1

    def _close(self, before: int) -> Iterator[bytes | ServiceError]:
        """Close a bracket before which the data have this length."""
        self._depth -= 1
        if self._depth < 0 and self._mode is _Mode.ARRAY:
            if self._is_next or self._is_long or self._data[self._start : before].strip(_BLANK):
                yield self._end(before)
            self._start, self._is_next = self._at, False
            self._mode, self._depth = (_Mode.AFTER, 1) if self._is_wrapped else (_Mode.DOCUMENT, 0)
        elif self._depth <= 0 and self._mode is _Mode.DOCUMENT:
            self._depth = 0
            yield self._end(self._at)
        elif self._depth <= 0 and self._mode is _Mode.AFTER:
            self._start, self._mode, self._depth = self._at, _Mode.DOCUMENT, 0

    def _end(self, end: int) -> bytes | ServiceError:
        """Return the value that ends at a position, and begin the next one behind the token."""
        value, is_long = self._data[self._start : end].strip(_BLANK), self._is_long or end - self._start > MAX_LINE
        self._start, self._is_long = self._at, False
        return too_long("item") if is_long else value


def _parse(data: bytes, encoding: str) -> Value:
    try:
        value = parse_json(data)
    except ServiceError as exc:
        return exc if encoding == UTF_8 or is_utf8(data) else bad_line(data, encoding)
    return unwrap(value) if b'"$' in data or b'"_id"' in data else value


def _has_several_values(line: bytes) -> bool:
    """Return whether objects follow one another on a line without a line end between them."""
    text = line.decode(errors="replace").strip()
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return text[end:].lstrip().startswith("{")


def _is_complete(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
