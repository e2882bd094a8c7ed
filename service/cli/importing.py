"""The command that loads files."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from service.cli.shared import Name, with_settings

if TYPE_CHECKING:
    from service.config import Settings

EXAMPLE = Path(__file__).with_name("alonso.ndjson")
"""The example, which is part of the package."""


@click.command("import")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--example", is_flag=True, help="Load the example that comes with the program, instead of FILE.")
@click.option("--feed", type=Name(100), help="Put before each claim_id, so that two files may use the same.")
@click.option("--dry-run", is_flag=True, help="Load nothing; say what would become of each line. Other writers wait.")
@click.option("--results", type=click.File("w"), help="Write what became of each line to this file, as NDJSON.")
@click.option("--server", metavar="URL", help="Load into the service there, with --key, and not into the data here.")
@click.option("--key", envvar="BORNEOUT_KEY", help="The API key for --server.  [default: BORNEOUT_KEY]")
@with_settings
def import_file(
    settings: Settings,
    *,
    file: Path | None,
    example: bool,
    dry_run: bool,
    server: str | None,
    key: str | None,
    **options: IO[str] | str | None,
) -> None:
    """Load FILE: NDJSON, or CSV if its name ends in .csv.

    A line is a report with its claim and outcome, or an object with a type. One that cannot be loaded is
    reported with its number and the rest goes on; what is on record already is left as it is. An import
    that was cut off is finished by running it again.
    """
    if (file is None) != example:
        raise click.UsageError("Give either FILE or --example.")
    if server is not None and (key is None or dry_run):
        raise click.UsageError("--server needs --key, and goes without --dry-run")
    given: Any = options

    from service.cli.load import show_load

    show_load(settings, file=file or EXAMPLE, dry_run=dry_run, server=server, key=key, **given)
