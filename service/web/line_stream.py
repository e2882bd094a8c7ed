"""Exports as streams of lines, in NDJSON or CSV."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

from flask import Response, request
from sqlalchemy.orm import Session

from service.errors import InvalidQuery
from service.schemas.export_requests import Format
from service.transfer.export.lines import Line
from service.values.csv_text import BYTE_ORDER_MARK, csv_row, csv_table
from service.values.vocabulary import ExportFormat
from service.web.blueprint import Blueprint
from service.web.text_stream import stream_texts

P = ParamSpec("P")
R = TypeVar("R")

NDJSON, CSV, TEXT = "application/x-ndjson", "text/csv", "text/plain"

Read = Callable[[Session], Iterator[Line]]
"""A function that reads the lines of an export within a snapshot."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a CSV export, with the function that reads its rows."""

    names: Sequence[str]
    read: Read
    """Reads the rows. A column `adjusted_mean` has the member `mean` of the row's member `adjusted`."""


def stream_lines(name: str, requested: Format, read: Read, columns: Columns) -> Response:
    """Return a response that streams the lines of an export as NDJSON or CSV.

    Args:
        name: The name of the file, without its suffix.
        requested: The format that the query requests.
        read: The function that reads the lines of an NDJSON export.
        columns: The columns and rows of a CSV export.

    Raises:
        ExportsBusy: This process is already sending the largest allowed number of exports.
        InvalidQuery: A filter names an unknown outlet, or a byte order mark was requested for NDJSON.
    """
    is_csv = _is_csv(requested)
    texts = partial(_csv, columns, bom=requested.bom) if is_csv else partial(_ndjson, read)
    response = stream_texts(texts, f"{CSV}; charset=utf-8" if is_csv else NDJSON)
    suffix = ExportFormat.CSV if is_csv else ExportFormat.NDJSON
    response.headers["Content-Disposition"] = f"attachment; filename={name}.{suffix}"
    response.vary.add("Accept")
    return response


def stream_table(name: str, columns: Sequence[str], read: Callable[[Session], Iterable[Iterable[object]]]) -> Response:
    """Return a response that streams the rows of a table as a CSV file for spreadsheets.

    Raises:
        ExportsBusy: This process is already sending the largest allowed number of exports.
    """
    response = stream_texts(lambda session: csv_table(columns, read(session)), f"{CSV}; charset=utf-8")
    response.headers["Content-Disposition"] = f"attachment; filename={name}.csv"
    return response


def sends_lines(description: str, *content_types: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Document that a view streams lines of these content types, by default NDJSON and CSV."""
    content = {media: {"schema": {"type": "string"}} for media in content_types or (NDJSON, CSV)}
    documented: Callable[[Callable[P, R]], Callable[P, R]] = Blueprint.doc(
        responses={"200": {"description": description, "content": content}}
    )
    return documented


def _is_csv(requested: Format) -> bool:
    """Return whether to send CSV, according to the query or else the `Accept` header."""
    accepted = request.accept_mimetypes.best_match([NDJSON, CSV], default=NDJSON)
    is_csv = accepted == CSV if requested.name is None else requested.name is ExportFormat.CSV
    if requested.bom and not is_csv:
        detail = "Applies only to CSV. Leave it out, or send format=csv."
        raise InvalidQuery.at("bom", detail=detail, code="invalid")
    return is_csv


def _ndjson(read: Read, session: Session) -> Iterator[str]:
    for line in read(session):
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _csv(columns: Columns, session: Session, *, bom: bool) -> Iterator[str]:
    if bom:
        yield BYTE_ORDER_MARK
    yield csv_row(columns.names)
    for line in columns.read(session):
        yield csv_row(_cell(line, name) for name in columns.names)


def _cell(line: Line, name: str) -> object:
    """Return the member of a line for a column; a name such as `adjusted_mean` leads to a nested member."""
    if name in line:
        return line[name]
    head, _, tail = name.partition("_")
    inner = line[head]
    return inner[tail] if isinstance(inner, Mapping) else None
