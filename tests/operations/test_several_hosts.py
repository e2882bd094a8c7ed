"""Two hosts of the API on one database, with a Redis that fails over or is resharded while they are read"""

from __future__ import annotations

import contextlib
import time

import pytest

from service.cache.redis_link import RANKING, generation_key, key_prefix
from service.storage.identity import database_id
from tests.support.awaiting import wait_until
from tests.support.hosts import running_hosts
from tests.support.race import Race, file_claims
from tests.support.redis_sites import run_cluster, run_sentinel


@pytest.fixture(params=["postgresql"])
def database_url(request):
    """A PostgreSQL database, because several hosts cannot share a SQLite file."""
    assert request.param
    return request.getfixturevalue("empty_postgres")("borneout")


@contextlib.contextmanager
def racing(folder, db, cache, database_url, redis_url):
    """Two hosts, and a race between them about 90 claims."""
    with running_hosts(folder, database_url=database_url, redis_url=redis_url, BORNEOUT_LEASE_MS="20") as hosts:
        claims = file_claims(db, cache, "Herald", 90)
        yield Race(hosts[0].port, "herald", claims=90, other_ports=(hosts[1].port,)), claims


def fail_over(race, claims, fail):
    """Resolve claims before, while and after a server fails, and check that reads are stale only meanwhile."""
    with race.reading():
        race.resolve(claims[:30])
        began = time.monotonic()
        fail()
        race.resolve(claims[30:60])
        wait_until(race.has_caught_up)
        caught_up = time.monotonic()
        race.resolve(claims[60:])
    assert ([], []) == (race.failed, [at for at in race.stale if not began <= at <= caught_up])
    assert [] == [age for age in race.ages if age > 5]
    assert 90 == race.acknowledged


def test_sentinel_promotes_the_replica(tmp_path, db, cache, database_url):
    """
    R20: when the primary fails and Sentinel promotes its replica, every request is answered. Reads are stale, if at
    all, for less than five seconds, and never after the service uses the new primary.
    """
    with run_sentinel(tmp_path) as redis, racing(tmp_path, db, cache, database_url, redis.url) as (race, claims):
        fail_over(race, claims, redis.first.kill)

        assert redis.second.is_primary()
        race.describe("Sentinel failover")


def test_cluster_is_resharded_and_fails_over(tmp_path, db, cache, database_url):
    """
    R20: while the slots of an outlet and of the shared keys move to other nodes, no read is stale. When a primary
    fails and its replica is promoted, the same holds as with Sentinel.
    """
    with run_cluster(tmp_path) as redis, racing(tmp_path, db, cache, database_url, redis.url) as (race, claims):
        prefix = key_prefix(database_id(db))
        keys = [generation_key(prefix, subject) for subject in ("herald", RANKING)]
        with race.reading():
            for number, claim in enumerate(claims[:30]):
                race.resolve([claim])
                redis.move(keys[number % 2])
        assert ([], []) == (race.stale, race.failed)
        assert race.hits > 0
        race.describe("Cluster resharded")

        again = Race(race.port, "herald", claims=90, other_ports=race.other_ports, acknowledged=30)
        with again.reading():
            again.resolve(claims[30:40])
            began = time.monotonic()
            redis.owner(keys[0]).kill()
            again.resolve(claims[40:70])
            wait_until(again.has_caught_up)
            caught_up = time.monotonic()
            again.resolve(claims[70:])
        again.describe("Cluster failover")
        assert ([], []) == (again.failed, [at for at in again.stale if not began <= at <= caught_up])
        assert [] == [age for age in again.ages if age > 5]
