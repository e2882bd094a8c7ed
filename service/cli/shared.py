"""Parameter types and decorators that the commands share."""

from __future__ import annotations

import datetime as dt
import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from service.operations.data_dir import shared_mode
from service.values.instants import parse_instant

if TYPE_CHECKING:
    from service.cache.score_cache import ScoreCache
    from service.config import Settings
    from service.storage.db import Database

CommandFunction: TypeAlias = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Connections:
    """The database and the cache that a command uses."""

    db: Database
    cache: ScoreCache


class NameParameter(click.ParamType[str]):
    """A parameter type for a name of printable characters that is not blank."""

    name = "text"

    def __init__(self, max_length: int) -> None:
        self._max_length = max_length

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.strip() or len(value) > self._max_length or not value.isprintable():
            self.fail(f"must have 1 to {self._max_length} printable characters", param, ctx)
        return value


class InstantParameter(click.ParamType[dt.datetime]):
    """A parameter type for an instant with a time zone."""

    name = "instant"

    def convert(
        self, value: str | dt.datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.datetime:
        try:
            return value if isinstance(value, dt.datetime) else parse_instant(value)
        except ValueError as exc:
            self.fail(str(exc), param, ctx)


def with_settings(command: CommandFunction) -> CommandFunction:
    """Add the option `--data-dir` to a command, and pass the settings to the command."""

    @click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="The data directory.  [default: var]",
    )
    @functools.wraps(command)
    def run(*, data_dir: Path | None, **options: object) -> object:
        from service.config import Settings
        from service.storage.actors import COMMAND_LINE, CURRENT_ACTOR
        from service.telemetry.logs import set_up_logs

        set_up_logs()
        CURRENT_ACTOR.set(COMMAND_LINE)
        settings = Settings.from_env(data_dir=data_dir)
        if mode := shared_mode(settings.data_dir):
            click.echo(
                f"Warning: other users can access {settings.data_dir} (mode {mode}). Make it private with chmod 700.",
                err=True,
            )
        return command(settings, **options)

    return run


def with_connections(*, writes: bool) -> Callable[[CommandFunction], CommandFunction]:
    """Add the option `--data-dir` to a command, and pass open connections to the command.

    Args:
        writes: Whether the command writes to the database; see `open_connections`.
    """

    def decorate(command: CommandFunction) -> CommandFunction:
        @functools.wraps(command)
        def run(settings: Settings, **options: object) -> object:
            with open_connections(settings, writes=writes) as connections:
                return command(connections, **options)

        return with_settings(run)

    return decorate


@contextmanager
def open_connections(settings: Settings, *, writes: bool) -> Iterator[Connections]:
    """Check the schema, and yield connections to the database and the cache; log only errors.

    Args:
        settings: The settings.
        writes: Whether the command writes, and so may create a SQLite database that does not exist yet.

    Raises:
        UnusableDatabase: The database does not have the schema of this version.
    """
    from service.operations.schema_check import create_schema, is_sqlite, require_data, require_schema
    from service.telemetry.logs import set_up_logs

    set_up_logs(logging.ERROR)
    if not writes:
        require_data(settings)
    elif settings.migrate and is_sqlite(settings):
        create_schema(settings)
    else:
        require_schema(settings)
    with connect(settings) as connections:
        yield connections


@contextmanager
def connect(settings: Settings) -> Iterator[Connections]:
    """Yield connections to the database and the cache, without checking the schema."""
    from service.cache.score_cache import ScoreCache
    from service.storage.db import Database
    from service.storage.identity import database_id

    with (
        closing(Database(settings.database_url)) as db,
        closing(ScoreCache(settings.redis_url, functools.partial(database_id, db), lease=settings.lease)) as cache,
    ):
        yield Connections(db, cache)
