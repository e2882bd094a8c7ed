"""The command `import`, which loads a file into the local database or a remote service."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, TypedDict, Unpack

import click

from service.cli.export import restore_export
from service.cli.shared import open_connections, with_settings

if TYPE_CHECKING:
    from service.config import Settings
    from service.transfer.files.options import FileOptions


class _Form(TypedDict):
    """The options for reading the file."""

    feed: str | None
    encoding: str | None
    locale: str | None
    names: tuple[str, ...]


class _Target(TypedDict):
    """The options for the destination of the import and its results."""

    dry_run: bool
    results: IO[str] | None
    server: str | None
    key: str | None


@click.command("import")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--example", is_flag=True, help="Load the example that comes with Borneout instead of FILE.")
@click.option("--feed", metavar="NAME", help="A prefix for each claim_id, so that two files can use the same ids.")
@click.option("--encoding", metavar="NAME", help="The encoding of the text, such as cp1252.  [default: detected]")
@click.option("--locale", metavar="NAME", help="The country of the numbers, dates and words, such as de or en-US.")
@click.option(
    "--map", "names", multiple=True, metavar="COLUMN=NAME", help="The name of a column in the file. Repeatable."
)
@click.option("--dry-run", is_flag=True, help="Show how the file is read, and the results, without loading anything.")
@click.option(
    "--restore",
    type=click.Path(exists=True, path_type=Path),
    metavar="DIR|FILE.zip",
    help="Restore an export of `borneout export` into an empty database instead of loading FILE.",
)
@click.option(
    "--results", type=click.File("w", lazy=False), help="Write the result of each line to this file, as NDJSON."
)
@click.option("--server", metavar="URL", help="Load into the service at this URL, instead of the local database.")
@click.option("--key", envvar="BORNEOUT_KEY", help="The API key for --server.  [default: BORNEOUT_KEY]")
@with_settings
def import_file(
    settings: Settings,
    *,
    file: Path | None,
    example: bool,
    restore: Path | None,
    dry_run: bool,
    results: IO[str] | None,
    server: str | None,
    key: str | None,
    **form: Unpack[_Form],
) -> None:
    """Load FILE, or the standard input if FILE is -.

    The file is CSV, TSV, NDJSON, JSON or a workbook (.xlsx), and may be compressed with gzip or zstd. A line is a
    report with its claim and outcome, or an object with a type. A line that cannot be loaded is reported with its
    number, and the import continues. Existing records are not changed, so you can run an interrupted import again.

    With --restore, the database gets the rows of an export with their ids, times, earlier versions and ledger.
    """
    if restore is not None:
        if any((file, example, dry_run, results, server, *form.values())):
            raise click.UsageError("--restore takes no FILE and none of the other options of an import.")
        with open_connections(settings, writes=True) as connections:
            restore_export(connections, restore)
        return
    if (file is None) != example:
        raise click.UsageError("Give either FILE, --example or --restore.")
    _import(settings, file, _file_options(settings, **form), dry_run=dry_run, results=results, server=server, key=key)


def _import(settings: Settings, file: Path | None, options: FileOptions, **target: Unpack[_Target]) -> None:
    """Load a file, or the example if it is None, and print the number of lines by status."""
    from service.cli.import_output import ImportOutput
    from service.cli.local_import import EXAMPLE, import_locally
    from service.transfer.lines import LineStatus

    output, dry_run = ImportOutput(target["results"]), target["dry_run"]
    if (server := target["server"]) is None:
        import_locally(settings, file or EXAMPLE, options, output, dry_run=dry_run)
    else:
        from service.cli.input_file import show_preview
        from service.cli.server_client import Server
        from service.cli.server_import import import_on_server

        if (key := target["key"]) is None:
            raise click.UsageError("--server needs --key.")
        if dry_run:
            show_preview(file or EXAMPLE, options)
        import_on_server(Server(server, key), file or EXAMPLE, options, output, dry_run=dry_run)
    counts = output.counts
    click.echo(f"{counts.total()} lines: " + ", ".join(f"{count} {status}" for status, count in counts.items()))
    if counts[LineStatus.REJECTED]:
        raise click.exceptions.Exit(1)


def _file_options(settings: Settings, **form: Unpack[_Form]) -> FileOptions:
    """Return the options for reading the file; an invalid one raises a usage error that names it."""
    from service.errors import InvalidQuery
    from service.transfer.files.options import FileOptions, parse_name

    try:
        return FileOptions.parse(
            encoding=form["encoding"],
            locale=form["locale"],
            names=[parse_name(name, "=") for name in form["names"]],
            feed=form["feed"],
            limit=settings.max_import,
        )
    except InvalidQuery as exc:
        wrong = (f"--{place['pointer'][1:]}: {place['detail']}" for place in exc.errors)
        raise click.UsageError("; ".join(wrong)) from exc
