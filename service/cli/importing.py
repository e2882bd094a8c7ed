"""The command `import`. Its options are here; `load.py` has the loading, with imports that `--help` does not need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from service.cli.export import restore_export
from service.cli.shared import open_connections, with_settings

if TYPE_CHECKING:
    from service.config import Settings
    from service.transfer.files.options import FileOptions


@click.command("import")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--example", is_flag=True, help="Load the example that comes with Borneout, instead of FILE.")
@click.option("--feed", metavar="NAME", help="A prefix for each claim_id, so that two files may use the same.")
@click.option("--encoding", metavar="NAME", help="The encoding of the text, such as cp1252.  [default: detected]")
@click.option("--locale", metavar="NAME", help="Read the numbers, dates and words of a country, such as de or en-US.")
@click.option(
    "--map", "names", multiple=True, metavar="COLUMN=NAME", help="The name of a column in the file. Repeatable."
)
@click.option("--dry-run", is_flag=True, help="Show how the file is read, and the results, without loading anything.")
@click.option(
    "--restore",
    type=click.Path(exists=True, path_type=Path),
    metavar="DIR|FILE.zip",
    help="Restore an export of `borneout export` into an empty database, instead of loading FILE.",
)
@click.option(
    "--results", type=click.File("w", lazy=False), help="Write the result of each line to this file, as NDJSON."
)
@click.option("--server", metavar="URL", help="Load into the service at this URL, with --key, instead of local data.")
@click.option("--key", envvar="BORNEOUT_KEY", help="The API key for --server.  [default: BORNEOUT_KEY]")
@with_settings
def import_file(
    settings: Settings,
    *,
    file: Path | None,
    example: bool,
    feed: str | None,
    encoding: str | None,
    locale: str | None,
    names: Sequence[str],
    dry_run: bool,
    restore: Path | None,
    results: IO[str] | None,
    server: str | None,
    key: str | None,
) -> None:
    """Load FILE, or the standard input if FILE is -.

    The file is CSV, TSV, NDJSON, JSON or a workbook (.xlsx), and may be compressed with gzip or zstd. A line is a
    report with its claim and outcome, or an object with a type. A line that cannot be loaded is reported with its
    number, and the import continues. Existing records are not changed, so an import that was interrupted can be run
    again.

    With --restore, the database gets the rows of an export with their ids, times, earlier versions and ledger.
    """
    if restore is not None:
        if file or example or feed or encoding or locale or names or dry_run or results or server:
            raise click.UsageError("--restore takes no FILE and none of the other options of an import.")
        with open_connections(settings, writes=True) as connections:
            restore_export(connections, restore)
        return
    if (file is None) != example:
        raise click.UsageError("Give either FILE, --example or --restore.")
    if server is not None and key is None:
        raise click.UsageError("--server needs --key.")

    from service.cli.load import EXAMPLE, open_loader, show_load, show_preview, show_server_import
    from service.cli.server_import import Server
    from service.transfer.lines import LineStatus

    options = _file_options(settings, encoding=encoding, locale=locale, names=names, feed=feed)
    source = file or EXAMPLE
    if server is not None and key is not None:
        if dry_run:
            show_preview(source, options)
        counts = show_server_import(Server(server, key), source, options, results=results, dry_run=dry_run)
    else:
        with open_loader(settings, dry_run=dry_run) as load:
            counts = show_load(load, source, options, results=results, preview=dry_run)
    click.echo(f"{counts.total()} lines: " + ", ".join(f"{count} {status}" for status, count in counts.items()))
    if counts[LineStatus.REJECTED]:
        raise click.exceptions.Exit(1)


def _file_options(
    settings: Settings, *, encoding: str | None, locale: str | None, names: Sequence[str], feed: str | None
) -> FileOptions:
    """Return how the file is read; an option that is not valid is an error of usage that names it."""
    from service.errors import InvalidQuery
    from service.transfer.files.options import FileOptions, parse_name

    try:
        return FileOptions.parse(
            encoding=encoding,
            locale=locale,
            names=[parse_name(name, "=") for name in names],
            feed=feed,
            limit=settings.max_import,
        )
    except InvalidQuery as exc:
        wrong = (f"--{place['pointer'][1:]}: {place['detail']}" for place in exc.errors)
        raise click.UsageError("; ".join(wrong)) from exc
