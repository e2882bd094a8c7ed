"""Run the service, and keep its schema and its document up to date."""

from __future__ import annotations

import datetime as dt
import signal
import threading
from pathlib import Path

import click

from service.app import create_app
from service.cache import ScoreCache
from service.cli.shared import with_settings
from service.config import Settings
from service.db import Database
from service.document import render_api, render_problems
from service.migrations import migrate as apply_migrations
from service.rebuild import ensure_sums
from service.serve import ROOT
from service.serve import serve as run_service
from service.worker import run_worker


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="How many processes answer requests."
)
@with_settings
def serve(settings: Settings, *, host: str, port: int, workers: int) -> None:
    """Bring the database up to date and serve, until stopped."""
    run_service(settings, host=host, port=port, workers=workers, announce=_announce)


def _announce(address: str, first_key: str | None) -> None:
    click.echo(f"\nBorneout is at {address}, its API at {address}/docs. Stop it with Ctrl-C.")
    if first_key is not None:
        click.echo(f"Its first key, shown this once: {first_key}")
    click.echo()


@click.command()
@with_settings
def worker(settings: Settings) -> None:
    """Do what requests leave behind; `serve` runs one already."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    db = Database(settings.database_url)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    run_worker(db, ScoreCache(settings.redis_url), stop, beat=settings.data_dir / "worker.beat")
    db.close()


@click.command()
@with_settings
def migrate(settings: Settings) -> None:
    """Bring the database's schema up to date."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    db = Database(settings.database_url)
    apply_migrations(db.engine)
    ensure_sums(db, now=dt.datetime.now(dt.UTC))
    db.close()
    click.echo("The schema is up to date.")


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if what is there differs from the code.")
@with_settings
def openapi(settings: Settings, *, check: bool) -> None:
    """Write openapi/ from the code."""
    files = {
        ROOT / "openapi" / "openapi.json": render_api(create_app(settings)),
        ROOT / "openapi" / "problems.md": render_problems(),
    }
    if check:
        stale = [path.name for path, text in files.items() if _read(path) != text]
        if stale:
            raise click.ClickException(f"{', '.join(stale)} differs from the code; run `make openapi` and commit.")
        return
    for path, text in files.items():
        path.write_text(text)


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None
