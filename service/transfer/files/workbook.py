"""Read a sheet of a workbook (.xlsx) in a process with limited memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TypedDict

from service.errors import ServiceError, TooLarge, UnreadableFile
from service.transfer.files import workbook_process
from service.transfer.files.cells import Cell
from service.transfer.files.columns import HEAD_ROWS, REQUIRED, Names, find_columns
from service.transfer.files.workbook_process import MAX_MEMORY, MAX_SECONDS


class _Sheet(TypedDict):
    """A visible sheet that is not empty, with its first rows."""

    name: str
    rows: list[list[Cell]]


class Workbook(Iterator[tuple[int, list[Cell]]]):
    """The numbered rows of the sheet that names the most columns in its first rows.

    Hidden and empty sheets are ignored.

    Raises:
        UnreadableFile: The file is not a workbook, is damaged or encrypted, or has reports on several visible sheets.
        TooLarge: The workbook exceeds a limit.
    """

    def __init__(self, blocks: Iterable[bytes], names: Names) -> None:
        lines = _run(blocks)
        first = json.loads(next(lines, b'{"sheets": []}'))
        if "problem" in first:
            raise _problem(**first)
        place = _choose_sheet(first["sheets"], names)
        self.sheet: str | None = None if place is None else first["sheets"][place]["name"]
        """The name of the sheet; None for an empty workbook."""
        self._rows = _rows_of(lines, place)

    def __next__(self) -> tuple[int, list[Cell]]:
        return next(self._rows)


def _choose_sheet(sheets: list[_Sheet], names: Names) -> int | None:
    """Return the position of the sheet to read; None for an empty workbook."""
    columns = [max((find_columns(row, names) for row in sheet["rows"]), key=len) for sheet in sheets]
    tables = [repr(sheet["name"]) for sheet, found in zip(sheets, columns, strict=True) if found >= REQUIRED]
    if len(tables) > 1:
        raise UnreadableFile(
            f"The workbook has reports on the sheets {', '.join(tables[:-1])} and {tables[-1]}. Hide all of them but "
            "one, or save each as CSV UTF-8."
        )
    return max(range(len(sheets)), key=lambda place: len(columns[place]), default=None)


def _rows_of(lines: Iterator[bytes], place: int | None) -> Iterator[tuple[int, list[Cell]]]:
    """Yield the rows of the sheet at a position."""
    is_chosen = False
    for line in lines:
        value = json.loads(line)
        if isinstance(value, list):
            if is_chosen:
                number, cells = value
                yield number, cells
        elif "problem" in value:
            raise _problem(**value)
        elif is_chosen:
            return
        else:
            is_chosen = value["sheet"] == place


def _problem(problem: str, detail: str) -> ServiceError:
    """Return the error for a problem that the process reported."""
    return TooLarge(detail) if problem == TooLarge.name else UnreadableFile(detail)


def _run(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Send a workbook to the process that reads it, and yield its output by line."""
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-I", workbook_process.__file__, str(HEAD_ROWS)],
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
    """Return the error for a failed process: exit code 1 means damage, any other a limit."""
    if code == 1:
        return UnreadableFile(workbook_process.DAMAGED)
    return TooLarge(
        f"The workbook needs more than {MAX_MEMORY >> 20:,} MiB of memory or {MAX_SECONDS} s of time. "
        "Save the table as CSV."
    )
