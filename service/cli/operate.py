"""Run the service, and keep its schema up to date."""

from __future__ import annotations

import click

from service.cli.shared import with_settings
from service.config import Settings
from service.schema_check import create_schema
from service.serve import serve as run_service


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
def migrate(settings: Settings) -> None:
    """Create the database's schema, unless it is there."""
    create_schema(settings)
    click.echo("The schema is up to date.")
