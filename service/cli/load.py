"""Load the lines of a file into the database, or into a remote service, and report the result of each."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, BinaryIO, NotRequired, TypeAlias, TypedDict

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from service.cli.remote import Remote
from service.cli.shared import Connections, open_connections
from service.config import Settings
from service.errors import ServiceError
from service.operations.schema_check import is_unused
from service.schemas.lines import FLAT_COLUMNS, read_line
from service.telemetry.logs import set_up_logs
from service.transfer.claimreview.linked import spread_reviews
from service.transfer.lines import Line, LineResult, LineStatus, ReadLine, read_csv, read_ndjson
from service.transfer.load import BATCH, load_lines, try_lines
from service.values.documents import members_of
from service.values.instants import utc_now
from service.values.vocabulary import OPERATOR

EXAMPLE = Path(__file__).with_name("alonso.ndjson")
"""The example, which is part of the package."""

Load: TypeAlias = Callable[[Iterator[list[ReadLine]]], Iterator[LineResult]]
"""Loads batches of lines and yields the result of each line."""


class ResultLine(TypedDict):
    """A line of the file of results."""

    line: int
    status: str
    id: NotRequired[str]
    problem: NotRequired[Mapping[str, object]]
    """The problem document."""
    warnings: NotRequired[list[Mapping[str, str]]]


@contextmanager
def open_loader(settings: Settings, *, dry_run: bool, server: str | None, key: str | None) -> Iterator[Load]:
    """Yield the function that loads lines into a service, or else into the database of the settings.

    A dry run creates nothing: if there is no database yet, it uses a temporary one.
    """
    set_up_logs(logging.ERROR)
    if server and key:
        yield partial(_send, Remote(server, key))
        return
    with ExitStack() as stack:
        if dry_run and is_unused(settings):
            folder = Path(stack.enter_context(TemporaryDirectory()))
            settings = replace(settings, data_dir=folder, database_url=f"sqlite:///{folder}/trial.db", migrate=True)
        connections = stack.enter_context(open_connections(settings, writes=True))
        yield partial(_try if dry_run else _load, connections)


def show_load(load: Load, file: Path, *, feed: str | None, results: IO[str] | None) -> Counter[LineStatus]:
    """Load a file with a progress bar, and return the number of lines by status.

    Args:
        load: The function that loads the lines.
        file: NDJSON, or CSV if its name ends in .csv.
        feed: The prefix for each claim_id of a flat line.
        results: A file for the result of each line.
    """
    counts = Counter(dict.fromkeys(LineStatus, 0))
    console = Console(stderr=True)
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with file.open("rb") as stream, Progress(*columns, console=console) as progress:
        task = progress.add_task(file.name, total=file.stat().st_size)
        for result in load(_batches(_lines(stream, csv=file.suffix.lower() == ".csv", feed=feed))):
            counts[result.status] += 1
            if result.error is not None:
                console.print(_rejection(result, result.error), markup=False, highlight=False, soft_wrap=True)
            for warning in result.warnings:
                text = f"line {result.number} warning ({warning.code}): {warning.detail}"
                console.print(text, markup=False, highlight=False, soft_wrap=True)
            if results is not None:
                results.write(json.dumps(_result_line(result)) + "\n")
            progress.update(task, completed=stream.tell())
    return counts


def load_example(connections: Connections) -> Counter[LineStatus]:
    """Load the example without output, and return the number of lines by status."""
    with EXAMPLE.open("rb") as stream:
        lines = _lines(stream, csv=False, feed=None)
        return Counter(result.status for result in _load(connections, _batches(lines)))


def _load(connections: Connections, batches: Iterator[list[ReadLine]]) -> Iterator[LineResult]:
    has_written = False
    for batch in batches:
        now = utc_now()
        results = load_lines(connections.db, connections.cache, batch, caller=OPERATOR, now=now)
        has_written |= any(result.status in (LineStatus.CREATED, LineStatus.UPDATED) for result in results)
        yield from results
    if has_written:
        connections.db.analyze()


def _try(connections: Connections, batches: Iterator[list[ReadLine]]) -> Iterator[LineResult]:
    return try_lines(connections.db, batches, caller=OPERATOR, now=utc_now())


def _send(remote: Remote, batches: Iterator[list[ReadLine]]) -> Iterator[LineResult]:
    for batch in batches:
        yield from map(remote.load, batch)


def _batches(lines: Iterator[ReadLine]) -> Iterator[list[ReadLine]]:
    while batch := list(islice(lines, BATCH)):
        yield batch


def _lines(stream: BinaryIO, *, csv: bool, feed: str | None) -> Iterator[ReadLine]:
    for number, content in spread_reviews(read_csv(stream, FLAT_COLUMNS) if csv else read_ndjson(stream)):
        yield ReadLine(number, _content(content, feed))


def _content(content: object, feed: str | None) -> Line | ServiceError:
    if isinstance(content, ServiceError):
        return content
    try:
        return read_line(content, feed=feed)
    except ServiceError as exc:
        return exc


def _rejection(result: LineResult, error: ServiceError) -> str:
    places = [f"{place['pointer'] or 'the line'}: {place['detail']}" for place in error.errors] or [error.detail]
    return f"line {result.number} rejected ({error.name}): {' '.join(places)}"


def _result_line(result: LineResult) -> ResultLine:
    line = ResultLine(line=result.number, status=result.status)
    if result.id is not None:
        line["id"] = str(result.id)
    if result.error is not None:
        line["problem"] = result.error.document()
    if result.warnings:
        line["warnings"] = [members_of(warning) for warning in result.warnings]
    return line
