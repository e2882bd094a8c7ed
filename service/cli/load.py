"""Load files."""

from __future__ import annotations

import datetime as dt
import json
import logging
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
from service.cli.shared import Name, Place, open_place, with_settings
from service.config import Settings
from service.errors import ServiceError
from service.imports import BATCH, LineResult, LineStatus, load_lines, try_lines
from service.lines import ReadLine, read_csv, read_ndjson
from service.logs import set_up_logs
from service.schema_check import is_unused
from service.schemas.lines import FLAT_COLUMNS, read_line
from service.vocabulary import OPERATOR

Load: TypeAlias = Callable[[Iterator[list[ReadLine]]], Iterator[LineResult]]
"""Loads batches of lines, and yields what became of each line."""


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--feed", type=Name(100), help="Put before each claim_id, so that two files may use the same.")
@click.option("--dry-run", is_flag=True, help="Load nothing; say what would become of each line. Other writers wait.")
@click.option("--results", type=click.File("w"), help="Write what became of each line to this file, as NDJSON.")
@click.option("--server", metavar="URL", help="Load into the service there, with --key, and not into the data here.")
@click.option("--key", envvar="BORNEOUT_KEY", help="The API key for --server.  [default: BORNEOUT_KEY]")
@with_settings
def import_file(
    settings: Settings,
    *,
    file: Path,
    feed: str | None,
    dry_run: bool,
    results: IO[str] | None,
    server: str | None,
    key: str | None,
) -> None:
    """Load FILE: NDJSON, or CSV if its name ends in .csv.

    A line is a report with its claim and outcome, or an object with a type. One that cannot be loaded is
    reported with its number and the rest goes on; what is on record already is left as it is. An import
    that was cut off is finished by running it again.
    """
    if server is not None and (key is None or dry_run):
        raise click.UsageError("--server needs --key, and goes without --dry-run")
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


def _loaded(place: Place, batches: Iterator[list[ReadLine]]) -> Iterator[LineResult]:
    for batch in batches:
        yield from load_lines(place.db, place.cache, batch, caller=OPERATOR, now=dt.datetime.now(dt.UTC))


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
