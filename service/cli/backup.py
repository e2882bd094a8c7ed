"""Back up and restore the SQLite database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.shared import with_settings
from service.values.instants import utc_now

if TYPE_CHECKING:
    from service.config import Settings


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_settings
def backup(settings: Settings, *, file: Path) -> None:
    """Copy the SQLite database into FILE, which must not exist yet, and check the copy.

    The service may be running. For PostgreSQL, use pg_dump.
    """
    from service.operations import backup as backups
    from service.operations.schema_check import is_sqlite, require_data

    if is_sqlite(settings):
        require_data(settings)
    size = backups.backup(settings.database_url, file)
    click.echo(f"{file} contains the database as of now: {size} bytes.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_settings
def restore(settings: Settings, *, file: Path) -> None:
    """Replace the SQLite database with the backup in FILE. The replaced database is kept beside it.

    Stop the service first. For PostgreSQL, use pg_restore.
    """
    from service.operations import backup as backups

    replaced = backups.restore(settings.database_url, settings.data_dir, file, now=utc_now())
    click.echo(f"The database was restored from {file}.")
    if replaced is not None:
        click.echo(f"The database that it replaced is {replaced}.")
