"""Read JSON values as flat lines: rename their members, and read national notations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import TypeAlias

from service.errors import InvalidBody, ServiceError, UnreadableFile
from service.transfer.claimreview.linked import is_linked_data
from service.transfer.files.cells import read_cell, read_midnight
from service.transfer.files.columns import COLUMNS, Content, find_columns, is_internal, known_names, name_key
from service.transfer.files.locales import LOCALES, Locale
from service.transfer.files.options import FileOptions
from service.transfer.files.tables import Cells, read_table

Value: TypeAlias = object
_DATES = frozenset({"published_at", "resolved_at"})
_READ = _DATES | {"claim_id"}


def read_flat(values: Iterator[tuple[int, Value]], options: FileOptions) -> Iterator[tuple[int, Value]]:
    """Yield numbered values, with the members of flat lines renamed to their columns.

    If the first value is an array of cells, the values are the rows of a table, and the first one is the header.

    Raises:
        UnreadableFile: The file is a single object that is not a line, or the header cannot be read.
    """
    first = list(islice(values, 2))
    if first and _is_row(first[0][1]):
        yield from read_table(map(_as_cells, chain(first, values)), options)
        return
    if len(first) == 1:
        _check_single(first[0][1], options)
    locale = LOCALES[options.locale] if options.locale else None
    known = known_names(options.names)
    for number, value in chain(first, values):
        yield number, _read_object(value, known, locale) if isinstance(value, dict) else value


def _is_row(value: Value) -> bool:
    """Return whether a value is an array of cells, like the header of a table."""
    if not isinstance(value, list) or any(isinstance(cell, dict | list) for cell in value):
        return False
    return len(value) > 1 and any(isinstance(cell, str) for cell in value)


def _as_cells(numbered: tuple[int, Value]) -> tuple[int, Cells]:
    """Return an array as the cells of a row, or the error for a value that is not an array of cells."""
    number, value = numbered
    if isinstance(value, ServiceError):
        return number, value
    if not isinstance(value, list) or any(isinstance(cell, dict | list) for cell in value):
        detail = (
            "The value is not an array of cells, unlike the first one of the file. Send an array of texts and numbers."
        )
        return number, InvalidBody.at("", detail, "malformed")
    return number, value


def _check_single(value: Value, options: FileOptions) -> None:
    """Check that the only value of a file is a line.

    Raises:
        UnreadableFile: The value is an object of columns, or an object around the lines.
    """
    if not isinstance(value, dict) or "type" in value or is_linked_data(value):
        return
    members = [member for member in value.values() if isinstance(member, dict | list)]
    is_by_column = bool(find_columns(value, options.names)) and len(members) == len(value)
    if members and (is_by_column or not find_columns(value, options.names)):
        shown = ", ".join(repr(name[:60]) for name in islice(value, 6))
        raise UnreadableFile(
            f"The file is one object with the members {shown} instead of a list of reports. Send an array with an "
            "object for each report, as pandas writes it with to_json(orient='records')."
        )


def _read_object(line: dict[str, object], known: Mapping[str, str], locale: Locale | None) -> dict[str, object]:
    """Return a flat line with renamed members, and with its texts read in the notation of a locale.

    Unknown members, typed lines and JSON-LD stay unchanged.
    """
    if "type" in line or any(name.startswith("@") for name in line):
        return line
    if locale is None and line.keys() <= COLUMNS.keys():
        return line | {name: _read_member(name, line[name], None) for name in _READ if name in line}
    renamed: dict[str, object] = {}
    for name, value in line.items():
        column = name if name in COLUMNS else "x" if is_internal(name) else known.get(name_key(name), name)
        if column in renamed and column != "x":
            column = name
        renamed[column] = _read_member(column, value, locale)
    return renamed


def _read_member(column: str, value: object, locale: Locale | None) -> object:
    if isinstance(value, str):
        if locale is not None and column in COLUMNS:
            return read_cell(COLUMNS[column], value, locale)
        return read_midnight(value) if column in _DATES else value
    if column == "claim_id" and isinstance(value, int | float) and not isinstance(value, bool):
        return read_cell(Content.TEXT, value, None)
    return value
