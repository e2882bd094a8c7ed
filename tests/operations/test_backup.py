"""service.operations.backup: a copy of a database that is used, and a copy in its place"""

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
from tests.support.awaiting import wait_until
from tests.support.command import Command
from tests.support.world import World, report

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture
def database_url(sqlite_template, tmp_path):
    """A SQLite database of the test's own: this is about files."""
    path = tmp_path / "borneout.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def kept(world, tmp_path):
    """A backup of one resolved claim, made before a second one was."""
    world.resolve(world.record(report()), "true")
    file = tmp_path / "kept.db"
    backup(world.runtime.settings.database_url, file)
    world.resolve(world.record(report(), text="The bridge closes."), "true")
    return file


@pytest.fixture
def stopped(world, kept):
    """What belongs to a service that has made a backup and does not run any more: its settings and its cache."""
    assert kept.exists()
    world.runtime.db.close()
    return world.runtime


def put_back(stopped, file):
    return restore(stopped.settings.database_url, stopped.settings.data_dir, file, stopped.cache, now=NOW)


def test_back_to_what_was_kept(world, stopped, kept):
    """
    After a restore all is as it was when the backup was made, the cached scores included; what was there before is
    still beside it, whole.
    """
    assert 2 == world.score()["counts"]["resolved"]  # and kept in the cache
    world.runtime.db.close()

    aside = put_back(stopped, kept)

    assert 1 == world.score()["counts"]["resolved"]
    assert "borneout.db.before-20261122T120000Z" == aside.name
    with closing(sqlite3.connect(aside)) as before:
        assert [(2,)] == before.execute("SELECT count(*) FROM resolution").fetchall()
    assert kept.exists()


def test_what_redis_has_is_old_though_it_was_away(world, stopped, kept):
    """
    Where Redis is away during a restore, it is left to the worker to make what is cached old.
    """
    put_back(stopped, kept)

    with world.runtime.db.read() as session:
        left = session.connection().exec_driver_sql("SELECT payload FROM outbox").scalars().all()
    assert '{"outlets": null}' in left


def test_backup_while_written_to(world, tmp_path):
    """
    A backup that is made while claims are recorded has each of them whole or not at all, and those before it all.
    """
    for number in range(3):
        world.record(report(), external_id=f"before-{number}")
    stop = threading.Event()
    done = []

    def write():
        while not stop.is_set():
            done.append(world.record(report(), report("Tribune"), external_id=f"during-{len(done)}"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_until(lambda: len(done) > 2 or not writer.is_alive())
        before = len(done)
        backup(world.runtime.settings.database_url, tmp_path / "kept.db")
        after = len(done)
    finally:
        stop.set()
        writer.join()

    with closing(sqlite3.connect(tmp_path / "kept.db")) as copy:
        [(claims, reports)] = copy.execute("SELECT count(DISTINCT claim_id), count(*) FROM report").fetchall()
    assert 3 + before <= claims <= 3 + after + 1
    assert 3 + 2 * (claims - 3) == reports


def test_backup_is_one_private_file(kept, tmp_path):
    """
    A backup is a single file that only its owner may read, and nothing half done is left beside it.
    """
    assert 0o600 == kept.stat().st_mode & 0o777
    assert {"kept.db"} == {path.name for path in tmp_path.iterdir() if "kept" in path.name}


def test_backup_takes_no_place(kept, world):
    """
    A file that is there already is not written over.
    """
    content = kept.read_bytes()

    with pytest.raises(BackupError, match="there already"):
        backup(world.runtime.settings.database_url, kept)
    assert content == kept.read_bytes()


def test_nothing_to_keep(tmp_path):
    """
    Where there is no database, no empty one is made and called a backup.
    """
    with pytest.raises(BackupError, match="no database"):
        backup(f"sqlite:///{tmp_path}/nothing.db", tmp_path / "kept.db")
    assert [] == list(tmp_path.iterdir())


def test_restore_waits_for_the_service_to_stop(stopped, kept):
    """
    Nothing is put in place under a service that runs.
    """
    with FileLock(stopped.settings.data_dir / "serve.lock"), pytest.raises(BackupError, match="stop it first"):
        put_back(stopped, kept)


def test_restore_waits_for_everybody(world, stopped, kept):
    """
    Nor is it under a worker, a command or a gunicorn that was started by itself.
    """
    with Database(stopped.settings.database_url).engine.connect() as other:
        other.exec_driver_sql("SELECT count(*) FROM claim")
        with pytest.raises(BackupError, match="in use by another process"):
            put_back(stopped, kept)
        other.engine.dispose()
    assert 2 == world.score()["counts"]["resolved"]


def damage(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    file.write_bytes(content)


def forge(file):
    with closing(sqlite3.connect(file)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()


def empty(file):
    file.write_bytes(b"")


def confuse(file):
    file.write_text("SELECT 1;\n" * 1000)


@pytest.mark.parametrize("spoil", [damage, forge, empty, confuse])
def test_only_what_is_whole_is_put_in_place(world, stopped, kept, spoil):
    """
    A backup that is damaged, of a newer version, or none at all changes nothing.
    """
    spoil(kept)

    with pytest.raises(BackupError):
        put_back(stopped, kept)

    assert 2 == world.score()["counts"]["resolved"]
    assert [] == list(kept.parent.glob(".borneout.db*"))


def test_a_damaged_database_is_not_kept(stopped, tmp_path):
    """
    A database that is damaged makes no backup: an older one is worth more.
    """
    damage(tmp_path / "borneout.db")

    with pytest.raises(BackupError, match=r"damaged|cannot be copied"):
        backup(stopped.settings.database_url, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_a_damaged_database_is_replaced(world, stopped, kept):
    """
    A backup can take the place of a database that cannot even be opened any more.
    """
    place = kept.with_name("borneout.db")
    place.write_text("lost")
    place.with_name("borneout.db-wal").write_text("lost, too")

    aside = put_back(stopped, kept)

    assert "lost" == aside.read_text()
    assert 1 == world.score()["counts"]["resolved"]


def test_on_another_machine(stopped, kept, tmp_path):
    """
    A backup is put where there was nothing yet.
    """
    elsewhere = replace(stopped.settings, database_url=f"sqlite:///{tmp_path}/new/b.db", data_dir=tmp_path / "new")

    stopped.settings = elsewhere

    assert put_back(stopped, kept) is None
    app = create_app(elsewhere)
    assert 1 == World(app).score()["counts"]["resolved"]
    app.extensions["runtime"].db.close()


def test_postgresql_has_its_own_tools(tmp_path, cache):
    """
    On PostgreSQL both say what to use instead, and touch nothing.
    """
    url = Settings.from_env({"BORNEOUT_DATABASE_URL": "postgresql://u:hunter2@h/b"}).database_url
    (tmp_path / "kept.db").touch()

    with pytest.raises(BackupError, match="pg_dump") as refused:
        backup(url, tmp_path / "new.db")
    with pytest.raises(BackupError, match="pg_restore"):
        restore(url, tmp_path, tmp_path / "kept.db", cache, now=NOW)
    assert "hunter2" not in str(refused.value)


def test_commands(world, settings, tmp_path):
    """
    `borneout backup` and `borneout restore` say what they have done, and where what was there before is.
    """
    world.resolve(world.record(report()), "true")
    run = Command(settings)

    made = run("backup", tmp_path / "kept.db")
    world.runtime.db.close()
    put = run("restore", tmp_path / "kept.db")
    again = run("backup", tmp_path / "kept.db")

    assert re.search(r"kept.db holds the database .* \d+ bytes", made.output)
    assert (0, 0, 1) == (made.exit_code, put.exit_code, again.exit_code)
    assert re.search(r"What was there before is in .*borneout\.db\.before-", put.output)
    assert "there already" in again.output
