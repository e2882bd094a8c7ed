"""A PostgreSQL primary with a streaming replica: reads that may be late, and a failover"""

from __future__ import annotations

import contextlib
import logging
from functools import partial

import pytest

from service.cache.score_cache import ScoreCache
from service.config import Settings
from service.storage.db import Database
from service.storage.identity import database_id
from service.web import runtime as web_runtime
from service.web.runtime import Runtime
from tests.support.awaiting import wait_until
from tests.support.postgres_sites import run_replicated_postgres
from tests.support.redis_server import prove
from tests.support.world import World, application_on, report


@pytest.fixture(scope="module")
def replicated_postgres():
    """A primary and its replica; the last test stops the primary."""
    with run_replicated_postgres() as site:
        yield site


@pytest.fixture
def world(application, replicated_postgres, redis_url, tmp_path):
    """A client of the API, which writes to whichever server is the primary, and reads from the replica."""
    env = {
        "BORNEOUT_DATABASE_URL": f"{replicated_postgres.url}?target_session_attrs=read-write",
        "BORNEOUT_REPLICA_URL": replicated_postgres.alone(replicated_postgres.replica),
        "BORNEOUT_REDIS_URL": redis_url,
    }
    settings = Settings.from_env(env, data_dir=tmp_path)
    assert settings.replica_url is not None
    db, replica = Database(settings.database_url), Database(settings.replica_url)
    cache = ScoreCache(redis_url, partial(database_id, db))
    with contextlib.closing(db), contextlib.closing(replica), contextlib.closing(cache):
        prove(cache)
        yield World(application_on(application, Runtime(db, cache, settings, replica)))


def late_counts(world):
    """Return the numbers of resolved claims of the Herald as the reads that may be late show them."""
    explained = world.get("/v1/outlets/herald/score/explanation").json
    *_, last = world.get("/v1/outlets/herald/score/history").json["items"]
    exported = world.get("/v1/export/resolutions").text.splitlines()
    return explained["record"]["resolved"], last["record"]["resolved"], len(exported)


def test_replica_that_lags(world, replicated_postgres):
    """
    R20: while the replica lags, scores include every resolution. Explanations, histories, exports and lists are those
    of the replica, and an outlet that is not on the replica yet is read from the primary.
    """
    world.resolve(world.record(), "true")
    replicated_postgres.wait_until_replayed()
    replicated_postgres.replica.query("SELECT pg_wal_replay_pause()")
    try:
        world.resolve(world.record(), "false")
        world.record(report("Tribune"))

        assert 2 == world.score()["counts"]["resolved"]
        assert (1, 1, 1) == late_counts(world)
        assert "Tribune" not in world.client.get("/outlets").text
        assert [200, 200] == [
            world.get(path).status_code for path in ("/v1/outlets/tribune/score/explanation", "/outlets/tribune/why")
        ]
    finally:
        replicated_postgres.replica.query("SELECT pg_wal_replay_resume()")
    replicated_postgres.wait_until_replayed()
    assert (2, 2, 2) == late_counts(world)


def test_failover(world, replicated_postgres, caplog, monkeypatch):
    """
    While no server accepts writes, they receive 503 and cached scores are served. After the replica was promoted,
    writes go to it without a restart. A replica that is away is not used, and the primary answers in its place.
    """
    world.record(report("Gazette"))
    world.score("gazette")
    replicated_postgres.wait_until_replayed()
    replicated_postgres.primary.stop()

    assert 503 == world.post("/v1/claims", {"text": "A tunnel opens.", "reports": [report()]}).status_code
    assert "borneout; hit" == world.get("/v1/outlets/gazette/score").headers["Cache-Status"]

    replicated_postgres.replica.query("SELECT pg_promote()")
    wait_until(lambda: 201 == world.post("/v1/claims", {"text": "A dam opens.", "reports": [report()]}).status_code)

    away = replicated_postgres.alone(replicated_postgres.primary)
    monkeypatch.setattr(world.runtime, "replica", Database(away))
    with caplog.at_level(logging.WARNING, web_runtime.__name__):
        statuses = [world.get("/v1/outlets/gazette/score/explanation").status_code for _ in range(3)]
    assert ([200, 200, 200], 1) == (statuses, sum("The replica is not used" in line for line in caplog.messages))
    assert 200 == world.get("/v1/export/outlets").status_code
