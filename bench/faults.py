"""What may go wrong while four write and six read, and whether all that was acknowledged is there afterwards.

    python -m bench.faults [--database sqlite|postgresql] [--seconds 4] [FAULT ...]

A service with its own Redis and database is started and hurt in one way after the other. Writers send each call with
an Idempotency-Key until it is acknowledged, but for one, which sends each once; readers note every answer that knows
less than was acknowledged before they asked. After each fault, what is on record is held against what was said: see
`bench.truth`. A line of the table is a fault; the last column is what went wrong, and should be empty.

The disk is full in two ways: as root, a small tmpfs with database and data directory is filled up; for anyone, on
SQLite, the processes that run may not make files longer than a few kB (RLIMIT_FSIZE). The clock that is ahead is one
of a second gunicorn on the same database and Redis, in which Python's own clock is an hour ahead (that of its UUIDs
is not).
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.hurting import FAULTS, Site, a_site, faults_for
from bench.load import Load, Told
from bench.promise import Promise
from bench.truth import find_faults
from service.storage.db import Database

GRACE = 5.0  # seconds after Redis is back, during which a score may lag (R20)

_COLUMNS = ("acknowledged", "sent again", "no answer", "503", "409", "scores read", "hits")


def run_fault(site: Site, name: str, *, seconds: float) -> tuple[Told, Counter[str]]:
    """Let a load run into a fault, wait until all is well again, and look what is on record.

    Args:
        site: What is hurt.
        name: How, one of FAULTS.
        seconds: How long.

    Returns:
        What writers and readers were told, and what of it was not so.
    """
    fault, slug, calm = FAULTS[name], name.replace(" ", "-"), min(1.0, seconds)
    promise = Promise(site.service.call("GET", "/openapi.json")[1])
    with fault.beside(site) as ports:
        load = Load([site.service.port, *ports], promise, slug)
        time.sleep(calm)
        began = time.monotonic()
        with fault.hurt(site):
            time.sleep(seconds)
        site.service.wait_until_ready(("ok",))
        back = time.monotonic()
        time.sleep(calm + (GRACE if fault.lags else 0))
        told = load.stop()
    db = Database(site.database_url)
    try:
        wrong = find_faults(site.service, db, told, slug)
    finally:
        db.close()
    first, last = (began, back + GRACE) if fault.lags else (0.0, 0.0)
    wrong["stale reads"] = sum(not first <= at <= last for at in told.stale)
    return told, +(wrong + told.breaches)


def tell(name: str, told: Told, wrong: Counter[str]) -> None:
    """Print a line of the table."""
    figures = " ".join(f"{told.counts[column]:>12}" for column in _COLUMNS)
    lagging = f"{len(told.stale):>7} {told.slowest['write']:>8.2f} {told.slowest['read']:>8.2f}"
    said = "; ".join(f"{count} {what}" for what, count in wrong.items())
    print(f"{name:20} {figures} {lagging}  {said or '-'}", flush=True)


def main() -> int:
    """Run the faults named, or all; 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each fault lasts")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"of {', '.join(FAULTS)}")
    given = parser.parse_args()
    logging.disable(logging.WARNING)  # scores are computed without a Redis on purpose
    all_wrong: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory(prefix="bo-") as folder,
        a_site(given.database, Path(folder), workers=given.workers) as site,
    ):
        print(f"{given.database:20} {' '.join(f'{column:>12}' for column in _COLUMNS)}  lagged  slowest write and read")
        for name in given.faults or faults_for(given.database):
            told, wrong = run_fault(site, name, seconds=given.seconds)
            tell(name, told, wrong)
            all_wrong += wrong
    return 1 if all_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
