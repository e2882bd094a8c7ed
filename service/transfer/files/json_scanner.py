"""Split a text into JSON values by matching brackets and strings, without parsing the values."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator

from service.errors import InvalidBody, ServiceError
from service.transfer.files.json_layout import BLANK, WRAPPER, WRAPPER_NAME
from service.transfer.files.text_lines import MAX_LINE, too_long

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},"]', re.DOTALL)
_IN_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)


class _Mode(enum.Enum):
    DOCUMENT = enum.auto()
    ARRAY = enum.auto()
    """Inside the array of values."""
    AFTER = enum.auto()
    """After the array in an object. The rest of the object is ignored."""


class Scanner:
    """A scanner that splits a text into JSON values, also inside an array or a wrapping object."""

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
        rest = self._data[self._start :].strip(BLANK)
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
        """Move past the end of the current string; return False if the end is not in the data yet."""
        if self._in_string:
            inside = _IN_STRING.match(self._data, self._at)
            self._at = inside.end() if inside else self._at
            self._in_string = self._data[self._at : self._at + 1] != b'"'
            self._at += not self._in_string
        return not self._in_string

    def _string(self, token: re.Match[bytes]) -> bool:
        """Move past a string, or into the array of a wrapping object; return False if more data is needed."""
        self._at, self._in_string = token.end(), token[0] == b'"'
        if self._may_enter and self._depth == 1 and self._mode is _Mode.DOCUMENT and WRAPPER_NAME.fullmatch(token[0]):
            if (wrapper := WRAPPER.match(self._data, token.start())) is not None:
                self._start = self._at = wrapper.end()
                self._mode, self._depth, self._is_wrapped, self._is_long = _Mode.ARRAY, 0, True, False
            elif not self._data[self._at :].strip(BLANK + b":"):
                self._at = token.start()
                return False
        return True

    def _open(self, mark: bytes) -> None:
        if mark == b"[" and self._depth == 0 and self._mode is _Mode.DOCUMENT:
            self._start, self._mode, self._is_wrapped = self._at, _Mode.ARRAY, False
        else:
            self._depth += 1

    def _close(self, before: int) -> Iterator[bytes | ServiceError]:
        """Handle a closing bracket at a position, and yield the value that ends there, if any."""
        self._depth -= 1
        if self._depth < 0 and self._mode is _Mode.ARRAY:
            if self._is_next or self._is_long or self._data[self._start : before].strip(BLANK):
                yield self._end(before)
            self._start, self._is_next = self._at, False
            self._mode, self._depth = (_Mode.AFTER, 1) if self._is_wrapped else (_Mode.DOCUMENT, 0)
        elif self._depth <= 0 and self._mode is _Mode.DOCUMENT:
            self._depth = 0
            yield self._end(self._at)
        elif self._depth <= 0 and self._mode is _Mode.AFTER:
            self._start, self._mode, self._depth = self._at, _Mode.DOCUMENT, 0

    def _end(self, end: int) -> bytes | ServiceError:
        """Return the value that ends at a position, or its error, and start the next value."""
        value, is_long = self._data[self._start : end].strip(BLANK), self._is_long or end - self._start > MAX_LINE
        self._start, self._is_long = self._at, False
        return too_long("item") if is_long else value
