"""Run the worker: apart from `serve`, which starts quicker without what the worker learns with."""

from __future__ import annotations

import click

from service.cache import ScoreCache
from service.cli.shared import with_settings
from service.config import Settings
from service.db import Database
from service.schema_check import await_schema
from service.stopping import Stop
from service.worker import run_worker


@click.command()
@with_settings
def worker(settings: Settings) -> None:
    """Do what requests leave behind; `serve` runs one already."""
    stop = Stop.on_signals()
    await_schema(settings, stop)
    db = Database(settings.database_url)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    run_worker(db, ScoreCache(settings.redis_url), stop, beat=settings.data_dir / "worker.beat")
    db.close()
