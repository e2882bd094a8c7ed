"""Databases without a schema or with another one, and the command on them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from service.storage.db import Database
from service.storage.migrations import find_state, migrate
from tests.support.command import Command

ID = UUID(int=1)
LINE = {"outlet": "Herald", "claim_id": "x/1", "claim": "It opens.", "published_at": "2026-01-01", "outcome": True}

READING = {
    "keys list": ["keys", "list"],
    "score": ["score", "herald"],
    "verify": ["verify"],
    "export": ["export", "{folder}/out"],
}
WRITING = {
    "import": ["import", "{folder}/file.ndjson"],
    "dry run": ["import", "{folder}/file.ndjson", "--dry-run"],
    "keys create": ["keys", "create", "feed", "--scope", "read"],
    "keys rotate": ["keys", "rotate", ID],
    "keys expire": ["keys", "expire", ID, "2999-01-01T00:00:00Z"],
    "keys revoke": ["keys", "revoke", ID],
    "resolve": ["resolve", ID, "true", "--note", "Seen."],
    "refit": ["refit"],
    "rebuild": ["rebuild"],
}
RUNNING = {"migrate": ["migrate"], "serve": ["serve"], "worker": ["worker"]}
ALL = READING | WRITING | RUNNING


@dataclass
class Stage:
    """A database without a schema, a folder for files, and the command."""

    url: str
    folder: Path
    command: Command

    def run(self, words, **env):
        return self.command(*(str(word).format(folder=self.folder) for word in words), **env)

    def execute(self, *statements):
        # Without `Database`, which would set the journal mode of the file.
        engine = sa.create_engine(self.url)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()

    def migrate(self):
        with closing(Database(self.url)) as db:
            migrate(db.engine)

    @property
    def state(self):
        return find_state(sa.make_url(self.url))

    def content(self):
        """Return the files of the data directory, or the tables of PostgreSQL."""
        if self.url.startswith("sqlite"):
            return {path.name: path.is_file() and path.read_bytes() for path in self.data_dir.glob("**/*")}
        engine = sa.create_engine(self.url)
        with engine.connect() as connection:
            tables = connection.exec_driver_sql("SELECT oid, relname, relfilenode FROM pg_class ORDER BY oid").all()
        engine.dispose()
        return {*self.data_dir.glob("**/*")}, tables

    @property
    def data_dir(self):
        return self.command.data_dir

    @property
    def where(self):
        """The name of the database in messages."""
        url = sa.make_url(self.url)
        return str(self.data_dir) if self.url.startswith("sqlite") else f"The PostgreSQL database {url.database} on"

    @property
    def another(self):
        """The suggested replacement in messages."""
        return "a new data directory instead of" if self.url.startswith("sqlite") else "start with a new database"


def make_foreign(stage):
    stage.execute("CREATE TABLE theirs (x INTEGER)")


def make_foreign_with_versions(stage):
    version = "CREATE TABLE alembic_version (version_num VARCHAR(32))"
    stage.execute(version, "INSERT INTO alembic_version VALUES ('ae1027a6acf')")


def make_views(stage):
    stage.execute("CREATE VIEW theirs AS SELECT 1 AS x")


def make_newer(stage):
    stage.migrate()
    stage.execute("UPDATE alembic_version SET version_num = '0002'")


def make_changed(stage):
    stage.migrate()
    stage.execute("UPDATE schema_fingerprint SET digest = 'of another schema'")
