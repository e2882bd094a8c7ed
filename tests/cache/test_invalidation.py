"""service.cache.invalidation and delivery: the outbox after a dead writer or a failed Redis"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import os
import subprocess
import sys
import threading
from uuid import UUID

import sqlalchemy as sa

from service.cache.delivery import Delivery
from service.cache.invalidation import STANDING, queue_invalidation
from service.cache.score_cache import ScoreCache
from service.claims.resolve import resolve_claim
from service.storage.models import Outbox, Resolution
from service.values.vocabulary import OPERATOR, Verdict
from tests.support.awaiting import wait_until
from tests.support.world import NOTE, World

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def rows(db):
    """Return the number of rows for a delivery; the others update the stored order of rankings."""
    with db.read() as session:
        return session.scalar(sa.select(sa.func.count()).where(Outbox.kind != STANDING))


def queue(db, count, slug="herald"):
    for _ in range(count):
        with db.write() as session:
            queue_invalidation(session, [slug], now=NOW)


def test_each_row_is_processed_once(db, cache):
    """
    Each queued invalidation is delivered once.
    """
    queue(db, 3)

    assert Delivery(db, cache.link).run()
    assert 0 == rows(db)


def test_rows_of_another_kind_stay(db, cache):
    """
    Tasks of an unknown kind, queued by another version, are neither run nor deleted.
    """
    with db.write() as session:
        session.add(Outbox(kind="notify", payload={"to": "all"}, recorded_at=NOW))
    queue(db, 1)

    assert Delivery(db, cache.link).run()
    assert 1 == rows(db)


def test_more_rows_than_fit_in_a_batch(db, cache):
    """
    One run processes more rows than fit in a batch.
    """
    with db.write() as session:
        for number in range(1200):
            queue_invalidation(session, [f"outlet-{number}"], now=NOW)

    assert Delivery(db, cache.link).run()
    assert 0 == rows(db)


def test_rows_stay_while_redis_fails(db, private_cache, private_redis):
    """
    If Redis fails, the rows stay and are processed when it is back.
    """
    queue(db, 2)
    delivery = Delivery(db, private_cache.link)
    private_redis.kill()
    assert (False, 2) == (delivery.run(), rows(db))
    private_redis.start()
    with private_redis.hung():
        assert (False, 2) == (delivery.run(), rows(db))
    assert (True, 0) == (delivery.run(), rows(db))


def test_rolled_back_write_leaves_no_row(db):
    """
    A transaction that is rolled back queues no invalidation.
    """
    with contextlib.suppress(ZeroDivisionError), db.write() as session:
        queue_invalidation(session, ["herald"], now=NOW)
        session.flush()
        raise ZeroDivisionError

    assert 0 == rows(db)


def test_concurrent_workers(db, redis_url, identify):
    """
    Concurrent workers process all rows without an error, while others are added.
    """
    queue(db, 20)
    failed = []

    def work():
        with contextlib.closing(ScoreCache(redis_url, identify)) as scores:
            delivery = Delivery(db, scores.link)
            try:
                for _ in range(10):
                    delivery.run()
            except sa.exc.SQLAlchemyError as exc:
                failed.append(exc)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    queue(db, 20)
    for worker in workers:
        worker.join()
    with contextlib.closing(ScoreCache(redis_url, identify)) as scores:
        delivery = Delivery(db, scores.link)
        wait_until(delivery.run)

    assert ([], 0) == (failed, rows(db))


def test_writer_killed_before_the_invalidation(app, db, settings, private_cache, private_redis):
    """
    R20: if a writer dies between commit and invalidation, the worker invalidates the stale score.
    """
    world = World(app)
    claim = world.record()
    world.runtime.cache.close()
    world = World(_with_redis(app, private_cache))
    assert 0 == world.score()["counts"]["resolved"]
    env = os.environ | {"BORNEOUT_DATABASE_URL": settings.database_url, "BORNEOUT_REDIS_URL": private_redis.url}
    command = [sys.executable, "-m", "service.cli", "resolve", claim["id"], "true", "--note", "Seen."]
    with private_redis.hung(), subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as writer:
        wait_until(lambda: resolutions(db) == 1)
        writer.kill()

    wait_until(lambda: world.get("/v1/outlets/herald/score").headers["Cache-Status"] == "borneout; hit")
    assert 0 == world.score()["counts"]["resolved"], "nothing was stale, so this tests nothing"
    assert 2 == rows(db)  # recording the claim queued a row, too

    assert Delivery(db, private_cache.link).run()

    assert 1 == world.score()["counts"]["resolved"]


def resolutions(db):
    with db.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Resolution))


def _with_redis(app, scores):
    """Return the application with another cache."""
    app.extensions["runtime"] = dataclasses.replace(app.extensions["runtime"], cache=scores)
    return app


def test_score_is_invalidated_after_the_commit(world):
    """
    R20: a score cached by a reader before the commit is not served after it.
    """
    claim, at, now = world.record(), world.runtime, dt.datetime.now(dt.UTC)
    given = {"verdict": Verdict.TRUE, "truth": None, "known_at": None, "evidence": [], "note": NOTE, "supersedes": None}
    with at.db.write():
        resolve_claim(at.db, at.cache, UUID(claim["id"]), resolution=given, caller=OPERATOR, now=now)
        between = world.score()["counts"]["resolved"]

    assert (0, 1) == (between, world.score()["counts"]["resolved"])
