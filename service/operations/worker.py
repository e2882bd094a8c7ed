"""The worker: every second, do what transactions left behind; beside it, learn from what has been resolved."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from pathlib import Path

from service.access.idempotency import prune_answers
from service.cache.invalidation import run_queued_invalidations
from service.cache.score_cache import ScoreCache
from service.claims.forecast import keep_forecasts, refit_learner
from service.ledger.seal import seal_entries
from service.operations.stop_signal import Stop
from service.scores.contexts import refit_context
from service.storage.actors import WORKER, set_actor
from service.storage.db import Database
from service.storage.db_errors import is_unavailable

log = logging.getLogger(__name__)

BEAT = "worker.beat"
"""The file in the data directory that is touched every round."""
INTERVAL = 1.0  # seconds; a cached score may be old for five after Redis is back (R20)
LEARNING_PAUSE = 60.0  # seconds between two rounds of learning, at least
_FAREWELL = 20.0  # seconds that a round of learning has to end in; after that it is given up, and nothing lost
_LEARNING_SHARE = 20  # and so many times as long as the last round took, so that it never fills the day


def run_worker(db: Database, cache: ScoreCache, stop: Stop, *, beat: Path) -> None:
    """Work until told to stop. A database that is away is waited for.

    Args:
        db: The database.
        cache: The cached scores to make old.
        stop: Set to end it.
        beat: A file touched every round, so that others see that it goes round.
    """
    log.info("worker started")
    set_actor(WORKER)
    # Beside it, because learning may take half a minute, and an old score must not wait for that.
    learning = threading.Thread(target=run_learning, args=(db, cache, stop), name="learning", daemon=True)
    learning.start()
    try:
        while not stop.is_set():
            _work(db, cache, beat)
            stop.wait(INTERVAL)
    finally:
        stop.set()
        learning.join(_FAREWELL)
    log.info("worker stopped")


def _work(db: Database, cache: ScoreCache, beat: Path) -> None:
    try:
        tick(db, cache, now=dt.datetime.now(dt.UTC))
    except Exception as exc:
        if not is_unavailable(exc):
            raise
        log.warning("The database is away: %s", exc)
    try:
        beat.touch()
    except OSError as exc:
        log.warning("The sign of life cannot be given: %s", exc)


def tick(db: Database, cache: ScoreCache, *, now: dt.datetime) -> None:
    """One round. What Redis restored is made old before anything else, since it may be served meanwhile."""
    cache.invalidate_after_restart()
    run_queued_invalidations(db, cache)
    prune_answers(db, now=now)
    seal_entries(db, now=now)


def run_learning(db: Database, cache: ScoreCache, stop: Stop) -> None:
    """Learn round after round until told to stop; a round that fails is told of, and the next one tried."""
    set_actor(WORKER)
    while not stop.is_set():
        begun = time.monotonic()
        try:
            learn(db, cache, stop, now=dt.datetime.now(dt.UTC))
        except Exception:
            log.exception("learning failed and is tried again")
        stop.wait(max(LEARNING_PAUSE, _LEARNING_SHARE * (time.monotonic() - begun)))


def learn(db: Database, cache: ScoreCache, stop: Stop, *, now: dt.datetime) -> None:
    """Fit what scores are held against and what forecasts are made by, where it is due, and keep today's forecasts."""
    if (context := refit_context(db, cache, now=now)) is not None:
        log.info("scores are held against %s now", context.id)
    if refit_learner(db, now=now):
        log.info("forecasts are made from what was learned just now")
    after = None
    while not stop.is_set() and (after := keep_forecasts(db, after=after, now=now)) is not None:
        pass
