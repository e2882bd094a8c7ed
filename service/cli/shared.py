"""What the commands have in common: their data directory, and what a use case needs."""

from __future__ import annotations

import datetime as dt
import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.operations.data_dir import check_data_dir, open_to_others
from service.values.instants import parse_instant

if TYPE_CHECKING:
    from service.cache.score_cache import ScoreCache
    from service.config import Settings
    from service.storage.db import Database


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command works: its database and its cache."""

    db: Database
    cache: ScoreCache


@contextmanager
def connect(settings: Settings) -> Iterator[Place]:
    """Connect to the database and the cache that the settings name, and close them in the end."""
    from service.cache.score_cache import ScoreCache
    from service.storage.db import Database

    with closing(Database(settings.database_url)) as db, closing(ScoreCache(settings.redis_url)) as cache:
        yield Place(db, cache)


class Name(click.ParamType[str]):
    """A name that can be stored and shown: printable, not blank, and not too long."""

    name = "text"

    def __init__(self, longest: int) -> None:
        self._longest = longest

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.strip() or len(value) > self._longest or not value.isprintable():
            self.fail(f"must have 1 to {self._longest} printable characters", param, ctx)
        return value


class Moment(click.ParamType[dt.datetime]):
    """An instant with a zone."""

    name = "instant"

    def convert(
        self, value: str | dt.datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.datetime:
        try:
            return value if isinstance(value, dt.datetime) else parse_instant(value)
        except ValueError as exc:
            self.fail(str(exc), param, ctx)


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--data-dir`, and call it with the settings that follow from it."""

    @click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where the data is.  [default: var]",
    )
    @functools.wraps(command)
    def run(*, data_dir: Path | None, **options: Any) -> Any:
        from service.config import Settings
        from service.storage.actors import COMMAND_LINE, set_actor
        from service.telemetry.logs import set_up_logs

        set_up_logs()
        set_actor(COMMAND_LINE)
        settings = Settings.from_env(data_dir=data_dir)
        if mode := open_to_others(settings.data_dir):
            told = f"Warning: {settings.data_dir} is open to other users (mode {mode}); make it private by chmod 700."
            click.echo(told, err=True)
        return command(settings, **options)

    return run


def with_place(*, writes: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command `--data-dir`, and call it with the database and cache there. It logs errors only.

    Args:
        writes: Whether the command writes to the database; see `open_place`.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def run(settings: Settings, **options: Any) -> Any:
            with open_place(settings, writes=writes) as place:
                return command(place, **options)

        return with_settings(run)

    return decorate


@contextmanager
def open_place(settings: Settings, *, writes: bool) -> Iterator[Place]:
    """Open the database and the cache, and close them in the end.

    Args:
        settings: The settings.
        writes: Whether a SQLite database that was never used is created; without data there is nothing to read.

    Raises:
        UnusableDatabase: The database does not have the schema of this version.
    """
    from service.operations.schema_check import create_schema, is_sqlite, require_data, require_schema
    from service.telemetry.logs import set_up_logs

    set_up_logs(logging.ERROR)
    if settings.sqlite_file is not None:
        check_data_dir(settings.sqlite_file.parent)
    if not writes:
        require_data(settings)
    elif settings.migrate and is_sqlite(settings):
        create_schema(settings)
    else:
        require_schema(settings)
    with connect(settings) as place:
        yield place
