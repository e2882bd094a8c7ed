"""The schema's history, run by Alembic; `migrate` brings a database to its newest state."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

log = logging.getLogger(__name__)

_LOCKED = "55P03"
_PATIENCE = "3s"  # for a table that somebody uses; whoever else wants it stands in line behind us
_ATTEMPTS = 40
_PAUSE = 2.0  # seconds in which those in line are answered


def known_revisions() -> list[str]:
    """The states of the schema that this version knows, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def migrate(engine: sa.Engine, revision: str = "head") -> None:
    """Apply what is pending, in one transaction and under a lock, so that several may start at once.

    On PostgreSQL a service may be running on the database: what stands in the way of a table's change is waited for
    again and again, but never for long, since everybody else would wait too.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            _apply(engine, revision)
            return
        except sa.exc.OperationalError as exc:
            if getattr(exc.orig, "sqlstate", None) != _LOCKED:
                raise
        log.warning("A table that the migration changes is in use; it is tried again")
        time.sleep(_PAUSE)
    _apply(engine, revision)


def _apply(engine: sa.Engine, revision: str) -> None:
    with engine.execution_options(write=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SET LOCAL lock_timeout = 0"))  # another's migration may take its time
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('borneout:migrate', 0))"))
            connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
