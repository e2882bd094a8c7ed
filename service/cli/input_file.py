"""Open the file that an import reads, count the bytes read for the progress bar, and preview lines."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import click

from service.errors import ServiceError
from service.transfer.files.open import NumberedValue, OpenFile, open_lines
from service.transfer.files.options import FileOptions
from service.transfer.files.unpack import Readable

PREVIEW = 5
"""The number of lines that a dry run prints."""


class CountedStream:
    """A stream that counts the bytes read from it, because a pipe has no position."""

    def __init__(self, stream: Readable, on_read: Callable[[int], object] = lambda _: None) -> None:
        self._stream = stream
        self._on_read = on_read
        """A function that is called with the new count after each read."""
        self.count = 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.count += len(data)
        self._on_read(self.count)
        return data


@contextmanager
def open_file(file: Path) -> Iterator[tuple[Readable, int | None]]:
    """Yield the stream and the size of a file, None for a pipe. The file `-` is the standard input."""
    if str(file) == "-":
        yield sys.stdin.buffer, None
        return
    with file.open("rb") as stream:
        status = os.fstat(stream.fileno())
        yield stream, status.st_size if stat.S_ISREG(status.st_mode) else None


def show_preview(file: Path, options: FileOptions) -> None:
    """Print the format and the first parsed lines of a file, unless it is the standard input."""
    if str(file) != "-":
        with open_file(file) as (stream, _):
            for _ in islice(with_preview(open_lines(stream, options)), PREVIEW):
                pass


def with_preview(opened: OpenFile) -> Iterator[NumberedValue]:
    """Yield all lines of a file, after printing its format, and the first ones as they are parsed."""
    click.echo(f"Read as {opened.form}.")
    for place, (number, value) in enumerate(opened):
        if place < PREVIEW and not isinstance(value, ServiceError):
            click.echo(f"line {number}: {json.dumps(value, ensure_ascii=False)}")
        yield number, value
