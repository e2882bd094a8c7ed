"""Load files."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any, BinaryIO

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from service.cli.remote import Remote
from service.cli.shared import Name, Place, with_place
from service.errors import ServiceError
from service.imports import BATCH, LineResult, LineStatus, load_lines, try_lines
from service.lines import ReadLine, read_csv, read_ndjson
from service.schemas.lines import FLAT_COLUMNS, read_line
from service.vocabulary import OPERATOR


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--feed", type=Name(100), help="Put before each claim_id, so that two files may use the same.")
@click.option("--dry-run", is_flag=True, help="Load nothing; say what would become of each line. Other writers wait.")
@click.option("--results", type=click.File("w"), help="Write what became of each line to this file, as NDJSON.")
@click.option("--server", metavar="URL", help="Load into the service there, with --key, and not into the data here.")
@click.option("--key", envvar="BORNEOUT_KEY", help="The API key for --server.  [default: BORNEOUT_KEY]")
@with_place
def import_file(
    place: Place,
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
    load = partial(_sent, Remote(server, key)) if server and key else partial(_tried if dry_run else _loaded, place)
    counts = dict.fromkeys(LineStatus, 0)
    console = Console(stderr=True)
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with file.open("rb") as stream, Progress(*columns, console=console) as progress:
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
