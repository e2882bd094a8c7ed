"""Export the whole database, and restore an export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.shared import Connections, open_connections, with_settings
from service.values.instants import utc_now

if TYPE_CHECKING:
    from service.config import Settings


@click.command()
@click.argument("target", metavar="DIR|FILE.zip", type=click.Path(path_type=Path))
@with_settings
def export(settings: Settings, *, target: Path) -> None:
    """Write the whole database into DIR, which must be empty or not exist yet, or into a new FILE.zip.

    The files are NDJSON as of one moment, with a data package description. `borneout import` loads the outlets,
    claims, reports and resolutions. `borneout import --restore` creates the same database, without the secrets of keys.
    """
    from service.transfer.export.folder import write_export

    with open_connections(settings, writes=False) as connections:
        try:
            counts = write_export(connections.db, target, licence=settings.data_licence, now=utc_now())
        except OSError as exc:
            raise click.ClickException(f"{target} cannot be written: {exc.strerror}") from exc
    click.echo(f"{target}: " + ", ".join(f"{count} {member}" for member, count in counts.items()))


def restore_export(connections: Connections, source: Path) -> None:
    """Restore an export into an empty database, and print the number of rows in each table."""
    from contextlib import closing

    from service.transfer import restore
    from service.transfer.package import Package

    with closing(Package(source)) as package:
        counts = restore.restore_export(connections.db, package)
    click.echo(f"{sum(counts.values())} rows restored: " + ", ".join(f"{n} {table}" for table, n in counts.items()))
    if "api_key" in counts:
        click.echo("The restored keys have no secrets. Give one to a key with `borneout keys rotate ID`.")
