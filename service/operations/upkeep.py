"""Run the worker's recurring tasks: housekeeping, updates of the stored rankings, and refits."""

from __future__ import annotations

import datetime as dt
import logging
import time

from service.access.idempotency import prune_responses
from service.cache.score_cache import ScoreCache
from service.claims.daily_forecasts import keep_forecasts
from service.claims.learner import refit_learner
from service.claims.submissions import prune_submissions
from service.ledger.seal import seal_entries
from service.operations.stop_signal import Stop
from service.scores.context_refit import refit_context
from service.scores.standings import update_standings
from service.storage.actors import CURRENT_ACTOR, WORKER
from service.storage.db import Database
from service.storage.db_errors import is_unavailable
from service.transfer.jobs import prune_imports
from service.transfer.processing import Imports
from service.values.instants import utc_now

log = logging.getLogger(__name__)


INTERVAL = 1.0  # seconds; much less than the lifetime of the proof that each delivery renews
REFIT_PAUSE = 60.0  # seconds between two refits, at least
_REFIT_SHARE = 20  # the pause is also this many times the duration of the last refit, so that refits use 5 % of a CPU


def run_housekeeping(db: Database, imports: Imports, stop: Stop) -> None:
    """Renew the leases of imports and do the housekeeping, every second until `stop` is set."""
    CURRENT_ACTOR.set(WORKER)
    while not stop.is_set():
        try:
            imports.renew(now=utc_now())
            keep_house(db, now=utc_now())
        except Exception as exc:
            if not is_unavailable(exc):  # if it is, the main thread logs it
                log.exception("Housekeeping failed and will be retried")
        stop.wait(INTERVAL)


def keep_house(db: Database, *, now: dt.datetime) -> None:
    """Delete expired responses, submissions and imports, and seal the new entries of the ledger."""
    prune_responses(db, now=now)
    prune_imports(db, now=now)
    prune_submissions(db, now=now)
    seal_entries(db, now=now)


def run_standings(db: Database, stop: Stop) -> None:
    """Update the stored order of rankings every second until `stop` is set. Failures are retried."""
    CURRENT_ACTOR.set(WORKER)
    while not stop.is_set():
        try:
            while update_standings(db, now=utc_now()) and not stop.is_set():
                pass
        except Exception as exc:
            if not is_unavailable(exc):
                log.exception("The update of the standings failed and will be retried")
        stop.wait(INTERVAL)


def run_refits(db: Database, cache: ScoreCache, stop: Stop) -> None:
    """Refit scores and forecasts when due, until `stop` is set. A failed refit is logged and retried."""
    CURRENT_ACTOR.set(WORKER)
    while not stop.is_set():
        started_at = time.monotonic()
        try:
            refit(db, cache, stop, now=utc_now())
        except Exception:
            log.exception("The refit failed and will be retried")
        stop.wait(max(REFIT_PAUSE, _REFIT_SHARE * (time.monotonic() - started_at)))


def refit(db: Database, cache: ScoreCache, stop: Stop, *, now: dt.datetime) -> None:
    """Refit the score context and the forecast learner if they are due, and store today's forecasts."""
    if (context := refit_context(db, cache, now=now)) is not None:
        log.info("Scores now use context %s", context)
    if refit_learner(db, now=now):
        log.info("Forecasts now use a new learner")
    after = None
    while not stop.is_set() and (after := keep_forecasts(db, after=after, now=now)) is not None:
        pass
