"""Make, list and revoke API keys."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from service import keys as use_cases
from service.cli.shared import Name, Place, with_place
from service.identity import NAME_LENGTH
from service.instants import format_instant
from service.models import ApiKey
from service.vocabulary import Scope


@click.group()
def keys() -> None:
    """Make, list and revoke API keys."""


@keys.command()
@click.argument("name", type=Name(NAME_LENGTH))
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What the key may do; can be given more than once.",
)
@with_place
def create(place: Place, *, name: str, scopes: tuple[str, ...]) -> None:
    """Make a key and show it, this once."""
    now = dt.datetime.now(dt.UTC)
    click.echo(use_cases.create_key(place.db, name=name, scopes=map(Scope, scopes), now=now))


@keys.command("list")
@with_place
def list_(place: Place) -> None:
    """List the keys; the keys themselves are not kept. Into a file or a pipe, as lines with tabs."""
    head = ("id", "name", "scopes", "made", "revoked")
    rows = [_row(key) for key in use_cases.list_keys(place.db)]
    if not (console := Console()).is_terminal:
        for row in (head, *rows):
            click.echo("\t".join(row))
        return
    table = Table(*(Column(name, no_wrap=name == "id", overflow="fold") for name in head))
    for row in rows:
        table.add_row(*map(escape, row))
    console.print(table)


def _row(key: ApiKey) -> tuple[str, ...]:
    revoked = "" if key.revoked_at is None else format_instant(key.revoked_at)
    return str(key.id), key.name, " ".join(key.scopes), format_instant(key.recorded_at), revoked


@keys.command()
@click.argument("key_id", type=click.UUID)
@with_place
def revoke(place: Place, *, key_id: UUID) -> None:
    """End a key for good."""
    key = use_cases.revoke_key(place.db, key_id, now=dt.datetime.now(dt.UTC))
    click.echo(f"The key {key.name!r} is revoked.")
