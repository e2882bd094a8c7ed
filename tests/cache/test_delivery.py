"""service.cache.delivery: the proof that the cached scores are current"""

from __future__ import annotations

import contextlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import pytest
import sqlalchemy as sa

from service.cache.delivery import Delivery
from service.cache.invalidation import invalidate
from service.cache.redis_link import CacheState, RedisLink, proof_key
from service.cache.score_cache import ScoreCache
from service.storage.db import Database
from service.storage.identity import database_id
from service.storage.models import Identity, Outbox
from tests.cache.test_invalidation import queue, rows
from tests.support.awaiting import later
from tests.support.cache_questions import BYPASS, HIT, MISS, Rows, circuit_stays_open, read, write
from tests.support.redis_server import PrivateRedis, proof_life, run_private_redis


@dataclass
class Site:
    """A database, its Redis, a reader and a worker."""

    db: Database
    redis: PrivateRedis
    cache: ScoreCache
    rows: Rows = field(default_factory=Rows)

    def __post_init__(self):
        self.worker = Delivery(self.db, self.cache.link)

    def read(self):
        """Return the score of the Herald, and the cache status."""
        return read(self.cache, self.rows)

    def write(self):
        """Change the score of the Herald as a use case does, and return whether Redis confirmed the invalidation."""
        queue(self.db, 1)
        return write(self.cache, self.rows)

    def has_proof(self):
        return self.redis.client.get(proof_key(self.cache.link.prefix)) is not None

    def expire_proof(self):
        """Let the proof expire, which takes four seconds otherwise."""
        self.redis.client.delete(proof_key(self.cache.link.prefix))


@contextlib.contextmanager
def opened(db, redis):
    """A site on a database and a Redis."""
    with contextlib.closing(ScoreCache(redis.url, partial(database_id, db))) as cache:
        yield Site(db, redis, cache)


@pytest.fixture
def site(db, private_redis):
    """A site on which no worker has run yet."""
    with opened(db, private_redis) as made:
        yield made


@pytest.fixture
def other_redis(tmp_path):
    """A second Redis."""
    (tmp_path / "other").mkdir()
    with run_private_redis(tmp_path / "other") as server:
        yield server


def test_hits_need_a_proof(site):
    """
    R20: a cached score is used only while a worker proves that invalidations reach this Redis.
    """
    assert (("herald 0", BYPASS), CacheState.UNPROVEN) == (site.read(), site.cache.link.state())

    assert site.worker.run()
    assert [("herald 0", MISS), ("herald 0", HIT)] == [site.read(), site.read()]
    assert CacheState.OK is site.cache.link.state()

    site.expire_proof()
    site.rows.number = 1
    assert (("herald 1", BYPASS), CacheState.UNPROVEN) == (site.read(), site.cache.link.state())


@pytest.mark.sqlite_alone
def test_proof_expires(site):
    """
    R20: a proof expires within five seconds, and the worker renews it.
    """
    with proof_life(4.0):
        site.worker.run()

        assert 0 < site.redis.client.pttl(proof_key(site.cache.link.prefix)) <= 4000


@pytest.mark.sqlite_alone
def test_proof_that_never_changes(site):
    """
    R20: a Redis in which nothing expires or changes, such as a frozen copy behind a proxy, is not used for long.
    """
    site.worker.run()
    site.read()
    site.redis.client.persist(proof_key(site.cache.link.prefix))

    with proof_life(4.0), later(4.1):
        assert (BYPASS, CacheState.UNPROVEN) == (site.read()[1], site.cache.link.state())
        site.worker.run()
        assert HIT is site.read()[1]


@pytest.mark.sqlite_alone
def test_proof_is_renewed_while_the_database_is_unavailable(site):
    """
    While the database is unavailable nothing is written, so the cached scores stay in use.
    """
    site.worker.renew()
    assert not site.has_proof()  # nothing is known about this Redis yet
    site.worker.run()
    site.expire_proof()

    site.worker.renew()

    assert site.has_proof()


def test_long_write_does_not_delay_the_proof(site):
    """
    While another writer blocks the queue, invalidations are delivered and proven, and their rows are deleted later.
    """
    site.worker.run()
    queue(site.db, 1)
    with site.db.write() as session:
        session.execute(sa.select(Outbox).with_for_update()).all()

        assert threaded(site.worker.run)
        assert 1 == rows(site.db)

    assert site.worker.run()
    assert 0 == rows(site.db)


def threaded(call):
    """Return the result of a call in another thread, which does not join the transaction of this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def test_restored_from_an_old_snapshot(site):
    """
    R20: data that Redis restored from a snapshot, even one of a moment ago, is invalidated by the next delivery.
    """
    site.worker.run()
    site.read()
    dump = site.redis.save()
    site.write()
    site.worker.run()
    site.redis.restart_from(dump)
    assert ("herald 0", HIT) == site.read(), "the snapshot was not restored, so this tests nothing"

    assert site.worker.run()

    assert ("herald 1", MISS) == site.read()


def test_promoted_replica_that_lacks_the_last_writes(site, other_redis):
    """
    R20: after a failover to a replica that lacks the last writes, the next delivery invalidates every cached score.
    """
    site.worker.run()
    site.read()
    saved = site.redis.save()
    site.write()
    site.worker.run()
    other_redis.restart_from(saved)
    site.redis.kill()
    site.redis.socket.unlink()
    site.redis.socket.symlink_to(other_redis.socket)  # the name now leads to the replica
    assert ("herald 0", HIT) == site.read(), "the replica has the last writes, so this tests nothing"

    assert site.worker.run()

    assert ("herald 1", MISS) == site.read()


def test_no_restart(site):
    """
    Nothing is invalidated while Redis is the same and loses nothing.
    """
    site.worker.run()
    site.read()

    assert site.worker.run()

    assert ("herald 0", HIT) == site.read()


@pytest.mark.parametrize("refusal", ["replicaof 127.0.0.1 1", "maxmemory 1", "min-replicas-to-write 1"])
def test_redis_that_refuses_writes(site, refusal):
    """
    R20: the proof of a Redis that answers reads and refuses writes is not renewed, and the queue stays.
    """
    site.worker.run()
    site.read()
    queue(site.db, 1)
    site.redis.refuse_writes(refusal)

    assert (False, CacheState.READ_ONLY) == (site.worker.run(), site.cache.link.state())
    site.redis.accept_writes()

    assert (True, CacheState.OK) == (site.worker.run(), site.cache.link.state())


@pytest.mark.sqlite_alone
def test_writer_waits_for_scores_that_it_cannot_invalidate(site):
    """
    R20: if Redis refuses an invalidation, the writer waits until the proof has expired. Later writes do not wait.
    """
    with proof_life(0.5):
        site.worker.run()
        site.read()
        site.redis.refuse_writes("replicaof 127.0.0.1 1")

        assert (False, False) == (site.write(), site.has_proof())
    with proof_life(3600.0):
        assert not site.write()


def test_two_databases_on_one_redis(site, empty_sqlite):
    """
    Two services on one Redis never serve or invalidate each other's scores.
    """
    with contextlib.closing(Database(empty_sqlite("other"))) as db, opened(db, site.redis) as neighbour:
        assert [True, True] == [site.worker.run(), neighbour.worker.run()]
        site.read()
        neighbour.rows.number = 7

        assert ("herald 7", MISS) == neighbour.read()
        neighbour.write()
        assert ("herald 0", HIT) == site.read()


def test_emptied_database(site):
    """
    R20: a new database behind an old Redis has no cached scores. Other processes find its id when the proof of the
    former one is gone.
    """
    with opened(site.db, site.redis) as reader:
        site.worker.run()
        assert [MISS, HIT] == [site.read()[1], reader.read()[1]]
        with site.db.write() as session:
            session.execute(sa.delete(Identity))
        site.expire_proof()
        site.rows.number = reader.rows.number = 1

        site.worker.run()

        assert ("herald 1", MISS) == site.read()
        with later(2):
            assert [("herald 1", BYPASS), ("herald 1", HIT)] == [reader.read(), reader.read()]


def test_two_redis_for_one_database(site, other_redis, caplog):
    """
    R20: if two workers of one database use two Redis, both notice it, and neither proves its Redis current.
    """
    with opened(site.db, other_redis) as other:
        assert [True, True] == [site.worker.run(), other.worker.run()]

        assert [False] * 6 == [at.worker.run() for at in (site, other) * 3]
        assert [BYPASS, BYPASS] == [at.read()[1] for at in (site, other)]
        assert 2 == caplog.text.count("Another worker uses this database with another Redis")

    # The other worker has stopped.
    site.rows.number = 1
    assert [False, True] == [site.worker.run() for _ in range(2)]
    assert ("herald 1", MISS) == site.read()


@pytest.mark.sqlite_alone
def test_copy_of_a_database_on_one_redis(site, tmp_path):
    """
    R20: if a copy of a database uses the same Redis, both workers notice it, and neither proves it current.
    """
    site.worker.run()
    site.db.close()
    copy = shutil.copy(site.db.engine.url.database, tmp_path / "copy.db")
    with contextlib.closing(Database(f"sqlite:///{copy}")) as db, opened(db, site.redis) as other:
        assert other.worker.run()
        assert site.cache.link.prefix == other.cache.link.prefix

        assert [False] * 6 == [at.worker.run() for at in (site, other) * 3]
        assert [BYPASS, BYPASS] == [at.read()[1] for at in (site, other)]


def test_two_workers_of_one_redis(site):
    """
    Two workers may use one database and one Redis: soon after the second has started, both prove it current.
    """
    with opened(site.db, site.redis) as other:
        assert [True, True] == [site.worker.run(), other.worker.run()]

        assert [True] * 6 == [at.worker.run() for at in (site, other) * 3]


def test_unknown_database(private_redis):
    """
    While the id of the database is unknown, Redis is not used.
    """

    def identify():
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    with contextlib.closing(ScoreCache(private_redis.url, identify)) as cache, circuit_stays_open():
        assert ("herald 0", BYPASS) == read(cache, Rows())
        assert (False, CacheState.UNPROVEN) == (invalidate(cache, ["herald"]), cache.link.state())


@pytest.mark.parametrize(
    ("permissions", "refused"),
    [
        ("+@all -@dangerous -@admin ~borneout:*", []),
        ("+@all -evalsha ~borneout:*", ["EVALSHA"]),
        ("+@read ~borneout:*", ["SET", "INCRBY", "PEXPIRE", "DEL", "SCRIPT LOAD", "EVALSHA"]),
        ("+@all ~other:*", ["SET", "GET", "MGET", "INCRBY", "PEXPIRE", "PTTL", "DEL"]),
    ],
)
def test_permissions(private_redis, permissions, refused):
    """
    The commands that the permissions of Redis deny are named. A user as the guide of Redis suggests has them all.
    """
    private_redis.client.execute_command("ACL", "SETUSER", "app", "on", ">secret", *permissions.split())
    url = private_redis.url.replace("unix://", "unix://app:secret@")

    with contextlib.closing(RedisLink(url, lambda: "0")) as link:
        assert refused == link.refused_commands()
