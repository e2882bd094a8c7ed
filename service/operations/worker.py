"""The worker: background tasks every second, and a thread that refits contexts and forecasts."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from pathlib import Path

from service.access.idempotency import prune_responses
from service.cache.invalidation import run_queued_invalidations
from service.cache.score_cache import ScoreCache
from service.claims.forecast import keep_forecasts, refit_learner
from service.ledger.seal import seal_entries
from service.operations.stop_signal import Stop
from service.scores.contexts import refit_context
from service.storage.actors import WORKER, set_actor
from service.storage.db import Database
from service.storage.db_errors import is_unavailable
from service.values.instants import utc_now

log = logging.getLogger(__name__)

HEARTBEAT = "worker.beat"
"""The file in the data directory that is touched every round."""
INTERVAL = 1.0  # seconds; a cached score may be stale for 5 s after Redis is back (R20)
REFIT_PAUSE = 60.0  # seconds between two refits, at least
_REFIT_SHARE = 20  # the pause is also this many times the duration of the last refit, so that refits use 5 % of a CPU
_JOIN_TIMEOUT = 20.0  # seconds; a refit that takes longer on shutdown is abandoned, which loses nothing


def run_worker(db: Database, cache: ScoreCache, stop: Stop, *, heartbeat: Path) -> None:
    """Work until `stop` is set. Rounds are retried while the database is unavailable.

    Args:
        db: The database.
        cache: The cached scores to invalidate.
        stop: Set to end the worker.
        heartbeat: A file touched every round, for health checks.
    """
    log.info("worker started")
    set_actor(WORKER)
    # In a thread, because a refit may take half a minute, and invalidation must not wait for it.
    refits = threading.Thread(target=run_refits, args=(db, cache, stop), name="refits", daemon=True)
    refits.start()
    try:
        while not stop.is_set():
            _work(db, cache, heartbeat)
            stop.wait(INTERVAL)
    finally:
        stop.set()
        refits.join(_JOIN_TIMEOUT)
    log.info("worker stopped")


def _work(db: Database, cache: ScoreCache, heartbeat: Path) -> None:
    try:
        tick(db, cache, now=utc_now())
    except Exception as exc:
        if not is_unavailable(exc):
            raise
        log.warning("The database is unavailable: %s", exc)
    try:
        heartbeat.touch()
    except OSError as exc:
        log.warning("The heartbeat file cannot be touched: %s", exc)


def tick(db: Database, cache: ScoreCache, *, now: dt.datetime) -> None:
    """Run one round. It starts with the scores of a restarted Redis, which may be served until they are invalidated."""
    cache.invalidate_after_restart()
    run_queued_invalidations(db, cache)
    prune_responses(db, now=now)
    seal_entries(db, now=now)


def run_refits(db: Database, cache: ScoreCache, stop: Stop) -> None:
    """Refit until `stop` is set; a failed refit is logged and retried."""
    set_actor(WORKER)
    while not stop.is_set():
        started_at = time.monotonic()
        try:
            refit(db, cache, stop, now=utc_now())
        except Exception:
            log.exception("refit failed and will be retried")
        stop.wait(max(REFIT_PAUSE, _REFIT_SHARE * (time.monotonic() - started_at)))


def refit(db: Database, cache: ScoreCache, stop: Stop, *, now: dt.datetime) -> None:
    """Refit the context of scores and the learner of forecasts if they are due, and store today's forecasts."""
    if (context := refit_context(db, cache, now=now)) is not None:
        log.info("scores now use context %s", context.id)
    if refit_learner(db, now=now):
        log.info("forecasts now use a new learner")
    after = None
    while not stop.is_set() and (after := keep_forecasts(db, after=after, now=now)) is not None:
        pass
