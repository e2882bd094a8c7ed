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
    """The same service, whose Redis is not there."""
    return _started(replace(settings, redis_url="unix:///nowhere/redis.sock"))


@pytest.fixture
def without_database(settings):
    """The same service, whose database is not there."""
    return _started(replace(settings, database_url="sqlite:////nowhere/borneout.db"))


def _started(settings):
    app = create_app(settings)
    app.test_client_class = CheckedClient
    return app.test_client()


@pytest.mark.sqlite_alone
def test_health(world):
    """
    A process that answers is alive.
    """
    assert {"status": "ok"} == world.client.get("/healthz").json


def test_ready(world):
    """
    A service with its database and Redis is ready.
    """
    assert {"status": "ok", "database": "ok", "redis": "ok"} == world.client.get("/readyz").json


@pytest.mark.sqlite_alone
def test_ready_without_redis(without_redis):
    """
    Without Redis the service is slower, and ready.
    """
    response = without_redis.get("/readyz")

    assert (200, {"status": "degraded", "database": "ok", "redis": "away"}) == (response.status_code, response.json)


@pytest.mark.sqlite_alone
def test_stopping(world):
    """
    A service that was told to stop is not ready, and answers whatever still comes; started again, it is ready.
    """
    mark_draining(world.runtime.settings.data_dir)
    stopping, health, score = (world.client.get(path) for path in ("/readyz", "/healthz", "/v1/scores"))
    mark_started(world.runtime.settings.data_dir)

    assert_problem(stopping, 503, "stopping")
    assert "1" == stopping.headers["Retry-After"]
    assert (200, 200) == (health.status_code, score.status_code)
    assert 200 == world.client.get("/readyz").status_code


@pytest.mark.sqlite_alone
def test_score_without_redis(world, without_redis):
    """
    A score is computed when Redis is away, and says so.
    """
    world.resolve(world.record(report()), "true")

    response = without_redis.get("/v1/outlets/herald/score")

    assert (1, "borneout; fwd=bypass") == (response.json["counts"]["resolved"], response.headers["Cache-Status"])


@pytest.mark.sqlite_alone
def test_without_database(without_database):
    """
    Without its database the service is alive and not ready, and what needs it may be tried again.
    """
    answers = [without_database.get(path) for path in ("/readyz", "/v1/outlets", "/v1/outlets/herald/score")]

    assert {"status": "ok"} == without_database.get("/healthz").json
    for response in answers:
        assert_problem(response, 503, "unavailable")
        assert "1" == response.headers["Retry-After"]
        assert "nowhere" not in response.text
