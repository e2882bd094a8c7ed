"""Load the lines of an import file in batches.

Each line succeeds or fails independently, and can be sent again.
"""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.storage.db import Database, retried
from service.transfer.batch import Batch
from service.transfer.lines import LineResult, ReadLine
from service.values.vocabulary import Caller

BATCH = 500
"""The maximum number of lines in a transaction, which blocks other SQLite writers for under a second."""


@retried
def load_lines(
    db: Database, cache: ScoreCache | None, lines: Sequence[ReadLine], *, caller: Caller, now: dt.datetime
) -> list[LineResult]:
    """Load lines in one transaction. Each line is recorded whole or not at all.

    Args:
        db: The database.
        cache: The cache in which the outlets' scores are invalidated; None for a scratch database without scores.
        lines: The lines, at most `BATCH`.
        caller: The API key of the call.
        now: The time of the call.
    """
    with _pausing_garbage_collection(), db.write() as session, session.no_autoflush:
        batch = Batch(session, caller=caller, now=now)
        results = batch.load(lines)
        if batch.stale and cache is not None:
            invalidate_scores(session, cache, batch.stale, now=now)
    return results


@contextmanager
def _pausing_garbage_collection() -> Iterator[None]:
    """Pause Python's search for reference cycles, which takes a quarter of a batch's time and finds few."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
