"""The application as tests of the API call it."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
import redis

from service.app import create_app
from service.config import Settings
from tests.api.contract import CheckedClient
from tests.world import World


@pytest.fixture
def app(app):
    """The application, whose clients check what it answers."""
    app.test_client_class = CheckedClient
    yield app
    app.test_client_class = None


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
    app.test_client_class = CheckedClient
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
