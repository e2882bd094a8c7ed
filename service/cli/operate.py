"""Run the service, and keep its schema up to date."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli.importing import EXAMPLE
from service.cli.shared import Place, connect, with_settings
from service.environment import PORT, absolute_path, find_data_dir, find_port
from service.operations.data_dir import METRICS, check_data_dir, make_data_dir

if TYPE_CHECKING:
    from service.config import Settings


def _counting_in_files(command: Callable[..., Any]) -> Callable[..., Any]:
    """Have prometheus_client count for all processes together, which it decides when it is imported."""

    @functools.wraps(command)
    def run(*, data_dir: Path | None, **options: Any) -> Any:
        found = absolute_path(data_dir) if data_dir else find_data_dir(os.environ)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(found / METRICS)
        return command(data_dir=data_dir, **options)

    return run


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on.  [default: PORT, or 8000]")
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="How many processes answer requests."
)
@click.option("--example", is_flag=True, help="Load the example; what it has and is on record stays as it is.")
@_counting_in_files
@with_settings
def serve(settings: Settings, *, host: str, port: int | None, workers: int, example: bool) -> None:
    """Bring the database up to date and serve, until stopped."""
    try:
        number = port or find_port(os.environ)
    except ValueError as exc:
        raise click.ClickException(f"{exc}.") from None

    import service.app  # noqa: F401 - imported once, so that the forked processes share it
    from service.operations.serve import serve as run_service

    def announce(address: str, first_key: str | None) -> None:
        with connect(settings) as place:
            if example:
                _load_example(place)
            if not place.cache.is_reachable():
                click.echo("Warning: Redis does not answer; scores are computed without it until it does.", err=True)
        address += settings.base_path
        if port is None and os.environ.get(PORT):
            address += f" ({PORT})"
        click.echo(f"Borneout: {address} | key: {_which_key(settings, first_key)} | {_which_data(settings)}")

    run_service(settings, host=host, port=number, workers=workers, announce=announce)


def _which_key(settings: Settings, first_key: str | None) -> str:
    if first_key is not None:
        return f"{first_key} (shown only this once)"
    if settings.bootstrap_key is not None:
        return "the one in BORNEOUT_BOOTSTRAP_KEY, if the database was empty when it was first used"
    return "shown at the first start; `borneout keys create NAME --scope admin` makes another"


def _which_data(settings: Settings) -> str:
    """Say where the data is, without a user or password, and which conventional variables say so."""
    import sqlalchemy as sa

    if (file := settings.sqlite_file) is not None:
        data = str(settings.data_dir if file.parent == settings.data_dir else file)
    else:
        url = sa.make_url(settings.database_url)
        data = sa.URL.create("postgresql", host=url.host, port=url.port, database=url.database).render_as_string()
    names = sorted(settings.conventional)
    return f"data: {data}" + (f" (set by {' and '.join(names)})" if names else "")


def _load_example(place: Place) -> None:
    from service.cli.load import load_quietly
    from service.transfer.load import LineStatus

    counts = load_quietly(place, EXAMPLE)
    if differing := counts[LineStatus.REJECTED]:
        told = f"The example differs in {differing} of its {counts.total()} lines from what is on record, which stays."
        click.echo(told, err=True)


@click.command()
@with_settings
def migrate(settings: Settings) -> None:
    """Create the database's schema, unless it is there."""
    from service.operations.schema_check import create_schema

    create_schema(settings)
    click.echo("The schema is up to date.")


@click.command()
@with_settings
def worker(settings: Settings) -> None:
    """Do what requests leave behind; `serve` runs one already."""
    from service.operations.schema_check import await_schema
    from service.operations.stop_signal import Stop
    from service.operations.worker import BEAT, run_worker

    stop = Stop.on_signals()
    check_data_dir(settings.data_dir)
    await_schema(settings, stop)
    make_data_dir(settings.data_dir)
    with connect(settings) as place:
        run_worker(place.db, place.cache, stop, beat=settings.data_dir / BEAT)
