"""Keep a copy of the database, and put one in its place."""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.shared import with_settings

if TYPE_CHECKING:
    from service.config import Settings


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_settings
def backup(settings: Settings, *, file: Path) -> None:
    """Copy the SQLite database into FILE, which must not be there yet, and check the copy.

    The service may run meanwhile. PostgreSQL has pg_dump for this.
    """
    from service.operations import backup as backups
    from service.operations.schema_check import is_sqlite, require_data

    if is_sqlite(settings):
        require_data(settings)
    size = backups.backup(settings.database_url, file)
    click.echo(f"{file} holds the database as it was just now: {size} bytes.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_settings
def restore(settings: Settings, *, file: Path) -> None:
    """Put the backup in FILE in the place of the SQLite database, which is kept beside it.

    The service must not run meanwhile. PostgreSQL has pg_restore for this.
    """
    from service.cache.score_cache import ScoreCache
    from service.operations import backup as backups
    from service.telemetry.logs import set_up_logs

    set_up_logs(logging.ERROR)  # Redis is mostly not there, which is as it should be
    now = dt.datetime.now(dt.UTC)
    with closing(ScoreCache(settings.redis_url)) as cache:
        aside = backups.restore(settings.database_url, settings.data_dir, file, cache, now=now)
    click.echo(f"The database is what {file} holds.")
    if aside is not None:
        click.echo(f"What was there before is in {aside}.")
