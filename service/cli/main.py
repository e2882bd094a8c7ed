"""The commands together, and how an error ends them."""

from __future__ import annotations

import click

from service import __version__
from service.cli.backtest import backtest
from service.cli.export import export
from service.cli.keys import keys
from service.cli.load import import_file
from service.cli.maintain import rebuild, refit
from service.cli.operate import migrate, openapi, serve, worker
from service.cli.records import resolve, score
from service.cli.remote import Unreachable
from service.config import BadSetting
from service.db import is_away, lacks_schema
from service.errors import ServiceError
from service.redis_server import NoRedisServer
from service.serve import StartError


class Borneout(click.Group):
    """Says what is wrong in a line, where the error is one that the caller can act on."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ServiceError as exc:
            places = [f"  {place['pointer']}: {place['detail']}" for place in exc.errors]
            raise click.ClickException("\n".join([exc.detail, *places])) from exc
        except (BadSetting, NoRedisServer, StartError, Unreachable) as exc:
            raise click.ClickException(str(exc)) from exc
        except Exception as exc:
            if not (is_away(exc) or lacks_schema(exc)):
                raise
            raise click.ClickException(f"The database cannot be used (is it migrated?): {exc}") from exc


@click.group(cls=Borneout, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Borneout keeps the track record of news outlets."""


for command in (serve, worker, migrate, openapi, keys, import_file, export, score, resolve, refit, rebuild, backtest):
    main.add_command(command)
