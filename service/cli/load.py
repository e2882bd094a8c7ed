"""Load the lines of a file into the database, or into a remote service, and report the result of each."""

from __future__ import annotations

import json
import logging
import os
import stat
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TypeAlias

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from service.cli.rejections import Rejections
from service.cli.server_import import Job, NoResponse, Server, as_error, is_passing
from service.cli.shared import Connections, open_connections
from service.config import Settings
from service.errors import ServiceError
from service.operations.schema_check import is_unused
from service.schemas.lines import read_lines
from service.telemetry.logs import set_up_logs
from service.transfer.files.open import NumberedValue, OpenFile, open_lines
from service.transfer.files.options import FileOptions
from service.transfer.files.unpack import Readable
from service.transfer.lines import LineResult, LineStatus, ReadLine
from service.transfer.load import BATCH, load_lines
from service.transfer.results import as_ndjson
from service.transfer.trial import Trial
from service.values.ids import new_id
from service.values.instants import utc_now
from service.values.vocabulary import OPERATOR, ImportStatus

EXAMPLE = Path(__file__).with_name("alonso.ndjson")
"""The example, which is part of the package."""

_ATTEMPTS = 20
"""The number of attempts to send a file to a service that is busy."""
PREVIEW = 5
"""The number of lines that a dry run prints."""
_COLUMNS = (
    TextColumn("{task.description}", markup=False),
    BarColumn(),
    TaskProgressColumn(),
    TextColumn("{task.fields[lines]:,} lines"),
    TimeRemainingColumn(),
)

Load: TypeAlias = Callable[[Iterator[list[ReadLine]]], Iterator[LineResult]]
"""Loads batches of lines and yields the result of each line."""


@contextmanager
def open_loader(settings: Settings, *, dry_run: bool) -> Iterator[Load]:
    """Yield the function that loads lines into the database of the settings.

    A dry run creates nothing: if there is no database yet, it uses a temporary one.
    """
    set_up_logs(logging.ERROR)
    with ExitStack() as stack:
        if dry_run and is_unused(settings):
            folder = Path(stack.enter_context(TemporaryDirectory()))
            settings = replace(settings, data_dir=folder, database_url=f"sqlite:///{folder}/trial.db", migrate=True)
        connections = stack.enter_context(open_connections(settings, writes=True))
        yield partial(_try if dry_run else _load, connections)


def show_load(
    load: Load, file: Path, options: FileOptions, *, results: IO[str] | None, preview: bool = False
) -> Counter[LineStatus]:
    """Load a file with a progress bar, and return the number of lines by status.

    Args:
        load: The function that loads the lines.
        file: The file; `-` is the standard input.
        options: The options with which it is read.
        results: A file for the result of each line.
        preview: Whether to print the form of the file and its first lines.
    """
    counts = Counter(dict.fromkeys(LineStatus, 0))
    rejections = Rejections(Console(stderr=True))
    with _open(file) as (stream, size), Progress(*_COLUMNS, console=rejections.console) as progress:
        counted = CountedStream(stream)
        opened = open_lines(counted, options)
        task = progress.add_task(file.name, total=size, lines=0)
        lines = read_lines(_preview(opened) if preview else opened, feed=options.feed)
        for result in load(_batches(lines)):
            counts[result.status] += 1
            rejections.show(result)
            if results is not None:
                results.write(as_ndjson([result]))
            progress.update(task, completed=counted.count, lines=counts.total())
    rejections.summarize()
    return counts


def show_server_import(
    server: Server, file: Path, options: FileOptions, *, results: IO[str] | None, dry_run: bool = False
) -> Counter[LineStatus]:
    """Import a file into a remote service with a progress bar, and return the number of lines by status.

    Args:
        server: The service.
        file: The file; `-` is the standard input.
        options: The options with which the service reads it.
        results: A file for the result of each line.
        dry_run: Whether nothing is to be recorded.

    Raises:
        ServiceError: The service rejected the file, or could not read it to its end.
    """
    counts = Counter(dict.fromkeys(LineStatus, 0))
    rejections = Rejections(Console(stderr=True))
    with Progress(*_COLUMNS, console=rejections.console) as progress:
        job = _send(server, file, options, dry_run=dry_run, progress=progress)
        try:
            task = progress.add_task("importing", total=1.0, lines=0)
            for job in server.follow(job):  # noqa: B020 - the state of the same job
                progress.update(task, completed=job["progress"]["share"], lines=job["progress"]["read"])
        except KeyboardInterrupt:
            server.cancel(job)
            raise
    for result in server.results(job):
        counts[result.status] += 1
        rejections.show(result)
        if results is not None:
            results.write(as_ndjson([result]))
    rejections.summarize()
    if job["problem"] is not None:
        raise as_error(job["problem"])
    if job["status"] == ImportStatus.CANCELLED:
        raise click.ClickException("The import was cancelled. The lines before that are recorded.")
    return counts


def show_preview(file: Path, options: FileOptions) -> None:
    """Print the form of a file and its first lines as they were parsed. The standard input can be read only once."""
    if str(file) != "-":
        with _open(file) as (stream, _):
            for _ in islice(_preview(open_lines(stream, options)), PREVIEW):
                pass


def load_example(connections: Connections) -> Counter[LineStatus]:
    """Load the example without output, and return the number of lines by status."""
    with EXAMPLE.open("rb") as stream:
        lines = read_lines(open_lines(stream, FileOptions()), feed=None)
        return Counter(result.status for result in _load(connections, _batches(lines)))


class CountedStream:
    """A stream that counts the bytes read from it, as a pipe has no position."""

    def __init__(self, stream: Readable, seen: Callable[[int], object] = lambda _: None) -> None:
        self._stream = stream
        self._seen = seen
        """Called with the new count."""
        self.count = 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.count += len(data)
        self._seen(self.count)
        return data


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
    with closing(Trial(connections.db)) as trial:
        for batch in batches:
            yield from trial.load(batch, caller=OPERATOR, now=utc_now())


def _send(server: Server, file: Path, options: FileOptions, *, dry_run: bool, progress: Progress) -> Job:
    """Send a file, again while the service is busy or the response was lost."""
    call, attempts = new_id(), 1 if str(file) == "-" else _ATTEMPTS
    task = progress.add_task(f"sending {file.name}", total=None, lines=0)
    while True:
        with _open(file) as (stream, size):
            counted = CountedStream(stream, lambda count: progress.update(task, total=size, completed=count))
            try:
                return server.start(counted, options, size=size, dry_run=dry_run, call=call)
            except (NoResponse, ServiceError) as exc:
                attempts -= 1
                if not attempts or not is_passing(exc):
                    raise
                time.sleep(getattr(exc, "retry_after", None) or 1)


def _batches(lines: Iterator[ReadLine]) -> Iterator[list[ReadLine]]:
    """Yield lines in batches, also the last ones before an error because of which the file cannot be read further."""
    batch: list[ReadLine] = []
    try:
        for line in lines:
            batch.append(line)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except ServiceError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


@contextmanager
def _open(file: Path) -> Iterator[tuple[Readable, int | None]]:
    """Yield the stream of a file with its size, which a pipe does not have."""
    if str(file) == "-":
        yield sys.stdin.buffer, None
        return
    with file.open("rb") as stream:
        status = os.fstat(stream.fileno())
        yield stream, status.st_size if stat.S_ISREG(status.st_mode) else None


def _preview(opened: OpenFile) -> Iterator[NumberedValue]:
    """Print the form of a file and its first lines as they were parsed, and yield all of them."""
    click.echo(f"Read as {opened.form}.")
    for place, (number, value) in enumerate(opened):
        if place < PREVIEW and not isinstance(value, ServiceError):
            click.echo(f"line {number}: {json.dumps(value, ensure_ascii=False)}")
        yield number, value
