"""GET /healthz and GET /readyz"""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.app import create_app
from service.operations.readiness import mark_draining, mark_started
from tests.support.contract import CheckedClient
from tests.support.world import assert_problem, report


@pytest.fixture
def without_redis(settings):
    """Return a client of the same service without Redis."""
    return _started(replace(settings, redis_url="unix:///nowhere/redis.sock"))


@pytest.fixture
def without_database(settings):
    """Return a client of the same service without the database."""
    return _started(replace(settings, database_url="sqlite:////nowhere/borneout.db"))


def _started(settings):
    app = create_app(settings)
    app.test_client_class = CheckedClient
    return app.test_client()


@pytest.mark.sqlite_alone
def test_health(world):
    """
    A process that responds is alive.
    """
    assert {"status": "ok"} == world.client.get("/healthz").json


def test_ready(world):
    """
    A service with its database and Redis is ready.
    """
    assert {"status": "ok", "database": "ok", "redis": "ok", "reason": None} == world.client.get("/readyz").json


@pytest.mark.sqlite_alone
def test_ready_without_redis(without_redis):
    """
    Without Redis the service is ready and reports `degraded` with the reason.
    """
    response = without_redis.get("/readyz")

    assert (200, "degraded", "away") == (response.status_code, response.json["status"], response.json["redis"])
    assert response.json["reason"].startswith("Redis does not answer")


def test_ready_without_a_worker(world, cache):
    """
    If no worker proves that the cached scores are current, the service is ready and reports `degraded`.
    """
    cache.link.writer.flushall()

    response = world.client.get("/readyz")

    assert (200, "degraded", "unproven") == (response.status_code, response.json["status"], response.json["redis"])
    assert response.json["reason"].startswith("No worker confirms")


@pytest.mark.sqlite_alone
def test_ready_with_a_read_only_redis(settings, private_redis):
    """
    If Redis answers and refuses writes, the service is ready and reports `degraded`.
    """
    client = _started(replace(settings, redis_url=private_redis.url))
    private_redis.refuse_writes("min-replicas-to-write 1")

    response = client.get("/readyz")

    assert (200, "degraded", "read-only") == (response.status_code, response.json["status"], response.json["redis"])
    assert response.json["reason"].startswith("Redis refuses writes")


@pytest.mark.sqlite_alone
def test_stopping(world):
    """
    A draining service is not ready but still handles requests; after a restart it is ready.
    """
    mark_draining(world.runtime.settings.data_dir)
    readiness, health, score = (world.client.get(path) for path in ("/readyz", "/healthz", "/v1/scores"))
    mark_started(world.runtime.settings.data_dir)

    assert_problem(readiness, 503, "stopping")
    assert "1" == readiness.headers["Retry-After"]
    assert (200, 200) == (health.status_code, score.status_code)
    assert 200 == world.client.get("/readyz").status_code


@pytest.mark.sqlite_alone
def test_score_without_redis(world, without_redis):
    """
    Without Redis a score is computed, and Cache-Status says so.
    """
    world.resolve(world.record(report()), "true")

    response = without_redis.get("/v1/outlets/herald/score")

    assert (1, "borneout; fwd=bypass") == (response.json["counts"]["resolved"], response.headers["Cache-Status"])


@pytest.mark.sqlite_alone
def test_without_database(without_database):
    """
    Without the database the service is alive but not ready, and requests that need it get a 503 with Retry-After.
    """
    responses = [without_database.get(path) for path in ("/readyz", "/v1/outlets", "/v1/outlets/herald/score")]

    assert {"status": "ok"} == without_database.get("/healthz").json
    for response in responses:
        assert_problem(response, 503, "unavailable")
        assert "1" == response.headers["Retry-After"]
        assert "nowhere" not in response.text
