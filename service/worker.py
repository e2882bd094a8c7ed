"""The worker: every second, do what transactions left behind and see whether Redis is still the same."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from service.cache import ScoreCache
from service.db import Database, is_away
from service.outbox import sweep

log = logging.getLogger(__name__)

INTERVAL = 1.0  # seconds; a cached score may be old for five after Redis is back (R20)


def run_worker(db: Database, cache: ScoreCache, stop: threading.Event, *, beat: Path) -> None:
    """Work until told to stop. A database that is away is waited for.

    Args:
        db: The database.
        cache: The cached scores to make old.
        stop: Set to end it.
        beat: A file touched every round, so that others see that it goes round.
    """
    log.info("worker started")
    while not stop.is_set():
        try:
            beat.touch()
            tick(db, cache)
        except OSError as exc:
            log.warning("The sign of life cannot be given: %s", exc)
        except Exception as exc:
            if not is_away(exc):
                raise
            log.warning("The database is away: %s", exc)
        stop.wait(INTERVAL)
    log.info("worker stopped")


def tick(db: Database, cache: ScoreCache) -> None:
    """One round. What Redis restored is made old before anything else, since it may be served meanwhile."""
    cache.forget_after_restart()
    sweep(db, cache)
