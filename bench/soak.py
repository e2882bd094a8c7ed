"""Put a service under full load for some time, and check whether its memory, files and connections grow.

    python -m bench.soak [--minutes 20] [--database sqlite|postgresql]

Four clients write and resolve, six read, and one imports new files of a thousand lines, one after the other. At the end
a line is fitted to the memory of each process by least squares, without the first fifth of the time. The output has its
slope in MB per hour, the standard error, and the memory at both ends of the line.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

from bench.soak_samples import print_trends, take_samples
from service.storage.db import Database
from tests.support.api_document import ApiDocument
from tests.support.fault_check import find_damage
from tests.support.fault_injection import Site, start_site
from tests.support.fault_load import Load
from tests.support.fault_run import describe
from tests.support.paths import ROOT

_LINES = 1000


class Importer(threading.Thread):
    """A thread that imports new files, each with a command, as an operator would."""

    def __init__(self, site: Site, folder: Path, done: threading.Event) -> None:
        super().__init__(daemon=True)
        self._site, self._folder, self._done = site, folder, done
        self.loaded, self.failed = 0, list[str]()

    def run(self) -> None:
        number = 0
        while not self._done.is_set():
            path = self._folder / f"import-{number}.ndjson"
            with path.open("w") as file:
                file.writelines(json.dumps(_line(number, place)) + "\n" for place in range(_LINES))
            env = {"BORNEOUT_DATABASE_URL": self._site.database_url, "BORNEOUT_REDIS_URL": self._site.redis.url}
            command = [sys.executable, "-m", "service.cli", "import", str(path), "--data-dir", str(self._folder)]
            done = subprocess.run(command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=False)
            if done.returncode:
                self.failed.append(done.stderr[-300:])
            self.loaded += _LINES
            path.unlink()
            number += 1


def _line(number: int, place: int) -> dict[str, str]:
    claim = f"{number}-{place // 2}"
    told = {"outlet": f"Courier {place % 7}", "claim_id": claim, "claim": f"Tunnel {claim} opens.", "outcome": "true"}
    return {**told, "published_at": "2026-02-01", "resolved_at": "2026-03-01"}


def main() -> int:
    """Run the load. Return 1 if there was an error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    given = parser.parse_args()
    logging.disable(logging.WARNING)  # the check computes scores without Redis
    with (
        tempfile.TemporaryDirectory(prefix="bo-") as name,
        start_site(given.database, Path(name), small_disk=False) as site,
    ):
        done = threading.Event()
        load = Load([site.service.port], ApiDocument(site.service.call("GET", "/openapi.json")[1]), "soak")
        importer = Importer(site, Path(name), done)
        importer.start()
        samples, connections = take_samples(site, given.minutes)
        done.set()
        observed = load.stop()
        importer.join()
        with closing(Database(site.database_url)) as db:
            wrong = find_damage(site.service, db, observed, "soak") + observed.violations
    wrong["stale reads"] = len(observed.stale)
    wrong["imports failed"] = len(importer.failed)
    print(describe(f"{given.minutes:g} minutes", observed, +wrong), flush=True)
    print(f"{importer.loaded} lines imported; {importer.failed[:3]}")
    print_trends(samples, connections)
    return 1 if +wrong else 0


if __name__ == "__main__":
    sys.exit(main())
