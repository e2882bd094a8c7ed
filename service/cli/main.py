"""The command group `borneout`, which prints expected errors without a traceback."""

from __future__ import annotations

import errno

import click

from service import __version__
from service.cli.backtest import backtest
from service.cli.backup import backup, restore
from service.cli.export import export
from service.cli.importing import import_file
from service.cli.keys import keys
from service.cli.maintain import rebuild, refit, verify
from service.cli.openapi import openapi
from service.cli.operate import migrate, serve, worker
from service.cli.records import resolve, score
from service.errors import CannotRun, ServiceError
from service.operations.data_dir import keep_files_private


class BorneoutGroup(click.Group):
    """A command group that prints an error without a traceback if the caller can act on it."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as exc:
            if (message := _message(exc)) is None:
                raise
            raise click.ClickException(message) from exc


def _message(error: Exception) -> str | None:
    """Return the message of an expected error; None for a bug, whose traceback is needed."""
    if isinstance(error, ServiceError):
        return "\n".join([error.detail, *(f"  {place['pointer']}: {place['detail']}" for place in error.errors)])
    if isinstance(error, CannotRun):
        return str(error)
    # Imported late, because only commands that use the database need it.
    from service.storage.db_errors import lacks_schema, reason_of

    if lacks_schema(error):
        return "The database has no schema, or one of another version. Run `borneout migrate`."
    if (reason := reason_of(error)) is not None:
        return f"The database cannot be used: {reason}."
    if isinstance(error, OSError) and error.errno not in (None, errno.EPIPE):
        return f"{error.filename or 'A file'} cannot be used: {error.strerror}."
    return None


@click.group(cls=BorneoutGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Borneout keeps the track record of news outlets."""
    keep_files_private()


for command in (
    serve,
    worker,
    migrate,
    openapi,
    keys,
    import_file,
    score,
    resolve,
    refit,
    rebuild,
    verify,
    export,
    backup,
    restore,
    backtest,
):
    main.add_command(command)
