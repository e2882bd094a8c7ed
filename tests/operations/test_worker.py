"""service.operations.worker"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import threading
from functools import partial

import pytest
import sqlalchemy as sa

from service.cache.delivery import Delivery
from service.cache.invalidation import INVALIDATION, invalidate, queue_invalidation
from service.cache.score_cache import CacheKey, CacheStatus, EncodedResponse, ScoreCache
from service.operations.stop_signal import Stop
from service.operations.worker import run_worker
from service.storage.db import Database
from service.storage.identity import database_id
from service.storage.models import Outbox
from tests.support.awaiting import DEADLINE, wait_until

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
HERALD = CacheKey("herald", "all")


def add_outbox_row(db):
    """Leave an outbox row that invalidates the scores of the Herald."""
    with db.write() as session:
        queue_invalidation(session, ["herald"], now=NOW)


def is_empty(db):
    """Return whether all queued invalidations are delivered."""
    with db.read() as session:
        return not session.scalar(sa.select(sa.exists().where(Outbox.kind == INVALIDATION)))


def read(cache, text):
    """Return the score of the Herald that the cache serves if the database has `text`, and its cache status."""
    [answer], status = cache.get_or_compute([HERALD], lambda _: [EncodedResponse(text, "tag")])
    return answer.body, status


@pytest.fixture
def working(tmp_path):
    """Returns a context manager that runs a worker, and raises the error that ended it."""

    @contextlib.contextmanager
    def work(db, cache, folder=tmp_path):
        stop, errors = Stop(), []

        def run():
            try:
                run_worker(db, cache, stop, host="host:/srv", heartbeat=folder / "worker.beat")
            except Exception as exc:  # noqa: BLE001 - raised again below
                errors.append(exc)

        worker = threading.Thread(target=run)
        worker.start()
        try:
            yield worker
        finally:
            stop.set()
            worker.join(DEADLINE)
        assert not worker.is_alive()
        if errors:
            raise errors[0]

    return work


def test_worker_catches_up_after_an_outage_of_redis(db, private_cache, private_redis, working):
    """
    R20: a write during which Redis hung is invalidated after Redis is back.
    """
    read(private_cache, b"old")
    with working(db, private_cache):
        with private_redis.hung():
            add_outbox_row(db)
            assert not invalidate(private_cache, ["herald"])
        wait_until(lambda: is_empty(db))
        wait_until(lambda: read(private_cache, b"new")[1] is CacheStatus.HIT)

    assert (b"new", CacheStatus.HIT) == read(private_cache, b"newer")


def test_rows_are_kept_without_redis(db, private_cache, private_redis):
    """
    A delivery without Redis keeps the rows of the outbox, and does not fail.
    """
    add_outbox_row(db)
    private_redis.kill()

    assert not Delivery(db, private_cache.link).run()
    assert not is_empty(db)


def test_unavailable_database(tmp_path, sqlite_template, cache, working, caplog):
    """
    A worker waits for an unavailable database, and continues when it is back.
    """
    path = tmp_path / "away" / "test.db"
    with contextlib.closing(Database(f"sqlite:///{path}")) as db, working(db, cache) as worker:
        wait_until(lambda: caplog.text.count("The database is unavailable") >= 2)
        assert worker.is_alive()
        path.parent.mkdir()
        shutil.copy(sqlite_template, path)
        add_outbox_row(db)
        wait_until(lambda: is_empty(db))


def test_heartbeat_that_cannot_be_touched(tmp_path, db, cache, working, caplog):
    """
    A worker whose heartbeat file cannot be touched logs a warning and continues.
    """
    with working(db, cache, tmp_path / "gone"):
        add_outbox_row(db)
        wait_until(lambda: is_empty(db) and "The heartbeat file cannot be touched" in caplog.text)


def test_unexpected_error_ends_the_worker(db, cache, working):
    """
    An unexpected error ends the worker, so that its parent restarts it.
    """
    with db.write() as session:
        session.add(Outbox(kind="invalidate", payload={}, recorded_at=NOW))

    with pytest.raises(KeyError), working(db, cache) as worker:
        worker.join(DEADLINE)


def test_missing_permissions_are_named(db, private_redis, working, caplog):
    """
    At its start the worker names the commands that the permissions of Redis deny.
    """
    private_redis.client.execute_command("ACL", "SETUSER", "app", "on", ">secret", "~borneout:*", "+@all", "-evalsha")
    url = private_redis.url.replace("unix://", "unix://app:secret@")
    with contextlib.closing(ScoreCache(url, partial(database_id, db))) as cache, working(db, cache):
        wait_until(lambda: "The Redis user may not run EVALSHA on the keys borneout:*" in caplog.text)
