"""Read the first sheet of a workbook (.xlsx) in a process with limited memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress

from service.errors import ServiceError, TooLarge, UnreadableFile
from service.transfer.files import workbook_process
from service.transfer.files.cells import Cell
from service.transfer.files.workbook_process import MAX_MEMORY, MAX_SECONDS


class Workbook(Iterator[tuple[int, list[Cell]]]):
    """The rows of the first visible sheet that is not empty, with their numbers.

    Raises:
        UnreadableFile: The file is no workbook, damaged or encrypted.
        TooLarge: It is larger than a limit.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._lines = _run(blocks)
        first = json.loads(next(self._lines, b"{}"))
        if "problem" in first:
            kind = TooLarge if first["problem"] == TooLarge.name else UnreadableFile
            raise kind(first["detail"])
        self.sheet: str | None = first["sheet"]
        """The name of the sheet."""

    def __next__(self) -> tuple[int, list[Cell]]:
        number, cells = json.loads(next(self._lines))
        return number, cells


def _run(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Send a workbook to the process that reads it, and yield the lines that it writes."""
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-I", workbook_process.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError
        try:
            with suppress(BrokenPipeError), process.stdin:  # the process may end before it has read everything
                for block in blocks:
                    process.stdin.write(block)
            yield from process.stdout
            if (code := process.wait()) != 0:
                raise _failure(code)
        finally:
            process.kill()


def _failure(code: int) -> ServiceError:
    """Return the error for the exit code of the process; a signal ends it at a limit."""
    if code == 1:
        return UnreadableFile(workbook_process.DAMAGED)
    return TooLarge(
        f"The workbook needs more than {MAX_MEMORY >> 20:,} MiB of memory, or {MAX_SECONDS} s. Save the table as CSV."
    )
