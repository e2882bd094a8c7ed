"""Create, list, rotate, expire and revoke API keys."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

import click

from service.cli.shared import Connections, InstantParameter, NameParameter, with_connections
from service.values.ids import NAME_LENGTH
from service.values.instants import format_instant, utc_now
from service.values.vocabulary import Scope

if TYPE_CHECKING:
    from service.storage.models import ApiKey

_COLUMNS = ("id", "name", "scopes", "created", "last used", "ends")


@click.group()
def keys() -> None:
    """Create, list, rotate, expire and revoke API keys."""


@keys.command()
@click.argument("name", type=NameParameter(NAME_LENGTH))
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="A scope of the key. Repeatable.",
)
@click.option("--expires", type=InstantParameter(), help="When the key expires, such as 2027-01-01T00:00:00Z.")
@with_connections(writes=True)
def create(connections: Connections, *, name: str, scopes: tuple[str, ...], expires: dt.datetime | None) -> None:
    """Create a key and show its secret, which is shown only once."""
    from service.access import keys as use_cases

    now = utc_now()
    key = use_cases.create_key(connections.db, name=name, scopes=map(Scope, scopes), expires_at=expires, now=now)
    click.echo(key.secret)


@keys.command("list")
@with_connections(writes=False)
def list_(connections: Connections) -> None:
    """List the keys without their secrets. Outside a terminal, tabs separate the columns."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table

    from service.access import keys as use_cases

    rows = [_row(key) for key in use_cases.list_keys(connections.db)]
    if not (console := Console()).is_terminal:
        for row in (_COLUMNS, *rows):
            click.echo("\t".join(row))
        return
    table = Table(*(Column(name, no_wrap=name == "id", overflow="fold") for name in _COLUMNS), box=None)
    for key_id, name, scopes, *instants in rows:
        # Only the dates, so that the table fits a narrow terminal.
        table.add_row(key_id, escape(name), scopes, *(instant[:10] for instant in instants))
    console.print(table)


def _row(key: ApiKey) -> tuple[str, ...]:
    instants = (key.recorded_at, key.last_used_at, key.revoked_at or key.expires_at)
    cells = ("" if instant is None else format_instant(instant) for instant in instants)
    return str(key.id), key.name, " ".join(key.scopes), *cells


@keys.command()
@click.argument("key_id", type=click.UUID)
@click.option(
    "--overlap",
    default=24.0,
    show_default=True,
    type=click.FloatRange(0, 24 * 90),
    help="The number of hours that the previous secret stays valid.",
)
@with_connections(writes=True)
def rotate(connections: Connections, *, key_id: UUID, overlap: float) -> None:
    """Give a key a new secret, which is shown only once."""
    from service.access import keys as use_cases

    now = utc_now()
    click.echo(use_cases.rotate_key(connections.db, key_id, overlap=dt.timedelta(hours=overlap), now=now).secret)


@keys.command()
@click.argument("key_id", type=click.UUID)
@click.argument("moment", type=InstantParameter())
@with_connections(writes=True)
def expire(connections: Connections, *, key_id: UUID, moment: dt.datetime) -> None:
    """Set the expiry of a key to MOMENT, a future instant such as 2027-01-01T00:00:00Z."""
    from service.access import keys as use_cases

    now = utc_now()
    key = use_cases.change_key(connections.db, key_id, changes={"expires_at": moment}, if_match=None, now=now)
    click.echo(f"The key {key.name!r} expires at {format_instant(moment)}.")


@keys.command()
@click.argument("key_id", type=click.UUID)
@with_connections(writes=True)
def revoke(connections: Connections, *, key_id: UUID) -> None:
    """Revoke a key at once and permanently."""
    from service.access import keys as use_cases

    key = use_cases.revoke_key(connections.db, key_id, now=utc_now())
    click.echo(f"The key {key.name!r} is revoked.")
