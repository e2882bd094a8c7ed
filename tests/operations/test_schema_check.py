"""service.operations.schema_check: what every command says of a database that it cannot use, or that was never used"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from service.config import Settings
from service.operations.schema_check import await_schema
from service.operations.serve import ROOT
from service.operations.stop_signal import Stop
from service.storage.db import Database
from service.storage.migrations import SchemaState, find_state, migrate
from tests.support.bare_databases import bare_database
from tests.support.command import Command, fails, succeeds
from tests.support.redis_server import wait_until

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
EVERY = READING | WRITING | RUNNING


@dataclass
class Place:
    """A database without a schema, a folder for files, and the command."""

    url: str
    folder: Path
    command: Command

    def run(self, words, **env):
        return self.command(*(str(word).format(folder=self.folder) for word in words), **env)

    def execute(self, *statements):
        # Not by `Database`, which sets the journal mode of a file.
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
        """What there is: the files, or the tables of PostgreSQL."""
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
        """The words by which the sentences name the place."""
        url = sa.make_url(self.url)
        return str(self.data_dir) if self.url.startswith("sqlite") else f"The PostgreSQL database {url.database} on"

    @property
    def another(self):
        return "a new data directory instead of" if self.url.startswith("sqlite") else "start with a new database"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path, redis_url):
    """A database without a schema; on SQLite its data directory does not exist yet."""
    (tmp_path / "file.ndjson").write_text(json.dumps(LINE) + "\n")
    data_dir = tmp_path / "data"
    with bare_database(request, request.param, data_dir) as url:
        command = Command(
            Settings.from_env({"BORNEOUT_DATABASE_URL": url, "BORNEOUT_REDIS_URL": redis_url}, data_dir=data_dir)
        )
        yield Place(url, tmp_path, command)


def make_foreign(place):
    place.execute("CREATE TABLE theirs (x INTEGER)")


def make_foreign_with_versions(place):
    version = "CREATE TABLE alembic_version (version_num VARCHAR(32))"
    place.execute(version, "INSERT INTO alembic_version VALUES ('ae1027a6acf')")


def make_views(place):
    place.execute("CREATE VIEW theirs AS SELECT 1 AS x")


def make_newer(place):
    place.migrate()
    place.execute("UPDATE alembic_version SET version_num = '0002'")


def make_changed(place):
    place.migrate()
    place.execute("UPDATE schema_fingerprint SET digest = 'of another schema'")


WRONG = {
    make_foreign: "has tables that this version of Borneout did not create; ",
    make_foreign_with_versions: "has tables that this version of Borneout did not create; ",
    make_views: "has tables that this version of Borneout did not create; ",
    make_newer: "belongs to a newer version of Borneout; use that version, or ",
    make_changed: "has the schema of another development version; ",
}


@pytest.mark.parametrize("make", list(WRONG))
def test_no_command_uses_another_schema(place, make):
    """
    Every command refuses a database with another schema in one sentence, which names it, and changes nothing.
    """
    place.data_dir.mkdir(mode=0o700)
    make(place)
    before = place.content()

    for words in EVERY.values():
        result = place.run(words)

        fails(result, WRONG[make], place.where, place.another)
        assert 1 == result.stderr.count("\n"), words
        assert before == place.content(), words


@pytest.mark.parametrize("make", [make_foreign, make_newer, make_changed])
def test_serve_that_does_not_migrate(place, make):
    """
    With BORNEOUT_MIGRATE=false `serve` says the same.
    """
    place.data_dir.mkdir(mode=0o700)
    make(place)

    fails(place.run(["serve"], BORNEOUT_MIGRATE="false"), WRONG[make], place.where)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", [*EVERY, "backup"])
def test_file_that_is_no_database(place, name):
    """
    Every command refuses a file that is not a SQLite database, and leaves it as it is.
    """
    place.data_dir.mkdir(mode=0o700)
    (place.data_dir / "borneout.db").write_text("name,verdict\n" * 1000)
    before = place.content()

    fails(
        place.run((EVERY | {"backup": ["backup", "{folder}/kept.db"]})[name]), "is not a SQLite database", place.where
    )
    assert before == place.content()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("make", [make_foreign, make_newer, make_changed])
def test_no_backup_of_another_schema(place, make):
    """
    `backup` refuses such a database, too, and makes no file.
    """
    place.data_dir.mkdir(mode=0o700)
    make(place)

    fails(place.run(["backup", "{folder}/kept.db"]), WRONG[make])
    assert not (place.folder / "kept.db").exists()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("make", [make_foreign, make_newer, make_changed])
def test_backup_of_another_schema_is_not_restored(place, make):
    """
    `restore` puts no database with another schema in place.
    """
    place.data_dir.mkdir(mode=0o700)
    make(place)
    kept = (place.data_dir / "borneout.db").rename(place.folder / "kept.db")

    fails(place.run(["restore", kept]), str(kept), "does not have the schema of this version")
    assert not (place.data_dir / "borneout.db").exists()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("name", [*READING, "backup"])
def test_reading_what_was_never_used(place, name, is_there):
    """
    A command that reads says that there is no data in a directory that was never used, and creates nothing.
    """
    if is_there:
        place.data_dir.mkdir(mode=0o700)
        (place.data_dir / "borneout.db").touch()
    before = place.content()

    fails(
        place.run((READING | {"backup": ["backup", "{folder}/kept.db"]})[name]),
        f"There is no data in {place.data_dir} yet",
    )
    assert before == place.content()
    assert is_there == place.data_dir.exists()
    assert {"file.ndjson"} == {path.name for path in place.folder.iterdir()} - {"data"}


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", [*(name for name in WRITING if name != "dry run"), "migrate"])
def test_writing_where_nothing_was_used(place, name):
    """
    A command that writes creates the schema in a directory that was never used, and does what it is for.
    """
    result = place.run(EVERY[name])

    assert SchemaState.CURRENT is place.state
    assert 0o700 == place.data_dir.stat().st_mode & 0o777
    needs_a_row = name in ("keys rotate", "keys expire", "keys revoke", "resolve")
    assert ("", 1) == (result.stdout, result.exit_code) if needs_a_row else result.exit_code == 0
    assert not needs_a_row or re.match(r"Error: .*(key|claim)", result.stderr)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_dry_run_where_nothing_was_used(place):
    """
    A dry run says what would become of each line, also where there is no database yet, and creates nothing.
    """
    said = place.run(WRITING["dry run"])

    assert (0, "1 lines: 1 created") == (said.exit_code, said.stdout[:18])
    assert not place.data_dir.exists()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_loading_elsewhere_needs_no_database(place):
    """
    `import --server` uses no database here, so it creates none and needs none.
    """
    said = place.run([*WRITING["import"], "--server", "http://127.0.0.1:1", "--key", "bo_x"])

    assert (1, True) == (said.exit_code, "does not answer" in said.stderr)
    assert not place.data_dir.exists()


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_postgresql_without_a_schema(place):
    """
    On a PostgreSQL database without a schema every command but `migrate` and `serve` says to run `migrate` first.
    """
    before = place.content()

    for name in (*READING, *WRITING, "worker"):
        fails(place.run(EVERY[name]), f"{place.where} ", "has no schema yet; run `borneout migrate` first")
        assert before == place.content(), name
    assert "The schema is up to date.\n" == succeeds(place.run(["migrate"]))
    assert 0 == place.run(WRITING["import"]).exit_code


@pytest.mark.parametrize("name", ["serve", "import"])
def test_nothing_migrates_where_that_is_switched_off(place, name):
    """
    With BORNEOUT_MIGRATE=false no command but `migrate` creates the schema.
    """
    fails(place.run(EVERY[name], BORNEOUT_MIGRATE="false"), "run `borneout migrate` first")
    assert SchemaState.EMPTY is place.state
    assert not place.data_dir.exists()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_worker_without_a_schema(place):
    """
    A worker on a data directory that was never used says to migrate first, and creates nothing.
    """
    fails(place.run(["worker"]), "run `borneout migrate` first")
    assert not place.data_dir.exists()


@pytest.mark.parametrize("make", [None, make_changed])
def test_gunicorn_does_not_try_again(place, make):
    """
    A gunicorn that runs by itself logs the sentence and ends, before it starts a worker.
    """
    place.data_dir.mkdir(mode=0o700)
    if make is not None:
        make(place)
    said = gunicorn(place)

    sentence = WRONG.get(make, "has no schema yet; run `borneout migrate` first")
    logged = [json.loads(line) for line in said.stderr.splitlines() if sentence in line]
    assert 1 == said.returncode
    assert 1 == len(logged)
    assert {"critical"} == {line["level"] for line in logged}
    assert "Traceback" not in said.stderr


def gunicorn(place):
    env = {key: value for key, value in place.command.env.items() if value is not None}
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:service.operations.gunicorn_conf",
        "--bind",
        f"unix:{place.folder}/sock",
    ]
    env |= {"BORNEOUT_DATA_DIR": str(place.data_dir), "PATH": "/usr/bin:/bin", "WEB_CONCURRENCY": "2"}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_no_password_is_shown(place):
    """
    What is said of a PostgreSQL database names it without the password of its URL, wherever that stands.
    """
    make_foreign(place)
    url = sa.make_url(place.url).set(password="hunter2")  # noqa: S106 - of nobody
    for secret in (url, url.set(password=None).update_query_dict({"password": "hunter2"})):
        place.command.env["BORNEOUT_DATABASE_URL"] = secret.render_as_string(hide_password=False)

        said = place.run(["migrate"])

        fails(said, "did not create")
        assert "hunter2" not in said.stderr


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_file_elsewhere(place, tmp_path):
    """
    Where the SQLite file is not in the data directory, the sentence names the file.
    """
    elsewhere = replace(place, url=f"sqlite:///{tmp_path}/other.db")
    place.command.env["BORNEOUT_DATABASE_URL"] = elsewhere.url
    fails(place.run(READING["verify"]), f"There is no data in {tmp_path}/other.db yet")
    make_foreign(elsewhere)

    fails(place.run(READING["verify"]), f"start with a new file instead of {tmp_path}/other.db")


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_worker_waits_for_a_database_that_is_away(place, caplog):
    """
    A worker that starts while the database is away waits for it until it is stopped, and does not end by itself.
    """
    env = {"BORNEOUT_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    stop = Stop()
    waiting = threading.Thread(target=await_schema, args=(Settings.from_env(env, data_dir=place.data_dir), stop))
    waiting.start()
    wait_until(lambda: "The database is away" in caplog.text)
    assert waiting.is_alive()

    stop.set()
    waiting.join(60)

    assert not waiting.is_alive()
