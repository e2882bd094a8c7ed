"""Feed the lines of a text table to the CSV reader, which may need to read some of them twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from service.errors import ServiceError
from service.transfer.files.dialect import Dialect
from service.transfer.files.legacy_encodings import bad_line
from service.transfer.files.text_lines import too_long


class BadLine(Exception):
    """An exception that carries the error of a line through the CSV reader."""

    def __init__(self, error: ServiceError) -> None:
        super().__init__(error.detail)
        self.error = error


class TableLines:
    """An iterator over the lines of a text table that can put lines back, to read them again.

    Lines are put back after an unclosed quote, for which the CSV reader consumes all lines up to the next quote.
    """

    def __init__(self, lines: Iterator[bytes | None], dialect: Dialect, encoding: str) -> None:
        self._lines, self._end, self._encoding = lines, dialect.line_end.decode(), encoding
        self._put_back: deque[bytes | None] = deque()
        self._taken: list[bytes | None] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._put_back.popleft() if self._put_back else next(self._lines)
        self._taken.append(line)
        if line is None:
            raise BadLine(too_long())
        try:
            return line.decode() + self._end
        except UnicodeDecodeError as exc:
            raise BadLine(bad_line(line, self._encoding)) from exc

    def put_back(self) -> None:
        """Put back all lines of the current row except the first."""
        self._put_back.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]

    def end_row(self) -> tuple[int, bytes]:
        """End the current row, and return its number of lines and its first line."""
        count, first, self._taken = len(self._taken), self._taken[0] if self._taken else None, []
        return count, first or b""
