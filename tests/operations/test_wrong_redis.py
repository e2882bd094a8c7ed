"""R20 on running services while Redis answers and is wrong: shared, of another database, or demoted

`RESOLUTIONS=200 python -m pytest -n0 --timeout 0 -s tests/operations/test_wrong_redis.py` is the long form.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from functools import partial

import psycopg
import pytest

from service.cache.score_cache import ScoreCache
from service.storage.db import Database
from service.storage.identity import database_id
from tests.support.awaiting import wait_until
from tests.support.live_service import Service, running
from tests.support.race import Race, file_claims
from tests.support.redis_server import run_private_redis

RESOLUTIONS = int(os.environ.get("RESOLUTIONS") or 30)
KINDS = ["sqlite", "postgresql"] if "RESOLUTIONS" in os.environ else ["sqlite"]
GRACE = 5.0  # seconds that R20 allows


@pytest.fixture(scope="module")
def shared_redis(tmp_path_factory):
    """A Redis that two services use."""
    with run_private_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module", params=KINDS)
def urls(request, tmp_path_factory):
    """Returns the URL of a new, empty database by its name."""
    if request.param == "sqlite":
        folder = tmp_path_factory.mktemp("databases")

        def create(name):
            (folder / f"{name}.db").unlink(missing_ok=True)
            return f"sqlite:///{folder / name}.db"
    else:
        server = request.getfixturevalue("postgres")

        def create(name):
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS wrong_{name} WITH (FORCE)")
                connection.execute(f"CREATE DATABASE wrong_{name}")
            return server.get_uri(f"wrong_{name}")

    return create


@pytest.fixture(scope="module")
def services(tmp_path_factory, urls, shared_redis):
    """Two services, each on its own database, that use one Redis: pairs of a service and the URL of its database."""
    with contextlib.ExitStack() as stack:
        pairs = []
        for name in ("first", "second"):
            env = {"BORNEOUT_DATABASE_URL": urls(name), "BORNEOUT_REDIS_URL": shared_redis.url}
            env["BORNEOUT_RATE_LIMIT"] = "off"  # a failure to count a call opens the circuit
            service = stack.enter_context(running(tmp_path_factory.mktemp(name), env=env))
            pairs.append((service, env["BORNEOUT_DATABASE_URL"]))
        yield pairs


def filed(service, url, redis, count, *, outlet="Herald"):
    """File claims of an outlet, and return the race and the ids of the claims."""
    with (
        contextlib.closing(Database(url.replace("postgresql://", "postgresql+psycopg://"))) as db,
        contextlib.closing(ScoreCache(redis.url, partial(database_id, db))) as cache,
    ):
        ids = file_claims(db, cache, outlet, count)
    return Race(service.port, outlet.lower(), claims=count), ids


def assert_never_stale(race, count, *, within):
    """Check that every resolution was acknowledged and read within some seconds, and no other service's score."""
    assert (count, [], []) == (race.acknowledged, race.failed, race.foreign)
    assert [] == [age for age in race.ages if age > within]
    assert race.hits > 0


def test_two_services_on_one_redis(services, shared_redis):
    """
    R20: two services on one Redis, with outlets of the same name, never serve each other's scores or rankings.
    """
    counts = (RESOLUTIONS // 2, RESOLUTIONS // 2 + 1)
    sides = [filed(*pair, shared_redis, count) for pair, count in zip(services, counts, strict=True)]
    with contextlib.ExitStack() as stack:
        for race, _ in sides:
            stack.enter_context(race.reading())
        writers = [threading.Thread(target=race.resolve, args=(ids,)) for race, ids in sides]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()

    for race, ids in sides:
        race.describe("Two services on one Redis")
        assert_never_stale(race, len(ids), within=0)


def test_demoted_redis(services, shared_redis):
    """
    R20: while Redis is a replica that refuses writes, and after it is a primary again, no read is older than 5 s.
    """
    service, _ = services[0]
    race, ids = filed(*services[0], shared_redis, RESOLUTIONS, outlet="Tribune")
    third = RESOLUTIONS // 3
    with race.reading():
        race.resolve(ids[:third])
        wait_until(race.has_caught_up)
        shared_redis.refuse_writes("replicaof 127.0.0.1 1")
        race.resolve(ids[third : 2 * third])
        assert ("degraded", "read-only") == state(service)
        wait_past_grace()
        shared_redis.accept_writes()
        service.wait_until_ready(("ok",))
        race.resolve(ids[2 * third :])
        wait_until(race.has_caught_up)

    race.describe("Demoted Redis")
    assert_never_stale(race, RESOLUTIONS, within=GRACE)


def test_worker_that_hangs(services, shared_redis):
    """
    R20: cached scores are not used while the worker hangs, and again when it continues.
    """
    service, _ = services[0]
    race, ids = filed(*services[0], shared_redis, 2, outlet="Gazette")
    wait_until(race.has_caught_up)
    [worker] = service.processes("borneout-worker")
    worker.suspend()
    try:
        wait_until(lambda: state(service) == ("degraded", "unproven"))
        race.resolve(ids)
        assert ("borneout; fwd=bypass", 2) == race.shown()
    finally:
        worker.resume()
    service.wait_until_ready(("ok",))
    wait_until(race.has_caught_up)


def test_emptied_database(services, urls, shared_redis):
    """
    R20: a service whose database is emptied ranks and serves nothing that it does not have, although its Redis still
    has the former scores.
    """
    service, url = services[1]
    race, ids = filed(service, url, shared_redis, 21, outlet="Courier")
    race.resolve(ids)
    wait_until(race.has_caught_up)
    assert "courier" in ranked(service)
    service.stop()
    assert shared_redis.client.keys("*response:courier:*")

    assert url == urls("second")
    service.start()

    assert [] == ranked(service)
    assert 404 == service.status("/v1/outlets/courier/score")
    race, ids = filed(service, url, shared_redis, RESOLUTIONS, outlet="Courier")
    with race.reading():
        race.resolve(ids)
    race.describe("Emptied database")
    assert_never_stale(race, RESOLUTIONS, within=0)


def ranked(service):
    """Return the slugs of the ranked outlets, after a read that may have been served from Redis."""
    for _ in range(2):
        status, body = service.call("GET", "/v1/scores?basis=resolved")
        assert 200 == status
    return [row["outlet"] for row in body["items"]]


def state(service):
    """Return the readiness of a service, and of its Redis."""
    _, body = service.call("GET", "/readyz")
    return body["status"], body["redis"]


def wait_past_grace():
    """Let the readers continue until a read could be older than R20 allows."""
    ends_at = time.monotonic() + GRACE + 0.5
    wait_until(lambda: time.monotonic() > ends_at)


def test_second_host_with_an_embedded_redis(postgres, tmp_path):
    """
    R20: `serve` with an embedded Redis does not start on a PostgreSQL database on which another host runs a worker. It
    starts when the other one has stopped.
    """
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS two_hosts WITH (FORCE)")
        connection.execute("CREATE DATABASE two_hosts")
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    env = {"BORNEOUT_DATABASE_URL": postgres.get_uri("two_hosts")}
    with running(folders[0], env=env) as first:
        with pytest.raises(AssertionError, match="it exited"):
            Service(folders[1], env=env)
        said = (folders[1] / "serve.log").read_text()
        assert f":{folders[0]} uses this database with a different Redis" in said
        assert "Set BORNEOUT_REDIS_URL to the same Redis on every host." in said
        wait_until(lambda: ("ok", "ok") == state(first))
        first.stop()
    with running(folders[1], env=env) as second:
        wait_until(lambda: ("ok", "ok") == state(second))
