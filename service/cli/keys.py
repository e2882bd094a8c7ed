"""Make, list, change and end API keys."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

import click

from service.cli.shared import Moment, Name, Place, with_place
from service.values.ids import NAME_LENGTH
from service.values.instants import format_instant
from service.values.vocabulary import Scope

if TYPE_CHECKING:
    from service.storage.models import ApiKey

_COLUMNS = ("id", "name", "scopes", "made", "used", "ends")


@click.group()
def keys() -> None:
    """Make, list, change and end API keys."""


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
@click.option("--expires", type=Moment(), help="When it ends by itself, such as 2027-01-01T00:00:00Z.")
@with_place(writes=True)
def create(place: Place, *, name: str, scopes: tuple[str, ...], expires: dt.datetime | None) -> None:
    """Make a key and show it, this once."""
    from service.access import keys as use_cases

    now = dt.datetime.now(dt.UTC)
    key = use_cases.create_key(place.db, name=name, scopes=map(Scope, scopes), expires_at=expires, now=now)
    click.echo(key.secret)


@keys.command("list")
@with_place(writes=False)
def list_(place: Place) -> None:
    """List the keys; the keys themselves are not kept. Into a file or a pipe, as lines with tabs."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table

    from service.access import keys as use_cases

    rows = [_row(key) for key in use_cases.list_keys(place.db)]
    if not (console := Console()).is_terminal:
        for row in (_COLUMNS, *rows):
            click.echo("\t".join(row))
        return
    table = Table(*(Column(name, no_wrap=name == "id", overflow="fold") for name in _COLUMNS), box=None)
    for key_id, name, scopes, *moments in rows:
        # The day will do, so that all of it fits into a narrow terminal.
        table.add_row(key_id, escape(name), scopes, *(moment[:10] for moment in moments))
    console.print(table)


def _row(key: ApiKey) -> tuple[str, ...]:
    moments = (key.recorded_at, key.last_used_at, key.revoked_at or key.expires_at)
    spelt = ("" if moment is None else format_instant(moment) for moment in moments)
    return str(key.id), key.name, " ".join(key.scopes), *spelt


@keys.command()
@click.argument("key_id", type=click.UUID)
@click.option(
    "--overlap",
    default=24.0,
    show_default=True,
    type=click.FloatRange(0, 24 * 90),
    help="For how many hours the secret that it has now goes on.",
)
@with_place(writes=True)
def rotate(place: Place, *, key_id: UUID, overlap: float) -> None:
    """Give a key another secret and show it, this once."""
    from service.access import keys as use_cases

    now = dt.datetime.now(dt.UTC)
    click.echo(use_cases.rotate_key(place.db, key_id, overlap=dt.timedelta(hours=overlap), now=now).secret)


@keys.command()
@click.argument("key_id", type=click.UUID)
@click.argument("moment", type=Moment())
@with_place(writes=True)
def expire(place: Place, *, key_id: UUID, moment: dt.datetime) -> None:
    """Let a key end at a moment to come, such as 2027-01-01T00:00:00Z."""
    from service.access import keys as use_cases

    now = dt.datetime.now(dt.UTC)
    key = use_cases.change_key(place.db, key_id, changes={"expires_at": moment}, if_match=None, now=now)
    click.echo(f"The key {key.name!r} expires at {format_instant(moment)}.")


@keys.command()
@click.argument("key_id", type=click.UUID)
@with_place(writes=True)
def revoke(place: Place, *, key_id: UUID) -> None:
    """End a key at once and for good."""
    from service.access import keys as use_cases

    key = use_cases.revoke_key(place.db, key_id, now=dt.datetime.now(dt.UTC))
    click.echo(f"The key {key.name!r} is revoked.")
