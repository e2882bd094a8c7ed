"""The lines of an import file: what one may say, and how they are read.

They are read one by one, so that a file of any size fits and one bad line is one bad line.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

from service.claims.record import NewClaim
from service.claims.report_rules import NewReport
from service.claims.resolve import NewResolution
from service.errors import InvalidBody, ServiceError, TooLarge
from service.outlets.edit import NewOutlet
from service.values.strict_json import parse_json

MAX_LINE = 1 << 20  # bytes

_NUMBERS = {"probability": float, "commitment": int}


@dataclass(frozen=True, slots=True)
class OutletLine:
    """An outlet."""

    outlet: NewOutlet


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A claim with the reports that carry it and, if it is known, how it came out."""

    claim: NewClaim
    reports: list[NewReport]
    resolution: NewResolution | None


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report on the claim with this external id."""

    claim: str
    report: NewReport


@dataclass(frozen=True, slots=True)
class ResolutionLine:
    """A resolution of the claim with this external id."""

    claim: str
    resolution: NewResolution


@dataclass(frozen=True, slots=True)
class FlatLine:
    """One report with its claim, of which it says no more than the text and perhaps the topic, and its outcome."""

    claim: NewClaim
    report: NewReport
    resolution: NewResolution | None


Line: TypeAlias = OutletLine | ClaimLine | ReportLine | ResolutionLine | FlatLine


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line of a file: what it says, or why it could not be read."""

    number: int
    content: Line | ServiceError


def read_ndjson(stream: BinaryIO) -> Iterator[tuple[int, Any]]:
    """The lines of an NDJSON file: their numbers, from 1, and what they hold, or the error that it is."""
    number = 0
    while raw := stream.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE:
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(MAX_LINE)
            yield number, TooLarge(f"The line is longer than {MAX_LINE} bytes.")
        elif line := (raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw).strip():
            yield number, _parsed(line)


def read_csv(stream: BinaryIO, columns: AbstractSet[str]) -> Iterator[tuple[int, Any]]:
    """The rows of a CSV file as a spreadsheet writes it: their first line's number, and their cells that are not empty.

    Args:
        stream: The file; the first row names the columns. Commas, semicolons or tabs part the cells.
        columns: The names that a column may have.

    Raises:
        InvalidBody: A column has another name, or the same as another one.
    """
    raw = iter(lambda: stream.readline(MAX_LINE), b"")
    text = (line.decode("utf-8", "surrogateescape") for line in raw)
    header = next(text, "").removeprefix("\ufeff")
    delimiter = max(",;\t", key=header.count)
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
    _check_columns(names, columns)
    lines, number = _Lines(text), 2  # the header is line 1
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            yield number, InvalidBody.at("", f"Line {number} begins no row of CSV: {exc}.", "malformed")
            lines.put_back()
        else:
            if cells:
                yield number, _row(names, cells)
        number += lines.taken()


class _Lines:
    """Lines of which those that one row took can be put back, all but the first.

    A quote that nothing closes takes along whatever comes before the next one.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self._taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self._taken.append(self._again.popleft() if self._again else next(self._lines))
        return self._taken[-1]

    def put_back(self) -> None:
        """Have the lines be read again, but for the first of them."""
        self._again.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]

    def taken(self) -> int:
        """How many lines were taken since this was asked last."""
        taken, self._taken = len(self._taken), []
        return taken


def _parsed(line: bytes) -> Any:
    try:
        return parse_json(line)
    except ServiceError as exc:
        return exc


def _check_columns(names: list[str], columns: AbstractSet[str]) -> None:
    if wrong := [name for name in names if name not in columns or names.count(name) > 1]:
        raise InvalidBody.at(
            "",
            f"Unknown or repeated columns: {', '.join(map(repr, wrong))}. Known are {', '.join(sorted(columns))}.",
            "unknown",
        )


def _row(names: list[str], cells: list[str]) -> Any:
    if len(cells) > len(names):
        return InvalidBody.at("", f"The row has {len(cells)} cells and there are {len(names)} columns.", "malformed")
    row: dict[str, Any] = {name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()}
    for name, number in _NUMBERS.items():
        with suppress(KeyError, ValueError):  # what is no number stays text, which the schema refuses by name
            row[name] = number(row[name])
    return row
