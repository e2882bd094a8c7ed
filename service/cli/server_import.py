"""Import a file into a remote service: send it, wait for the job, and show the results of its lines."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.progress import Progress

from service.cli.import_output import ImportOutput
from service.cli.input_file import CountedStream, open_file
from service.cli.server_client import Job, NoResponse, Server, as_error, is_passing
from service.errors import ServiceError
from service.transfer.files.options import FileOptions
from service.values.ids import new_id
from service.values.vocabulary import ImportStatus

_ATTEMPTS = 20
"""The maximum number of attempts to send a file, while the service is busy or does not respond."""


def import_on_server(server: Server, file: Path, options: FileOptions, output: ImportOutput, *, dry_run: bool) -> None:
    """Import a file into a remote service, with a progress bar.

    Args:
        server: The service.
        file: The file; `-` is the standard input.
        options: The options for reading the file.
        output: The output for the results.
        dry_run: Whether to record nothing.

    Raises:
        ServiceError: The service rejected the file, or could not read all of it.
    """
    with output.progress() as progress:
        job = _send(server, file, options, dry_run=dry_run, progress=progress)
        try:
            task = progress.add_task("importing", total=1.0, lines=0)
            for job in server.follow(job):  # noqa: B020 - the state of the same job
                progress.update(task, completed=job["progress"]["share"], lines=job["progress"]["read"])
        except KeyboardInterrupt:
            server.cancel(job)
            raise
    for result in server.results(job):
        output.show(result)
    output.end()
    if job["problem"] is not None:
        raise as_error(job["problem"])
    if job["status"] == ImportStatus.CANCELLED:
        raise click.ClickException("The import was cancelled. The lines loaded before that are recorded.")


def _send(server: Server, file: Path, options: FileOptions, *, dry_run: bool, progress: Progress) -> Job:
    """Send a file and return its job; retry while the service is busy or if its response was lost."""
    call, attempts = new_id(), 1 if str(file) == "-" else _ATTEMPTS
    task = progress.add_task(f"sending {file.name}", total=None, lines=0)
    while True:
        with open_file(file) as (stream, size):
            counted = CountedStream(stream, lambda count: progress.update(task, total=size, completed=count))
            try:
                return server.start(counted, options, size=size, dry_run=dry_run, call=call)
            except (NoResponse, ServiceError) as exc:
                attempts -= 1
                if not attempts or not is_passing(exc):
                    raise
                time.sleep(getattr(exc, "retry_after", None) or 1)
