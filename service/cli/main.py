"""The commands together, and how an error ends them."""

from __future__ import annotations

import gc
import pkgutil

import click

from service import __version__
from service.db import is_away, lacks_schema
from service.errors import CannotRun, ServiceError

_COMMANDS = {
    "serve": "operate:serve",
    "worker": "work:worker",
    "migrate": "operate:migrate",
    "openapi": "openapi:openapi",
    "keys": "keys:keys",
    "import": "load:import_file",
    "score": "records:score",
    "resolve": "records:resolve",
    "refit": "maintain:refit",
    "rebuild": "maintain:rebuild",
    "verify": "maintain:verify",
    "export": "export:export",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "backtest": "backtest:backtest",
}


class Borneout(click.Group):
    """Imports the one command that is called, since all of them take twice as long.

    Says what is wrong in a line, where the error is one that the caller can act on.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        gc.disable()  # what is imported stays: to search it for garbage takes a fifth of the time, and more later
        try:
            command: click.Command = pkgutil.resolve_name(f"service.cli.{_COMMANDS[cmd_name]}")
        finally:
            gc.freeze()
            gc.enable()
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ServiceError as exc:
            places = [f"  {place['pointer']}: {place['detail']}" for place in exc.errors]
            raise click.ClickException("\n".join([exc.detail, *places])) from exc
        except CannotRun as exc:
            raise click.ClickException(str(exc)) from exc
        except Exception as exc:
            if not (is_away(exc) or lacks_schema(exc)):
                raise
            raise click.ClickException(f"The database cannot be used (is it migrated?): {exc}") from exc


@click.group(cls=Borneout, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Borneout keeps the track record of news outlets."""
