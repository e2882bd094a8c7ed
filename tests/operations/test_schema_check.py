"""service.operations.schema_check: the messages of every command for an unusable or unused database"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace

import pytest
import sqlalchemy as sa

from service.config import Settings
from service.operations.schema_check import await_schema
from service.operations.stop_signal import Stop
from service.storage.migrations import SchemaState
from tests.support.awaiting import wait_until
from tests.support.bare_databases import bare_database
from tests.support.command import Command, fails, succeeds
from tests.support.paths import ROOT
from tests.support.unusable_databases import (
    ALL,
    LINE,
    READING,
    WRITING,
    Stage,
    make_changed,
    make_foreign,
    make_foreign_with_versions,
    make_newer,
    make_views,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(request, tmp_path, redis_url):
    """A database without a schema; on SQLite its data directory does not exist yet."""
    (tmp_path / "file.ndjson").write_text(json.dumps(LINE) + "\n")
    data_dir = tmp_path / "data"
    with bare_database(request, request.param, data_dir) as url:
        command = Command(
            Settings.from_env({"BORNEOUT_DATABASE_URL": url, "BORNEOUT_REDIS_URL": redis_url}, data_dir=data_dir)
        )
        yield Stage(url, tmp_path, command)


WRONG = {
    make_foreign: "has tables that this version of Borneout did not create; ",
    make_foreign_with_versions: "has tables that this version of Borneout did not create; ",
    make_views: "has tables that this version of Borneout did not create; ",
    make_newer: "belongs to a newer version of Borneout; use that version, or ",
    make_changed: "has the schema of another development version; ",
}


@pytest.mark.parametrize("make", list(WRONG))
def test_no_command_uses_another_schema(stage, make):
    """
    Every command rejects a database with another schema in one message, which names it, and changes nothing.
    """
    stage.data_dir.mkdir(mode=0o700)
    make(stage)
    before = stage.content()

    for words in ALL.values():
        result = stage.run(words)

        fails(result, WRONG[make], stage.where, stage.another)
        assert 1 == result.stderr.count("\n"), words
        assert before == stage.content(), words


@pytest.mark.parametrize("make", [make_foreign, make_newer, make_changed])
def test_serve_that_does_not_migrate(stage, make):
    """
    `serve` does the same with BORNEOUT_MIGRATE=false.
    """
    stage.data_dir.mkdir(mode=0o700)
    make(stage)

    fails(stage.run(["serve"], BORNEOUT_MIGRATE="false"), WRONG[make], stage.where)


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", [*ALL, "backup"])
def test_file_that_is_no_database(stage, name):
    """
    Every command rejects a file that is not a SQLite database, and does not change it.
    """
    stage.data_dir.mkdir(mode=0o700)
    (stage.data_dir / "borneout.db").write_text("name,verdict\n" * 1000)
    before = stage.content()

    fails(stage.run((ALL | {"backup": ["backup", "{folder}/kept.db"]})[name]), "is not a SQLite database", stage.where)
    assert before == stage.content()


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
@pytest.mark.parametrize("make", [make_foreign, make_newer, make_changed])
def test_no_backup_of_another_schema(stage, make):
    """
    `backup` rejects a database with another schema, and creates no file.
    """
    stage.data_dir.mkdir(mode=0o700)
    make(stage)

    fails(stage.run(["backup", "{folder}/kept.db"]), WRONG[make])
    assert not (stage.folder / "kept.db").exists()


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
@pytest.mark.parametrize("make", [make_foreign, make_newer, make_changed])
def test_backup_of_another_schema_is_not_restored(stage, make):
    """
    `restore` rejects a backup with another schema.
    """
    stage.data_dir.mkdir(mode=0o700)
    make(stage)
    backup = (stage.data_dir / "borneout.db").rename(stage.folder / "kept.db")

    fails(stage.run(["restore", backup]), str(backup), "does not have the schema of this version")
    assert not (stage.data_dir / "borneout.db").exists()


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("name", [*READING, "backup"])
def test_reading_what_was_never_used(stage, name, is_there):
    """
    A command that reads reports that an unused directory has no data, and creates nothing.
    """
    if is_there:
        stage.data_dir.mkdir(mode=0o700)
        (stage.data_dir / "borneout.db").touch()
    before = stage.content()

    fails(
        stage.run((READING | {"backup": ["backup", "{folder}/kept.db"]})[name]),
        f"There is no data in {stage.data_dir} yet",
    )
    assert before == stage.content()
    assert is_there == stage.data_dir.exists()
    assert {"file.ndjson"} == {path.name for path in stage.folder.iterdir()} - {"data"}


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", [*(name for name in WRITING if name != "dry run"), "migrate"])
def test_writing_where_nothing_was_used(stage, name):
    """
    A command that writes creates the schema in an unused directory, and then runs.
    """
    result = stage.run(ALL[name])

    assert SchemaState.CURRENT is stage.state
    assert 0o700 == stage.data_dir.stat().st_mode & 0o777
    needs_a_row = name in ("keys rotate", "keys expire", "keys revoke", "resolve")
    assert ("", 1) == (result.stdout, result.exit_code) if needs_a_row else result.exit_code == 0
    assert not needs_a_row or re.match(r"Error: .*(key|claim)", result.stderr)


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_dry_run_where_nothing_was_used(stage):
    """
    A dry run without a database reports the result of each line, and creates nothing.
    """
    result = stage.run(WRITING["dry run"])

    assert (0, "1 lines: 1 created") == (result.exit_code, result.stdout.splitlines()[-1][:18])
    assert not stage.data_dir.exists()


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_remote_import_needs_no_database(stage):
    """
    `import --server` neither creates nor needs a local database.
    """
    result = stage.run([*WRITING["import"], "--server", "http://127.0.0.1:1", "--key", "bo_x"])

    assert (1, True) == (result.exit_code, "does not respond" in result.stderr)
    assert not stage.data_dir.exists()


@pytest.mark.parametrize("stage", ["postgresql"], indirect=True)
def test_postgresql_without_a_schema(stage):
    """
    On a PostgreSQL database without a schema, every command but `migrate` and `serve` asks to run `migrate` first.
    """
    before = stage.content()

    for name in (*READING, *WRITING, "worker"):
        fails(stage.run(ALL[name]), f"{stage.where} ", "has no schema yet; run `borneout migrate` first")
        assert before == stage.content(), name
    assert "The schema is up to date.\n" == succeeds(stage.run(["migrate"]))
    assert 0 == stage.run(WRITING["import"]).exit_code


@pytest.mark.parametrize("stage", ["postgresql"], indirect=True)
@pytest.mark.parametrize("encoding", ["latin1", "SQL_ASCII", "EUC_JP"])
def test_encoding_in_the_url(stage, encoding):
    """
    A client encoding in the URL is refused with the reason, and nothing is created.
    """
    url = sa.make_url(stage.url).update_query_dict({"client_encoding": encoding})
    stage.command.env["BORNEOUT_DATABASE_URL"] = url.render_as_string(hide_password=False)

    fails(stage.run(["migrate"]), "client_encoding", "the service always uses UTF-8")
    assert not stage.data_dir.exists()


@pytest.mark.parametrize("stage", ["postgresql"], indirect=True)
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_encoding_of_the_database(stage, encoding):
    """
    Every command refuses a PostgreSQL database that is not in UTF-8, and creates nothing in it.
    """
    url = sa.make_url(stage.url)
    other = url.set(database=f"{url.database}_{encoding.lower()}")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    how = f"TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
    with closing(engine.connect()) as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {other.database} {how}")
        try:
            stage.command.env["BORNEOUT_DATABASE_URL"] = other.render_as_string(hide_password=False)
            for name in ALL:
                fails(stage.run(ALL[name]), other.database, "is not encoded in UTF-8")
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {other.database} WITH (FORCE)")
    engine.dispose()


@pytest.mark.parametrize("name", ["serve", "import"])
def test_nothing_migrates_where_that_is_switched_off(stage, name):
    """
    With BORNEOUT_MIGRATE=false, no command but `migrate` creates the schema.
    """
    fails(stage.run(ALL[name], BORNEOUT_MIGRATE="false"), "run `borneout migrate` first")
    assert SchemaState.EMPTY is stage.state
    assert not stage.data_dir.exists()


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_worker_without_a_schema(stage):
    """
    A worker on an unused data directory asks to run `migrate` first, and creates nothing.
    """
    fails(stage.run(["worker"]), "run `borneout migrate` first")
    assert not stage.data_dir.exists()


@pytest.mark.parametrize("make", [None, make_changed])
def test_gunicorn_does_not_try_again(stage, make):
    """
    A standalone gunicorn logs the message and exits before it starts a worker.
    """
    stage.data_dir.mkdir(mode=0o700)
    if make is not None:
        make(stage)
    result = gunicorn(stage)

    message = WRONG.get(make, "has no schema yet; run `borneout migrate` first")
    logged = [json.loads(line) for line in result.stderr.splitlines() if message in line]
    assert 1 == result.returncode
    assert 1 == len(logged)
    assert {"critical"} == {line["level"] for line in logged}
    assert "Traceback" not in result.stderr


def gunicorn(stage):
    """Run gunicorn on the database until it exits."""
    env = {key: value for key, value in stage.command.env.items() if value is not None}
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:service.operations.gunicorn_conf",
        "--bind",
        f"unix:{stage.folder}/sock",
    ]
    env |= {"BORNEOUT_DATA_DIR": str(stage.data_dir), "PATH": "/usr/bin:/bin", "WEB_CONCURRENCY": "2"}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("stage", ["postgresql"], indirect=True)
def test_no_password_is_shown(stage):
    """
    Messages about a PostgreSQL database do not contain the password of its URL.
    """
    make_foreign(stage)
    url = sa.make_url(stage.url).set(password="hunter2")  # noqa: S106 - not a real one
    for secret in (url, url.set(password=None).update_query_dict({"password": "hunter2"})):
        stage.command.env["BORNEOUT_DATABASE_URL"] = secret.render_as_string(hide_password=False)

        result = stage.run(["migrate"])

        fails(result, "did not create")
        assert "hunter2" not in result.stderr


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_file_outside_the_data_directory(stage, tmp_path):
    """
    If the SQLite file is outside the data directory, the message names the file.
    """
    other = replace(stage, url=f"sqlite:///{tmp_path}/other.db")
    stage.command.env["BORNEOUT_DATABASE_URL"] = other.url
    fails(stage.run(READING["verify"]), f"There is no data in {tmp_path}/other.db yet")
    make_foreign(other)

    fails(stage.run(READING["verify"]), f"start with a new file instead of {tmp_path}/other.db")


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_worker_waits_for_an_unavailable_database(stage, caplog):
    """
    A worker that starts while the database is unavailable waits until it is stopped.
    """
    env = {"BORNEOUT_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    stop = Stop()
    waiting = threading.Thread(target=await_schema, args=(Settings.from_env(env, data_dir=stage.data_dir), stop))
    waiting.start()
    wait_until(lambda: "The database is unavailable" in caplog.text)
    assert waiting.is_alive()

    stop.set()
    waiting.join(60)

    assert not waiting.is_alive()
