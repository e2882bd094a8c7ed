"""Export the records that scores are computed from."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli.shared import Connections, with_connections
from service.values.instants import utc_now


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@with_connections(writes=False)
def export(connections: Connections, *, folder: Path) -> None:
    """Write everything that scores are computed from into DIR, which must be empty or not exist yet.

    The files are NDJSON, all as of one moment. `borneout import` accepts the outlets, claims, reports and resolutions.
    The contexts, disputes and replies are only for reading.
    """
    from service.transfer.export.folder import write_export

    try:
        counts = write_export(connections.db, folder, now=utc_now())
    except OSError as exc:
        raise click.ClickException(f"{folder} cannot be written: {exc.strerror}") from exc
    click.echo(f"{folder}: " + ", ".join(f"{count} {member}" for member, count in counts.items()))
