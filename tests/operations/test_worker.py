"""service.operations.worker: every second, what is left behind"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import threading

import pytest
import sqlalchemy as sa

from service.cache.invalidation import queue_invalidation
from service.cache.score_cache import CacheKey, CacheStatus, EncodedResponse
from service.operations.stop_signal import Stop
from service.operations.worker import run_worker, tick
from service.storage.db import Database
from service.storage.models import Outbox
from tests.support.awaiting import DEADLINE, wait_until

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
HERALD = CacheKey("herald", "all")


def leave(db):
    with db.write() as session:
        queue_invalidation(session, ["herald"], now=NOW)


def is_empty(db):
    with db.read() as session:
        return not session.scalar(sa.select(sa.exists().select_from(Outbox)))


def read(cache, text):
    """What is served of the Herald when the database says `text`."""
    [answer], status = cache.get_or_compute([HERALD], lambda _: [EncodedResponse(text, "tag")])
    return answer.body, status


@pytest.fixture
def working(tmp_path):
    """Runs a worker for a while; what it died of is raised."""

    @contextlib.contextmanager
    def work(db, cache, folder=tmp_path):
        stop, died = Stop(), []

        def run():
            try:
                run_worker(db, cache, stop, beat=folder / "worker.beat")
            except Exception as exc:  # noqa: BLE001 - raised again below
                died.append(exc)

        worker = threading.Thread(target=run)
        worker.start()
        try:
            yield worker
        finally:
            stop.set()
            worker.join(DEADLINE)
        assert not worker.is_alive()
        if died:
            raise died[0]

    return work


def test_worker_catches_up_with_a_redis_that_was_away(db, own, server, working):
    """
    R20: a write that could not reach Redis, because it hung, is caught up after its return.
    """
    read(own, b"old")
    with working(db, own):
        with server.hung():
            leave(db)
            assert not own.invalidate(["herald"])
        wait_until(lambda: is_empty(db))
        wait_until(lambda: read(own, b"new")[1] is CacheStatus.HIT)

    assert (b"new", CacheStatus.HIT) == read(own, b"newer")


def test_restored_snapshot_goes_before_the_rows(db, own, server):
    """
    R20: one round ends both what Redis restored from long ago and what was left in the outbox meanwhile.
    """
    tick(db, own, now=NOW)
    read(own, b"old")
    dump = server.save()
    server.restart_from(dump)
    leave(db)
    assert (b"old", CacheStatus.HIT) == read(own, b"new")

    tick(db, own, now=NOW)

    assert is_empty(db)
    assert b"new" == read(own, b"new")[0]


def test_rows_are_kept_while_redis_is_away(db, own, server):
    """
    A round without Redis does nothing and fails nobody.
    """
    leave(db)
    server.kill()

    tick(db, own, now=NOW)

    assert not is_empty(db)


def test_database_away_is_waited_for(tmp_path, sqlite_template, cache, working, caplog):
    """
    A worker whose database is away does not end, and goes on when it is back.
    """
    path = tmp_path / "away" / "test.db"
    with contextlib.closing(Database(f"sqlite:///{path}")) as db, working(db, cache) as worker:
        wait_until(lambda: caplog.text.count("The database is away") >= 2)
        assert worker.is_alive()
        path.parent.mkdir()
        shutil.copy(sqlite_template, path)
        leave(db)
        wait_until(lambda: is_empty(db))


def test_a_sign_of_life_that_cannot_be_given(tmp_path, db, cache, working, caplog):
    """
    A worker whose data directory is gone says so, and does its work all the same.
    """
    with working(db, cache, tmp_path / "gone"):
        leave(db)
        wait_until(lambda: is_empty(db) and "The sign of life cannot be given" in caplog.text)


def test_worker_ends_of_what_it_cannot_wait_for(db, cache, working):
    """
    An error that time does not mend ends the worker, so that whoever watches over it sees it.
    """
    with db.write() as session:
        session.add(Outbox(kind="invalidate", payload={}, recorded_at=NOW))

    with pytest.raises(KeyError), working(db, cache) as worker:
        worker.join(DEADLINE)
