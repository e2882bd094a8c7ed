"""The command `import`. Its options are here; `load.py` has the loading, with imports that `--help` does not need."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from service.cli.shared import NameParameter, with_settings

if TYPE_CHECKING:
    from service.config import Settings


@click.command("import")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--example", is_flag=True, help="Load the example that comes with Borneout, instead of FILE.")
@click.option("--feed", type=NameParameter(100), help="A prefix for each claim_id, so that two files may use the same.")
@click.option("--dry-run", is_flag=True, help="Report the results without loading anything. Blocks other writers.")
@click.option("--results", type=click.File("w"), help="Write the result of each line to this file, as NDJSON.")
@click.option("--server", metavar="URL", help="Load into the service at this URL, with --key, instead of local data.")
@click.option("--key", envvar="BORNEOUT_KEY", help="The API key for --server.  [default: BORNEOUT_KEY]")
@with_settings
def import_file(
    settings: Settings,
    *,
    file: Path | None,
    example: bool,
    feed: str | None,
    dry_run: bool,
    results: IO[str] | None,
    server: str | None,
    key: str | None,
) -> None:
    """Load FILE: NDJSON, or CSV if its name ends in .csv.

    A line is a report with its claim and outcome, or an object with a type. A line that cannot be loaded is
    reported with its number, and the import continues. Existing records are not changed, so an import that was
    interrupted can be run again.
    """
    if (file is None) != example:
        raise click.UsageError("Give either FILE or --example.")
    if server is not None and (key is None or dry_run):
        raise click.UsageError("--server needs --key, and does not support --dry-run.")

    from service.cli.load import EXAMPLE, open_loader, show_load
    from service.transfer.lines import LineStatus

    with open_loader(settings, dry_run=dry_run, server=server, key=key) as load:
        counts = show_load(load, file or EXAMPLE, feed=feed, results=results)
    click.echo(f"{counts.total()} lines: " + ", ".join(f"{count} {status}" for status, count in counts.items()))
    if counts[LineStatus.REJECTED]:
        raise click.exceptions.Exit(1)
