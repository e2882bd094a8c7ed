"""Import files. Separate from the command, whose help needs none of this."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, BinaryIO, TypeAlias

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from service.cli.remote import Remote
from service.cli.shared import Place, open_place
from service.config import Settings
from service.errors import ServiceError
from service.operations.schema_check import is_unused
from service.schemas.lines import FLAT_COLUMNS, read_line
from service.telemetry.logs import set_up_logs
from service.transfer.lines import ReadLine, read_csv, read_ndjson
from service.transfer.load import BATCH, LineResult, LineStatus, load_lines, try_lines
from service.values.vocabulary import OPERATOR

Load: TypeAlias = Callable[[Iterator[list[ReadLine]]], Iterator[LineResult]]
"""Loads batches of lines and yields the result of each line."""


def show_load(
    settings: Settings,
    *,
    file: Path,
    feed: str | None,
    dry_run: bool,
    results: IO[str] | None,
    server: str | None,
    key: str | None,
) -> None:
    """Import a file and show the result of its lines; see `borneout import --help`."""
    set_up_logs(logging.ERROR)
    remote = nullcontext(partial(_sent, Remote(server, key))) if server and key else None
    counts = dict.fromkeys(LineStatus, 0)
    console = Console(stderr=True)
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with (
        remote or _loader(settings, dry_run=dry_run) as load,
        file.open("rb") as stream,
        Progress(*columns, console=console) as progress,
    ):
        task = progress.add_task(file.name, total=file.stat().st_size)
        batches = _batches(_lines(stream, csv=file.suffix.lower() == ".csv", feed=feed))
        for result in load(batches):
            counts[result.status] += 1
            if result.error is not None:
                console.print(_rejection(result, result.error), markup=False, highlight=False, soft_wrap=True)
            if results is not None:
                results.write(json.dumps(_told(result)) + "\n")
            progress.update(task, completed=stream.tell())
    click.echo(f"{sum(counts.values())} lines: " + ", ".join(f"{count} {status}" for status, count in counts.items()))
    if counts[LineStatus.REJECTED]:
        raise click.exceptions.Exit(1)


@contextmanager
def _loader(settings: Settings, *, dry_run: bool) -> Iterator[Load]:
    """Load into the database of the settings.

    A dry run creates nothing: where there is no database yet, the lines are tried on a temporary one.
    """
    with ExitStack() as opened:
        if dry_run and is_unused(settings):
            folder = Path(opened.enter_context(TemporaryDirectory()))
            settings = replace(settings, data_dir=folder, database_url=f"sqlite:///{folder}/trial.db", migrate=True)
        place = opened.enter_context(open_place(settings, writes=True))
        yield partial(_tried if dry_run else _loaded, place)


def load_quietly(place: Place, file: Path) -> Counter[LineStatus]:
    """Load a file of NDJSON; how many lines became what."""
    with file.open("rb") as stream:
        return Counter(result.status for result in _loaded(place, _batches(_lines(stream, csv=False, feed=None))))


def _loaded(place: Place, batches: Iterator[list[ReadLine]]) -> Iterator[LineResult]:
    has_written = False
    for batch in batches:
        results = load_lines(place.db, place.cache, batch, caller=OPERATOR, now=dt.datetime.now(dt.UTC))
        has_written |= any(result.status in (LineStatus.CREATED, LineStatus.UPDATED) for result in results)
        yield from results
    if has_written:
        place.db.analyze()


def _tried(place: Place, batches: Iterator[list[ReadLine]]) -> Iterator[LineResult]:
    return try_lines(place.db, batches, caller=OPERATOR, now=dt.datetime.now(dt.UTC))


def _sent(remote: Remote, batches: Iterator[list[ReadLine]]) -> Iterator[LineResult]:
    for batch in batches:
        yield from map(remote.load, batch)


def _batches(lines: Iterator[ReadLine]) -> Iterator[list[ReadLine]]:
    while batch := list(islice(lines, BATCH)):
        yield batch


def _lines(stream: BinaryIO, *, csv: bool, feed: str | None) -> Iterator[ReadLine]:
    for number, content in read_csv(stream, FLAT_COLUMNS) if csv else read_ndjson(stream):
        yield ReadLine(number, _content(content, feed))


def _content(content: Any, feed: str | None) -> Any:
    if isinstance(content, ServiceError):
        return content
    try:
        return read_line(content, feed=feed)
    except ServiceError as exc:
        return exc


def _rejection(result: LineResult, error: ServiceError) -> str:
    places = [f"{place['pointer'] or 'the line'}: {place['detail']}" for place in error.errors] or [error.detail]
    return f"line {result.number} rejected ({error.name}): {' '.join(places)}"


def _told(result: LineResult) -> dict[str, Any]:
    """A line of the results."""
    told: dict[str, Any] = {"line": result.number, "status": result.status}
    if result.id is not None:
        told["id"] = str(result.id)
    if result.error is not None:
        told["problem"] = result.error.document()
    return told
