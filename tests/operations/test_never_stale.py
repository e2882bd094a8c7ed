"""R20 on a running service: no score that is read is older than an acknowledged resolution"""

from __future__ import annotations

import contextlib
import time

import psutil
import pytest

from tests.support.awaiting import wait_until
from tests.support.live_service import running
from tests.support.race import Race, file_claims
from tests.support.redis_server import run_private_redis


@pytest.fixture(scope="module")
def private_redis(tmp_path_factory):
    """A Redis that the tests stop and kill."""
    with run_private_redis(tmp_path_factory.mktemp("redis")) as redis_server:
        yield redis_server


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request):
    """A database of either kind, shared by the tests."""
    return request.getfixturevalue({"sqlite": "empty_sqlite", "postgresql": "empty_postgres"}[request.param])(
        "standing"
    )


@pytest.fixture(scope="module")
def service(request, database_url, tmp_path_factory):
    """A service on either database: on SQLite with its embedded Redis, on PostgreSQL with an external one."""
    env = {"BORNEOUT_DATABASE_URL": database_url}
    if not database_url.startswith("sqlite"):
        env["BORNEOUT_REDIS_URL"] = request.getfixturevalue("private_redis").url
    with running(tmp_path_factory.mktemp("raced"), workers=3, env=env) as started:
        yield started


@pytest.fixture
def race_of(service, db, cache):
    """Returns a function that files claims of a new outlet, and returns the race and the ids of the claims."""

    def file(outlet, count):
        return Race(service.port, outlet.lower(), claims=count), file_claims(db, cache, outlet, count)

    return file


def test_six_readers_and_two_hundred_resolutions(race_of):
    """
    R20: with several workers on either database, every read includes all resolutions acknowledged before it began.
    """
    race, claims = race_of("Herald", 200)
    with race.reading():
        race.resolve(claims)

    race.describe("Redis alive")
    assert (200, [], []) == (race.acknowledged, race.stale, race.failed)
    assert race.hits > 0


def resolve_through(race, claims, fault):
    """Resolve a third of the claims, another third during a fault, and then the rest. Reads may be stale only until
    Redis has caught up.
    """
    third = len(claims) // 3
    with race.reading():
        race.resolve(claims[:third])
        began = time.monotonic()
        with fault():
            race.resolve(claims[third : 2 * third])
        wait_until(race.has_caught_up)
        caught_up = time.monotonic()
        race.resolve(claims[2 * third :])
    assert [] == [at for at in race.stale if not began <= at <= caught_up]
    assert [] == race.failed


def is_degraded(service):
    """Return whether the service reports that Redis is unavailable."""
    status, body = service.call("GET", "/readyz")
    assert 200 == status
    return (body["status"], body["redis"]) == ("degraded", "away")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_redis_killed_in_the_middle(race_of, service):
    """
    R20: while the embedded Redis is killed and restarted, the service responds, and no read is stale after Redis has
    caught up.
    """

    @contextlib.contextmanager
    def killed():
        watcher = psutil.Process(service.process.pid)
        [process] = service.processes("redis.sock")
        watcher.suspend()  # so that Redis stays down until a third of the claims is resolved
        try:
            process.kill()
            assert is_degraded(service)
            yield
        finally:
            watcher.resume()
        service.wait_until_ready(("ok",))

    race, claims = race_of("Tribune", 200)
    resolve_through(race, claims, killed)

    race.describe("Redis killed")
    assert 200 == race.acknowledged


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_redis_hung_and_then_restored_from_an_old_snapshot(race_of, service, private_redis):
    """
    R20: while Redis hangs, the service responds and is degraded. After Redis was restored from an old snapshot, reads
    are stale only until it has caught up.
    """

    @contextlib.contextmanager
    def hung():
        with private_redis.hung():
            assert is_degraded(service)
            yield

    @contextlib.contextmanager
    def restored():
        private_redis.kill()
        assert is_degraded(service)
        yield
        private_redis.restart_from(dump)

    race, claims = race_of("Gazette", 90)
    resolve_through(race, claims[:30], hung)
    race.describe("Redis hung")
    assert {30} == {race.shown()[1] for _ in range(10)}
    dump = private_redis.save()
    race = Race(service.port, race.outlet, claims=90, acknowledged=30)
    resolve_through(race, claims[30:], restored)
    race.describe("Redis restored")
    assert 90 == race.acknowledged
