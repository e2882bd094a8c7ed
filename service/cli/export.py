"""Write down what is on record."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from service.cli.shared import Place, with_place


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@with_place(writes=False)
def export(place: Place, *, folder: Path) -> None:
    """Write everything that scores rest on into DIR, which must not be there yet, or be empty.

    Its files are NDJSON, as of one moment. `borneout import` takes the outlets, claims, reports and resolutions. The
    contexts, disputes and replies are there to be read.
    """
    from service.transfer.export import write_export

    try:
        counts = write_export(place.db, folder, now=dt.datetime.now(dt.UTC))
    except OSError as exc:
        raise click.ClickException(f"{folder} cannot be written: {exc.strerror}") from exc
    click.echo(f"{folder}: " + ", ".join(f"{count} {member}" for member, count in counts.items()))
