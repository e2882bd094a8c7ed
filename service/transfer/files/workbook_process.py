"""A script that reads a workbook in a separate process with limited memory.

Workbooks are read whole, so large ones need much memory. The script reads the workbook from the standard input. It
writes a JSON object with the first rows of each sheet, and then for each sheet an object with its position, followed by
an array for each row, with the number and the cells. For a rejected workbook, it writes an object with the problem. Its
argument is the number of first rows.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import python_calamine as calamine

MAX_UNPACKED = 200_000_000  # bytes
MAX_ROWS = 1_048_576
MAX_MEMORY = 1 << 30  # bytes
MAX_SECONDS = 300
OUT_OF_MEMORY = 3
"""The exit code if Python reaches the memory limit. If a library does, the process is aborted instead."""

DAMAGED = "The workbook is damaged or incomplete. Open it in a spreadsheet, and save it as .xlsx or CSV UTF-8."

_ENCRYPTED = "The workbook has a password. Save it without one, or as CSV UTF-8."
_MAX_ENTRIES = 10_000
_OVERLAP = 16_384
"""The number of bytes searched again with the next block, to find cells that span two blocks."""
_CELL = rb"<(?:\w+:)?c\s([^<>]*)>\s*"
_FORMULA = rb"<(?:\w+:)?f\b[^<>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
_ERROR = re.compile(_CELL + rb"(?:" + _FORMULA + rb")?<(?:\w+:)?v>(#[^<]{1,20})</")
_NO_RESULT = re.compile(_CELL + _FORMULA + rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>")
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_SHEET = re.compile(rb'<(?:\w+:)?sheet\s[^>]*?\br:id="([^"]+)"')
_ID, _TARGET = re.compile(rb'\bId="([^"]+)"'), re.compile(rb'\bTarget="([^"]+)"')
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")


class _Refused(Exception):
    def __init__(self, problem: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem


def main() -> None:
    """Read a workbook from the standard input, and write its visible sheets or the problem with it."""
    _limit_resources()
    try:
        data = sys.stdin.buffer.read(MAX_UNPACKED + 1)
        if len(data) > MAX_UNPACKED:
            raise _too_large()
        marked = _check_archive(data)
        for line in _read(data, marked):
            sys.stdout.write(json.dumps(line) + "\n")
    except _Refused as exc:
        sys.stdout.write(json.dumps({"problem": exc.problem, "detail": str(exc)}) + "\n")
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)


def _limit_resources() -> None:
    for kind, limit in ((resource.RLIMIT_AS, MAX_MEMORY), (resource.RLIMIT_CPU, MAX_SECONDS)):
        with suppress(ValueError, OSError):  # macOS has no limit on the address space
            resource.setrlimit(kind, (limit, limit))


def _check_archive(data: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """Check the unpacked size of a workbook, and return the errors of cells without a value, by sheet."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
        names = {entry.filename for entry in entries}
        if not any(name.startswith("xl/") for name in names):
            raise _other_archive(archive, names)
        if any(entry.flag_bits & 1 for entry in entries):
            raise _Refused("unreadable-file", _ENCRYPTED)
        total, marked = 0, dict[str, dict[tuple[int, int], str]]()
        for entry in entries[: _MAX_ENTRIES + 1]:
            cells = marked.setdefault(entry.filename.removeprefix("/"), {})
            for size in _unpack(archive, entry, cells):
                total += size
                if total > MAX_UNPACKED or len(entries) > _MAX_ENTRIES:
                    raise _too_large()
    # zipfile raises NotImplementedError for a method of compression that it does not know.
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as exc:
        raise _damaged() from exc
    return {name: marked.get(name, {}) for name in _sheets(archive)}


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, cells: dict[tuple[int, int], str]) -> Iterator[int]:
    """Unpack an entry, yield the size of each block, and collect the cells without a value."""
    is_sheet, kept = "worksheets/" in entry.filename, b""
    with archive.open(entry) as stream:
        while block := stream.read(1 << 16):
            yield len(block)
            if is_sheet:
                kept = kept[-_OVERLAP:] + block
                cells.update(_valueless(kept))


def _valueless(data: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the position and the error of each cell whose formula failed or was never computed."""
    for found in _ERROR.finditer(data):
        if b't="e"' in found[1] and (place := _PLACE.search(found[1])) is not None:
            yield _position(place), found[2].decode(errors="replace")
    for found in _NO_RESULT.finditer(data):
        is_empty_text = b't="str"' in found[1]
        if not is_empty_text and (place := _PLACE.search(found[1])) is not None:
            yield _position(place), "#FORMULA"


def _position(place: re.Match[bytes]) -> tuple[int, int]:
    column = 0
    for letter in place[1]:
        column = column * 26 + letter - 64
    return int(place[2]) - 1, column - 1


def _sheets(archive: zipfile.ZipFile) -> list[str]:
    """Return the name of each sheet's archive entry, in the order of the workbook."""
    try:
        workbook, relations = archive.read("xl/workbook.xml"), archive.read("xl/_rels/workbook.xml.rels")
    except KeyError:
        return []
    targets: dict[bytes, str] = {}
    for relation in _RELATION.findall(relations):
        if (name := _ID.search(relation)) and (target := _TARGET.search(relation)):
            path = target[1].decode(errors="replace")
            targets[name[1]] = path.removeprefix("/") if path.startswith("/") else f"xl/{path}"
    return [targets.get(name, "") for name in _SHEET.findall(workbook)]


def _read(data: bytes, marked: dict[str, dict[tuple[int, int], str]]) -> Iterator[object]:
    """Yield the first rows of each visible sheet that is not empty, and then all rows, sheet by sheet."""
    try:
        workbook = calamine.CalamineWorkbook.from_object(io.BytesIO(data))
        cells_of = dict(zip(workbook.sheet_names, marked.values(), strict=False))
        names = [about.name for about in workbook.sheets_metadata if _is_shown(about)]
        first: calamine.CalamineSheet | None = None  # kept, because most workbooks have one sheet
        heads: list[dict[str, object]] = []
        for name in names:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.end is not None:
                first = first or sheet
                heads.append({"name": name, "rows": _head(sheet)})
        yield {"sheets": heads}
        for place, head in enumerate(heads):
            sheet = first if place == 0 and first else workbook.get_sheet_by_name(str(head["name"]))
            yield {"sheet": place}
            yield from _rows(sheet, cells_of.get(sheet.name, {}))
            first = None
    except calamine.PasswordError as exc:
        raise _Refused("unreadable-file", _ENCRYPTED) from exc
    except calamine.CalamineError as exc:
        raise _damaged() from exc


def _is_shown(about: calamine.SheetMetadata) -> bool:
    is_sheet = about.typ == calamine.SheetTypeEnum.WorkSheet
    return is_sheet and about.visible == calamine.SheetVisibleEnum.Visible


def _head(sheet: calamine.CalamineSheet) -> list[list[object]]:
    """Return the first rows that are not empty. The argument of the script limits their number."""
    rows = ([_plain(value) for value in row] for row in sheet.iter_rows() if any(value != "" for value in row))
    return list(islice(rows, int(sys.argv[1])))


def _rows(sheet: calamine.CalamineSheet, marked: dict[tuple[int, int], str]) -> Iterator[list[object]]:
    """Yield the number of each row, counted from 1, and its cells from the first filled column on."""
    if sheet.start is None or sheet.end is None:
        return
    if sheet.end[0] >= MAX_ROWS:
        raise _Refused("too-large", f"The sheet has more than {MAX_ROWS:,} rows. Split it into several.")
    rows_with_marks = {row for row, _ in marked}
    for row, values in enumerate(sheet.iter_rows()):  # also yields the empty rows above the first one
        cells: list[object] = [_plain(value) for value in values]
        if row in rows_with_marks:
            cells = [marked.get((row, sheet.start[1] + place), cell) for place, cell in enumerate(cells)]
        yield [row + 1, cells]


def _plain(value: object) -> object:
    """Return a cell as a JSON value. A moment at midnight becomes a date."""
    if isinstance(value, dt.datetime):
        moment = (value + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
        return moment.date().isoformat() if moment.time() == dt.time.min else moment.isoformat(sep=" ")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | bool | int | float) else str(value)


def _other_archive(archive: zipfile.ZipFile, names: set[str]) -> _Refused:
    if "mimetype" in names and archive.read("mimetype").startswith(b"application/vnd.oasis.opendocument"):
        return _Refused("unreadable-file", "The file is an OpenDocument file. Save the table as .xlsx or CSV UTF-8.")
    if "word/document.xml" in names:
        return _Refused("unreadable-file", "The file is a Word document. Save the table as .xlsx or CSV UTF-8.")
    return _Refused("unreadable-file", "The file is a ZIP archive. Unpack it, and import the files inside.")


def _damaged() -> _Refused:
    return _Refused("unreadable-file", DAMAGED)


def _too_large() -> _Refused:
    limit = f"{MAX_UNPACKED // 1_000_000} MB"
    return _Refused("too-large", f"The workbook is larger than {limit} when unpacked. Save the table as CSV UTF-8.")


if __name__ == "__main__":
    main()
