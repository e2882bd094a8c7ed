"""service.cache.invalidation: what a writer that died, or a Redis that was away, left undone"""

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

from service.cache.invalidation import leave_forget, sweep
from service.cache.score_cache import ScoreCache
from service.claims.resolve import resolve_claim
from service.storage.models import Outbox, Resolution
from service.values.vocabulary import OPERATOR, Verdict
from tests.support.awaiting import wait_until
from tests.support.redis_server import own_redis
from tests.support.world import NOTE, World

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def rows(db):
    with db.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Outbox))


def leave(db, count, slug="herald"):
    for _ in range(count):
        with db.write() as session:
            leave_forget(session, [slug], now=NOW)


def test_sweep_does_what_is_left_and_is_done(db, cache):
    """
    Each row is done with once; then there is nothing to do.
    """
    leave(db, 3)

    assert [3, 0, 0] == [sweep(db, cache), sweep(db, cache), rows(db)]


def test_rows_of_another_kind_stay(db, cache):
    """
    What another version has left, and this one does not know, is neither done nor thrown away.
    """
    with db.write() as session:
        session.add(Outbox(kind="tell", payload={"to": "all"}, recorded_at=NOW))
    leave(db, 1)

    assert (1, 1) == (sweep(db, cache), rows(db))


def test_more_rows_than_fit_in_a_batch(db, cache):
    """
    A long absence of Redis leaves many rows; one sweep does them all.
    """
    with db.write() as session:
        for number in range(1200):
            leave_forget(session, [f"outlet-{number}"], now=NOW)

    assert 1200 == sweep(db, cache)
    assert 0 == rows(db)


def test_rows_stay_while_redis_is_away(db, tmp_path):
    """
    What Redis does not take stays, and is done when it is back.
    """
    leave(db, 2)
    with own_redis(tmp_path) as server, contextlib.closing(ScoreCache(server.url)) as scores:
        server.kill()
        assert (0, 2) == (sweep(db, scores), rows(db))
        server.start()
        with server.hung():
            assert (0, 2) == (sweep(db, scores), rows(db))
        assert (2, 0) == (sweep(db, scores), rows(db))


def test_rolled_back_write_leaves_no_row(db):
    """
    The row is part of the transaction: without the change there is nothing to make old.
    """
    with contextlib.suppress(ZeroDivisionError), db.write() as session:
        leave_forget(session, ["herald"], now=NOW)
        session.flush()
        raise ZeroDivisionError

    assert 0 == rows(db)


def test_two_sweeps_at_once(db, redis_url):
    """
    Two workers may sweep at once, while rows come in: each row is gone in the end, and neither fails.
    """
    leave(db, 20)
    failed = []

    def work():
        with contextlib.closing(ScoreCache(redis_url)) as scores:
            try:
                for _ in range(10):
                    sweep(db, scores)
            except sa.exc.SQLAlchemyError as exc:
                failed.append(exc)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    leave(db, 20)
    for worker in workers:
        worker.join()
    with contextlib.closing(ScoreCache(redis_url)) as scores:
        sweep(db, scores)

    assert ([], 0) == (failed, rows(db))


def test_writer_killed_between_commit_and_forget(app, db, settings, tmp_path):
    """
    R20: a writer that is killed when it has committed and not yet reached Redis leaves a stale score, which the next
    sweep ends.
    """
    with own_redis(tmp_path) as server, contextlib.closing(ScoreCache(server.url)) as scores:
        world = World(app)
        claim = world.record()
        world.runtime.cache.close()
        world = World(_with_redis(app, scores))
        assert 0 == world.score()["counts"]["resolved"]
        env = os.environ | {"BORNEOUT_DATABASE_URL": settings.database_url, "BORNEOUT_REDIS_URL": server.url}
        command = [sys.executable, "-m", "service.cli", "resolve", claim["id"], "true", "--note", "Seen."]
        with server.hung(), subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as writer:
            wait_until(lambda: resolutions(db) == 1)
            writer.kill()

        wait_until(lambda: world.get("/v1/outlets/herald/score").headers["Cache-Status"] == "borneout; hit")
        assert 0 == world.score()["counts"]["resolved"], "nothing was stale, so this tests nothing"

        assert 2 == sweep(db, scores)  # the record of the claim has left a row, too

        assert 1 == world.score()["counts"]["resolved"]


def resolutions(db):
    with db.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Resolution))


def _with_redis(app, scores):
    """The application with another cache."""
    app.extensions["runtime"] = dataclasses.replace(app.extensions["runtime"], cache=scores)
    return app


def test_score_is_forgotten_after_the_commit_and_not_before(world):
    """
    R20: a reader that comes between a use case and the commit of the transaction that it is part of caches what was
    so until then, and nobody is served that afterwards.
    """
    claim, at, now = world.record(), world.runtime, dt.datetime.now(dt.UTC)
    given = {"verdict": Verdict.TRUE, "truth": None, "known_at": None, "evidence": [], "note": NOTE, "supersedes": None}
    with at.db.write():
        resolve_claim(at.db, at.cache, UUID(claim["id"]), resolution=given, caller=OPERATOR, now=now)
        between = world.score()["counts"]["resolved"]

    assert (0, 1) == (between, world.score()["counts"]["resolved"])
