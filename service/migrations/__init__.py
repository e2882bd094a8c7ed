"""The schema's history, run by Alembic; `migrate` brings a database to its newest state."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def known_revisions() -> list[str]:
    """The states of the schema that this version knows, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def migrate(engine: sa.Engine, revision: str = "head") -> None:
    """Apply what is pending, in one transaction and under a lock, so that several may start at once."""
    with engine.execution_options(write=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SET LOCAL lock_timeout = 0"))  # another's migration may take its time
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('borneout:migrate', 0))"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
