"""Import a file, or the example, into the local database."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from service.cli.import_output import ImportOutput
from service.cli.input_file import CountedStream, open_file, with_preview
from service.cli.shared import Connections, open_connections
from service.config import Settings
from service.errors import ServiceError
from service.operations.schema_check import is_unused
from service.schemas.lines import read_lines
from service.telemetry.logs import set_up_logs
from service.transfer.files.open import open_lines
from service.transfer.files.options import FileOptions
from service.transfer.lines import LineResult, LineStatus, ReadLine
from service.transfer.load import BATCH, load_lines
from service.transfer.trial import Trial
from service.values.instants import utc_now
from service.values.vocabulary import OPERATOR

EXAMPLE = Path(__file__).with_name("alonso.ndjson")
"""The path of the example file, which is part of the package."""

Load: TypeAlias = Callable[[Iterator[list[ReadLine]]], Iterator[LineResult]]
"""The type of functions that load batches of lines and yield the result of each line."""


def import_locally(
    settings: Settings, file: Path, options: FileOptions, output: ImportOutput, *, dry_run: bool
) -> None:
    """Load a file into the local database, with a progress bar.

    Args:
        settings: The settings.
        file: The file; `-` is the standard input.
        options: The options for reading it.
        output: The output for the results.
        dry_run: Whether to record nothing, and to print the format of the file and its first lines.
    """
    with (
        _open_loader(settings, dry_run=dry_run) as load,
        open_file(file) as (stream, size),
        output.progress() as progress,
    ):
        counted = CountedStream(stream)
        opened = open_lines(counted, options)
        task = progress.add_task(file.name, total=size, lines=0)
        lines = read_lines(with_preview(opened) if dry_run else opened, feed=options.feed)
        for result in load(_batches(lines)):
            output.show(result)
            progress.update(task, completed=counted.count, lines=output.counts.total())
    output.end()


def load_example(connections: Connections) -> Counter[LineStatus]:
    """Load the example without output, and return the number of lines by status."""
    with EXAMPLE.open("rb") as stream:
        lines = read_lines(open_lines(stream, FileOptions()), feed=None)
        return Counter(result.status for result in _load(connections, _batches(lines)))


@contextmanager
def _open_loader(settings: Settings, *, dry_run: bool) -> Iterator[Load]:
    """Yield the function that loads lines into the local database or, in a dry run, only tries to.

    A dry run creates nothing: if there is no database yet, it uses a temporary one.
    """
    set_up_logs(logging.ERROR)
    with ExitStack() as stack:
        if dry_run and is_unused(settings):
            folder = Path(stack.enter_context(TemporaryDirectory()))
            settings = replace(settings, data_dir=folder, database_url=f"sqlite:///{folder}/trial.db", migrate=True)
        connections = stack.enter_context(open_connections(settings, writes=True))
        yield partial(_try if dry_run else _load, connections)


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


def _batches(lines: Iterator[ReadLine]) -> Iterator[list[ReadLine]]:
    """Yield lines in batches; if the file becomes unreadable, yield the lines read so far, then raise."""
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
