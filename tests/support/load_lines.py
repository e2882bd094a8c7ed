"""Load lines like an import, but without a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from service.cache.score_cache import ScoreCache
from service.schemas.lines import read_line
from service.storage.db import Database
from service.transfer.lines import LineResult, ReadLine
from service.transfer.load import load_lines
from service.values.vocabulary import OPERATOR, Caller


def load(
    db: Database,
    cache: ScoreCache,
    lines: Iterable[Mapping[str, Any]],
    *,
    caller: Caller = OPERATOR,
    now: dt.datetime | None = None,
) -> list[LineResult]:
    """Load lines, by default as the operator, and return the result of each."""
    read = [ReadLine(number, read_line(line, feed=None)) for number, line in enumerate(lines, 1)]
    return load_lines(db, cache, read, caller=caller, now=now or dt.datetime.now(dt.UTC))


def load_all(
    db: Database, cache: ScoreCache, lines: Iterable[Mapping[str, Any]], *, now: dt.datetime | None = None
) -> None:
    """Load lines, and check that none is rejected."""
    assert not [result for result in load(db, cache, lines, now=now) if result.error]
