"""Read the lines of an import file, one by one, so that the size of the file does not matter.

A malformed line is an error by itself and does not affect the other lines.
"""

from __future__ import annotations

import csv
import enum
import re
from collections import deque
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias
from uuid import UUID

from service.claims.record import NewClaim
from service.claims.report_rules import NewReport
from service.claims.resolve import NewResolution
from service.claims.views import ResolutionWarning
from service.errors import FieldError, InvalidBody, ServiceError, TooLarge
from service.outlets.edit import NewOutlet
from service.outlets.find import OutletName
from service.storage.models.columns import ReviewNote
from service.transfer.claimreview.review import ReviewWarning, in_review
from service.values.strict_json import parse_json

MAX_LINE = 1 << 20  # bytes

_NUMBERS = ("probability", "commitment")


@dataclass(frozen=True, slots=True)
class OutletLine:
    """An outlet."""

    outlet: NewOutlet


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A claim with its reports and perhaps its resolution."""

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
    """A report with its claim, of which only the text and perhaps the topic are given, and perhaps its resolution."""

    claim: NewClaim
    report: NewReport
    resolution: NewResolution | None


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A fact-checker's review: a claim with its reports, the verdict of its rating if it gives one, and the rating."""

    claim: NewClaim
    reports: list[NewReport]
    resolution: NewResolution | None
    note: ReviewNote | None
    warnings: list[ReviewWarning]


Line: TypeAlias = OutletLine | ClaimLine | ReportLine | ResolutionLine | FlatLine | ReviewLine


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line of a file with its content, or with the error for a malformed line."""

    number: int
    content: Line | ServiceError


class LineStatus(enum.StrEnum):
    """The result of a line."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class LineResult:
    """The result of a line, with its row or its error."""

    number: int
    status: LineStatus
    id: UUID | None = None
    """The id of the created or existing outlet, claim, report or resolution."""
    error: ServiceError | None = None
    warnings: Sequence[ResolutionWarning | ReviewWarning] = ()


def named_claim(content: Line | ServiceError) -> str | None:
    """Return the external id of the claim that a line names."""
    match content:
        case ClaimLine() | FlatLine() | ReviewLine():
            return content.claim["external_id"]
        case ReportLine() | ResolutionLine():
            return content.claim
        case _:
            return None


def required_id(claim: NewClaim) -> str:
    """Return the external id of a claim in a file.

    Raises:
        InvalidBody: The claim has none.
    """
    if claim["external_id"] is None:
        raise InvalidBody.at(
            "/external_id", "A claim in a file needs an external_id, so that the file can be sent again.", "required"
        )
    return claim["external_id"]


def named_outlets(content: Line | ServiceError) -> Iterator[str | OutletName]:
    """Yield the outlets that the reports of a line name."""
    match content:
        case ClaimLine() | ReviewLine():
            reports = content.reports
        case ReportLine() | FlatLine():
            reports = [content.report]
        case _:
            reports = []
    for report in reports:
        cited = None if report["relays"] is None else report["relays"]["outlet"]
        yield from (outlet for outlet in (report["outlet"], cited) if outlet is not None)


# The member of a flat line for a pointer into its claim, report or resolution.
_FLAT_MEMBERS = (
    (re.compile(r"^/text"), "/claim"),
    (re.compile(r"^/reports/0"), "/report"),
    (re.compile(r"^/report/outlet.*"), "/outlet"),
    (re.compile(r"^/report"), ""),
    (re.compile(r"^(/resolution)?/known_at"), "/resolved_at"),
    (re.compile(r"^/resolution.*"), "/outcome"),
)


def in_line(content: Line, errors: Sequence[FieldError]) -> list[FieldError]:
    """Return errors of a claim, report or resolution with the members of the line that they are about."""
    match content:
        case FlatLine():
            return [{**error, "pointer": _in_flat_line(error["pointer"])} for error in errors]
        case ReviewLine():
            return in_review(errors)
        case _:
            return list(errors)


def _in_flat_line(pointer: str) -> str:
    """Return the pointer to the member of a flat line that an error is about."""
    for nested_pointer, member in _FLAT_MEMBERS:
        pointer = nested_pointer.sub(member, pointer)
    return pointer


def read_ndjson(stream: BinaryIO) -> Iterator[tuple[int, Any]]:
    """Yield the number of each line of an NDJSON file, from 1, with its JSON value or its error."""
    number = 0
    while raw := stream.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE:
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(MAX_LINE)
            yield number, TooLarge(f"The line is longer than {MAX_LINE} bytes. Split it into several lines.")
        elif line := (raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw).strip():
            yield number, _parse(line)


def read_csv(stream: BinaryIO, columns: AbstractSet[str]) -> Iterator[tuple[int, Any]]:
    """Yield the number of the first line of each row of a CSV file, with its non-empty cells, trimmed, or an error.

    Args:
        stream: The file; the first row names the columns. Commas, semicolons or tabs separate the cells.
        columns: The known names of columns.

    Raises:
        InvalidBody: The first line is not CSV, or the name of a column is unknown or occurs twice.
    """
    raw = iter(lambda: stream.readline(MAX_LINE), b"")
    text = (line.decode("utf-8", "surrogateescape") for line in raw)
    header = next(text, "").removeprefix("\ufeff")
    delimiter = max(",;\t", key=header.count)
    try:
        names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
    except csv.Error as exc:
        raise InvalidBody.at("", f"The first line is not a header of CSV: {exc}.", "malformed") from None
    _check_columns(names, columns)
    lines, number = _Lines(text), 2  # the header is line 1
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            yield (
                number,
                InvalidBody.at(
                    "", f"Line {number} does not begin a row of CSV: {exc}. Correct its quotes.", "malformed"
                ),
            )
            lines.put_back()
        else:
            if cells:
                yield number, _row(names, cells)
        number += lines.end_row()


class _Lines:
    """An iterator of lines that can put back all lines of a row except for the first.

    A quote without its closing quote makes the reader take all lines up to the next quote.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._put_back: deque[str] = deque()
        self._taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self._taken.append(self._put_back.popleft() if self._put_back else next(self._lines))
        return self._taken[-1]

    def put_back(self) -> None:
        """Put back the lines taken for this row, except for the first."""
        self._put_back.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]

    def end_row(self) -> int:
        """Return the number of lines of this row, and begin the next row."""
        count, self._taken = len(self._taken), []
        return count


def _parse(line: bytes) -> Any:
    try:
        return parse_json(line)
    except ServiceError as exc:
        return exc


def _check_columns(names: list[str], columns: AbstractSet[str]) -> None:
    if wrong := [name for name in names if name not in columns or names.count(name) > 1]:
        known = ", ".join(sorted(columns))
        detail = f"Unknown or repeated columns: {', '.join(map(repr, wrong))}. The known ones are {known}."
        raise InvalidBody.at("", detail, "unknown")


def _row(names: list[str], cells: list[str]) -> Any:
    if len(cells) > len(names):
        detail = f"The row has {len(cells)} cells and {len(names)} columns. Quote each cell that contains a separator."
        return InvalidBody.at("", detail, "malformed")
    row: dict[str, str | float] = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}
    for name in _NUMBERS:
        with suppress(KeyError, ValueError):  # the schema rejects text that is not a number
            row[name] = float(row[name])
    return row
