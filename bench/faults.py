"""Inject faults while four clients write and six read, and check that no acknowledged write is lost.

    python -m bench.faults [--database sqlite|postgresql] [--seconds 4] [FAULT ...]

The faults are injected one after the other into a service with its own Redis and database. Three writers retry each
call with an Idempotency-Key until it is acknowledged; the fourth sends each call once. Readers record each response
that lacks a write that was acknowledged before the request. After each fault, the records are compared with the
responses; see `tests.support.fault_check`. Each row of the table is a fault. The last column should be empty.

As root, "disk full" fills a small tmpfs with the database and the data directory. For other users, "files kept short"
limits the size of files on SQLite to a few kB (RLIMIT_FSIZE). The fault "clock ahead" is a second gunicorn on the same
database and Redis. Its Python clock is an hour ahead, except for UUIDs.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.support.fault_injection import FAULTS, faults_for, start_site
from tests.support.fault_run import COLUMNS, describe, run_fault


def main() -> int:
    """Run the given faults, or all. Return 1 if there was an error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seconds", type=float, default=4.0, help="the duration of each fault")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"of {', '.join(FAULTS)}")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # the check computes scores without Redis
    all_wrong: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory(prefix="bo-") as folder,
        start_site(options.database, Path(folder), workers=options.workers) as site,
    ):
        print(f"{options.database:20} {' '.join(f'{column:>12}' for column in COLUMNS)}  stale  slowest write and read")
        for name in options.faults or faults_for(options.database):
            observed, wrong = run_fault(site, name, seconds=options.seconds)
            print(describe(name, observed, wrong), flush=True)
            all_wrong += wrong
    return 1 if all_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
