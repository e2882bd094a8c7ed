"""Run the service or its worker, and create the schema."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.shared import CommandFunction, Connections, connect, with_settings
from service.environment import PORT, absolute_path, find_data_dir, find_port
from service.operations.data_dir import METRICS, check_data_dir, make_data_dir

if TYPE_CHECKING:
    from service.config import Settings


def _with_metrics_dir(command: CommandFunction) -> CommandFunction:
    """Make a command set the shared metrics folder first, because prometheus_client reads it on import."""

    @functools.wraps(command)
    def run(*, data_dir: Path | None, **options: object) -> object:
        found = absolute_path(data_dir) if data_dir else find_data_dir(os.environ)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(found / METRICS)
        return command(data_dir=data_dir, **options)

    return run


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on.  [default: PORT, or 8000]")
@click.option(
    "--workers",
    default=2,
    show_default=True,
    type=click.IntRange(1, 64),
    help="The number of processes that answer requests.",
)
@click.option("--example", is_flag=True, help="Load the example. Existing records are not changed.")
@_with_metrics_dir
@with_settings
def serve(settings: Settings, *, host: str, port: int | None, workers: int, example: bool) -> None:
    """Create the schema if the database is empty, and serve until stopped."""
    try:
        number = port or find_port(os.environ)
    except ValueError as exc:
        raise click.ClickException(f"{exc}.") from None

    import service.app  # noqa: F401 - imported once, so that the forked processes share it
    from service.operations.serve import serve as run_service

    def announce(url: str, first_key: str | None) -> None:
        with connect(settings) as connections:
            if example:
                _load_example(connections)
            if reason := connections.cache.link.state().reason:
                click.echo(f"Warning: {reason}", err=True)
        address = url + settings.base_path
        if port is None and os.environ.get(PORT):
            address += f" ({PORT})"
        click.echo(f"Borneout: {address} | key: {_key_hint(settings, first_key)} | {_data_hint(settings)}")

    run_service(settings, host=host, port=number, workers=workers, announce=announce)


def _key_hint(settings: Settings, first_key: str | None) -> str:
    if first_key is not None:
        return f"{first_key} (shown only this once)"
    if settings.bootstrap_key is not None:
        return "the one in BORNEOUT_BOOTSTRAP_KEY, if the database was empty when it was first used"
    return "shown at the first start; `borneout keys create NAME --scope admin` creates another"


def _data_hint(settings: Settings) -> str:
    """Return the location of the data for the start message, without user and password."""
    import sqlalchemy as sa

    if (file := settings.sqlite_file) is not None:
        data = str(settings.data_dir if file.parent == settings.data_dir else file)
    else:
        url = sa.make_url(settings.database_url)
        data = sa.URL.create("postgresql", host=url.host, port=url.port, database=url.database).render_as_string()
    names = sorted(settings.conventional)
    return f"data: {data}" + (f" (set by {' and '.join(names)})" if names else "")


def _load_example(connections: Connections) -> None:
    from service.cli.local_import import load_example
    from service.transfer.lines import LineStatus

    counts = load_example(connections)
    if rejected := counts[LineStatus.REJECTED]:
        click.echo(
            f"{rejected} of the {counts.total()} lines of the example differ from existing records,"
            " which were not changed.",
            err=True,
        )


@click.command()
@with_settings
def migrate(settings: Settings) -> None:
    """Create the database's schema if the database is empty."""
    from service.operations.schema_check import create_schema

    create_schema(settings)
    click.echo("The schema is up to date.")


@click.command()
@with_settings
def worker(settings: Settings) -> None:
    """Run the background worker alone; `serve` already includes one."""
    from service.operations.schema_check import await_schema
    from service.operations.stop_signal import Stop
    from service.operations.worker import HEARTBEAT, run_worker
    from service.operations.worker_hosts import host_name

    stop = Stop.on_signals()
    check_data_dir(settings.data_dir)
    await_schema(settings, stop)
    make_data_dir(settings.data_dir)
    with connect(settings) as connections:
        heartbeat = settings.data_dir / HEARTBEAT
        run_worker(connections.db, connections.cache, stop, host=host_name(settings), heartbeat=heartbeat)
