"""The worker: it delivers invalidations every second, and runs its other tasks in threads."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from pathlib import Path

import sqlalchemy as sa

from service.cache.delivery import Delivery
from service.cache.score_cache import ScoreCache
from service.operations.imports import read_file, run_imports
from service.operations.stop_signal import Stop
from service.operations.upkeep import INTERVAL, run_housekeeping, run_refits, run_standings
from service.operations.worker_hosts import MARK_INTERVAL, mark_host, unmark_host
from service.storage.actors import CURRENT_ACTOR, WORKER
from service.storage.db import Database
from service.storage.db_errors import is_unavailable
from service.transfer.processing import Imports

log = logging.getLogger(__name__)

HEARTBEAT = "worker.beat"
"""The name of the file in the data directory that the worker touches every second, for health checks."""
_JOIN_TIMEOUT = 20.0  # seconds; a refit that takes longer on shutdown is abandoned, which loses nothing


def run_worker(db: Database, cache: ScoreCache, stop: Stop, *, host: str, heartbeat: Path) -> None:
    """Run the worker until `stop` is set, and retry while the database is unavailable.

    Args:
        db: The database.
        cache: The score cache to which invalidations are delivered.
        stop: The flag that ends the worker.
        host: The name under which this host is recorded in the database.
        heartbeat: The file that is touched every second, for health checks.
    """
    log.info("Worker started")
    CURRENT_ACTOR.set(WORKER)
    if missing := cache.link.refused_commands():
        log.warning("The Redis user may not run %s on the keys borneout:*; see docs/operations.md", ", ".join(missing))
    imports = Imports(db, cache, read_file)
    # In threads, because a task may take half a minute, and invalidations must not wait for it.
    threads = [
        threading.Thread(target=run_housekeeping, args=(db, imports, stop), name="housekeeping", daemon=True),
        threading.Thread(target=run_standings, args=(db, stop), name="standings", daemon=True),
        threading.Thread(target=run_refits, args=(db, cache, stop), name="refits", daemon=True),
        threading.Thread(target=run_imports, args=(imports, stop), name="imports", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        _deliver_until(stop, Delivery(db, cache.link), db, host=host, heartbeat=heartbeat)
    finally:
        stop.set()
        for thread in threads:
            thread.join(_JOIN_TIMEOUT)
    log.info("Worker stopped")


def _deliver_until(stop: Stop, delivery: Delivery, db: Database, *, host: str, heartbeat: Path) -> None:
    mark_at = 0.0
    while not stop.is_set():
        try:
            delivery.run()
            if time.monotonic() >= mark_at:
                mark_host(db, host)
                mark_at = time.monotonic() + MARK_INTERVAL
        except Exception as exc:
            if not is_unavailable(exc):
                raise
            log.warning("The database is unavailable: %s", exc)
            delivery.renew()
        _touch(heartbeat)
        stop.wait(INTERVAL)
    with contextlib.suppress(sa.exc.SQLAlchemyError):  # otherwise the mark expires by itself
        unmark_host(db, host)


def _touch(heartbeat: Path) -> None:
    try:
        heartbeat.touch()
    except OSError as exc:
        log.warning("The heartbeat file cannot be touched: %s", exc)
