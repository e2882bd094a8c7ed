"""service.operations.backup"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace

import pytest
from filelock import FileLock

from service.app import create_app
from service.config import Settings
from service.operations.backup import BackupError, backup, restore
from service.storage.db import Database
from service.storage.identity import database_id
from tests.support.awaiting import wait_until
from tests.support.command import Command
from tests.support.world import World, report

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture
def database_url(sqlite_template, tmp_path):
    """A SQLite database for each test, because the tests replace its file."""
    path = tmp_path / "borneout.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def backup_file(world, tmp_path):
    """A backup that was made after one claim was resolved, and before a second one was."""
    world.resolve(world.record(report()), "true")
    file = tmp_path / "kept.db"
    backup(world.runtime.settings.database_url, file)
    world.resolve(world.record(report(), text="The bridge closes."), "true")
    return file


@pytest.fixture
def stopped(world, backup_file):
    """The runtime of a service that has made a backup and is stopped."""
    assert backup_file.exists()
    world.runtime.db.close()
    return world.runtime


def restore_backup(stopped, file):
    """Restore a backup, and start the service again."""
    replaced = restore(stopped.settings.database_url, stopped.settings.data_dir, file, now=NOW)
    stopped.cache.link.use_database(database_id(stopped.db))
    return replaced


def test_restore(world, stopped, backup_file):
    """
    A restore returns the records and the cached scores to the state of the backup, and keeps the replaced database.
    """
    assert 2 == world.score()["counts"]["resolved"]  # and cached
    world.runtime.db.close()

    replaced = restore_backup(stopped, backup_file)

    assert 1 == world.score()["counts"]["resolved"]
    assert "borneout.db.before-20261122T120000Z" == replaced.name
    with closing(sqlite3.connect(replaced)) as before:
        assert [(2,)] == before.execute("SELECT count(*) FROM resolution").fetchall()
    assert backup_file.exists()


def test_restored_database_has_a_new_id(world, stopped, backup_file):
    """
    R20: a restored database does not share cached scores with the database that it replaces, nor with another copy.
    """
    before = database_id(world.runtime.db)
    world.runtime.db.close()

    restore_backup(stopped, backup_file)

    assert before != database_id(world.runtime.db)


def test_backup_while_written_to(world, tmp_path):
    """
    A backup made while claims are recorded contains each of them completely or not at all, and all earlier ones.
    """
    for number in range(3):
        world.record(report(), external_id=f"before-{number}")
    stop = threading.Event()
    recorded = []

    def write():
        while not stop.is_set():
            recorded.append(world.record(report(), report("Tribune"), external_id=f"during-{len(recorded)}"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_until(lambda: len(recorded) > 2 or not writer.is_alive())
        before = len(recorded)
        backup(world.runtime.settings.database_url, tmp_path / "kept.db")
        after = len(recorded)
    finally:
        stop.set()
        writer.join()

    with closing(sqlite3.connect(tmp_path / "kept.db")) as copy:
        [(claims, reports)] = copy.execute("SELECT count(DISTINCT claim_id), count(*) FROM report").fetchall()
    assert 3 + before <= claims <= 3 + after + 1
    assert 3 + 2 * (claims - 3) == reports


def test_backup_is_one_private_file(backup_file, tmp_path):
    """
    A backup is a single file that only its owner may read, and no temporary file remains.
    """
    assert 0o600 == backup_file.stat().st_mode & 0o777
    assert {"kept.db"} == {path.name for path in tmp_path.iterdir() if "kept" in path.name}


def test_backup_overwrites_nothing(backup_file, world):
    """
    An existing file is not overwritten.
    """
    content = backup_file.read_bytes()

    with pytest.raises(BackupError, match="already exists"):
        backup(world.runtime.settings.database_url, backup_file)
    assert content == backup_file.read_bytes()


def test_backup_without_a_database(tmp_path):
    """
    Without a database, no backup is made.
    """
    with pytest.raises(BackupError, match="no database"):
        backup(f"sqlite:///{tmp_path}/nothing.db", tmp_path / "kept.db")
    assert [] == list(tmp_path.iterdir())


def test_restore_while_the_service_runs(stopped, backup_file):
    """
    A restore is rejected while the service is running.
    """
    with FileLock(stopped.settings.data_dir / "serve.lock"), pytest.raises(BackupError, match="stop it first"):
        restore_backup(stopped, backup_file)


def test_restore_while_the_database_is_open(world, stopped, backup_file):
    """
    A restore is rejected while another process has the database open.
    """
    with Database(stopped.settings.database_url).engine.connect() as other:
        other.exec_driver_sql("SELECT count(*) FROM claim")
        with pytest.raises(BackupError, match="in use by another process"):
            restore_backup(stopped, backup_file)
        other.engine.dispose()
    assert 2 == world.score()["counts"]["resolved"]


def damage(file):
    """Overwrite the second half of a file with zeros."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    file.write_bytes(content)


def forge(file):
    """Set the schema version of a database to a newer one."""
    with closing(sqlite3.connect(file)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()


def empty(file):
    """Empty a file."""
    file.write_bytes(b"")


def confuse(file):
    """Replace a file by text."""
    file.write_text("SELECT 1;\n" * 1000)


@pytest.mark.parametrize("spoil", [damage, forge, empty, confuse])
def test_restore_of_an_invalid_backup(world, stopped, backup_file, spoil):
    """
    A backup that is damaged, of a newer version or not a database is rejected, and changes nothing.
    """
    spoil(backup_file)

    with pytest.raises(BackupError):
        restore_backup(stopped, backup_file)

    assert 2 == world.score()["counts"]["resolved"]
    assert [] == list(backup_file.parent.glob(".borneout.db*"))


def test_backup_of_a_damaged_database(stopped, tmp_path):
    """
    A damaged database cannot be backed up.
    """
    damage(tmp_path / "borneout.db")

    with pytest.raises(BackupError, match=r"damaged|cannot be copied"):
        backup(stopped.settings.database_url, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_restore_over_a_damaged_database(world, stopped, backup_file):
    """
    A backup can replace a database that cannot be opened.
    """
    database = backup_file.with_name("borneout.db")
    database.write_text("lost")
    database.with_name("borneout.db-wal").write_text("lost, too")

    replaced = restore_backup(stopped, backup_file)

    assert "lost" == replaced.read_text()
    assert 1 == world.score()["counts"]["resolved"]


def test_restore_into_a_new_directory(stopped, backup_file, tmp_path):
    """
    A backup can be restored where there is no database.
    """
    new_settings = replace(stopped.settings, database_url=f"sqlite:///{tmp_path}/new/b.db", data_dir=tmp_path / "new")

    stopped.settings = new_settings

    assert restore_backup(stopped, backup_file) is None
    app = create_app(new_settings)
    assert 1 == World(app).score()["counts"]["resolved"]
    app.extensions["runtime"].db.close()


def test_postgresql_has_its_own_tools(tmp_path):
    """
    For PostgreSQL, the error names the tool to use, without the password.
    """
    url = Settings.from_env({"BORNEOUT_DATABASE_URL": "postgresql://u:hunter2@h/b"}).database_url
    (tmp_path / "kept.db").touch()

    with pytest.raises(BackupError, match="pg_dump") as error:
        backup(url, tmp_path / "new.db")
    with pytest.raises(BackupError, match="pg_restore"):
        restore(url, tmp_path, tmp_path / "kept.db", now=NOW)
    assert "hunter2" not in str(error.value)


def test_commands(world, settings, tmp_path):
    """
    `borneout backup` and `borneout restore` print their results, and the file of the replaced database.
    """
    world.resolve(world.record(report()), "true")
    run = Command(settings)

    backed_up = run("backup", tmp_path / "kept.db")
    world.runtime.db.close()
    restored = run("restore", tmp_path / "kept.db")
    again = run("backup", tmp_path / "kept.db")

    assert re.search(r"kept.db contains the database .* \d+ bytes", backed_up.output)
    assert (0, 0, 1) == (backed_up.exit_code, restored.exit_code, again.exit_code)
    assert re.search(r"The database that it replaced is .*borneout\.db\.before-", restored.output)
    assert "already exists" in again.output
