"""Full load for a while, and whether memory, files and connections stay what they are.

    python -m bench.soak [--minutes 20] [--database sqlite|postgresql]

Four write and resolve, six read, and an import of a new file of a thousand lines begins as soon as the last one has
ended. Every few seconds the memory, threads and open files of each process are noted, and the connections that the
databases have. In the end a line is drawn through each one's memory by least squares, without the first fifth of the
time, in which caches fill: its slope in MB an hour, with its standard error, and the memory at both ends of the line.
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
import time
from collections import defaultdict
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import psutil
import psycopg

from service.storage.db import Database
from tests.support.api_document import ApiDocument
from tests.support.fault_check import find_damage
from tests.support.fault_injection import Site, start_site
from tests.support.fault_load import Load
from tests.support.fault_run import describe
from tests.support.paths import ROOT

_EVERY = 5.0  # seconds between two samples
_WARM = 0.2  # of the time
_LINES = 1000
_MB = 1 << 20


class Sample(NamedTuple):
    """A process at a moment."""

    hours: float
    memory: float
    """That it does not share, in MB."""
    files: int
    threads: int


class Line(NamedTuple):
    """A straight line through samples."""

    slope: float
    error: float
    first: float
    last: float


def fit_line(points: list[tuple[float, float]]) -> Line:
    """The line by least squares: its slope, the slope's standard error, and its ends.

    >>> fit_line([(0, 1), (1, 3), (2, 5), (3, 7)])
    Line(slope=2.0, error=0.0, first=1.0, last=7.0)
    """
    count = len(points)
    mean_x, mean_y = (sum(point[axis] for point in points) / count for axis in (0, 1))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    left = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    first, last = (mean_y + slope * (x - mean_x) for x in (points[0][0], points[-1][0]))
    return Line(slope, sqrt(left / (count - 2) / spread), first, last)


class Importer(threading.Thread):
    """Imports one new file after the other, in a process each, as an operator would."""

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


def watch(site: Site, minutes: float) -> tuple[dict[str, list[Sample]], list[dict[str, int]]]:
    """Samples of each process, and of the connections to the databases, for so many minutes."""
    began = time.monotonic()
    samples: dict[str, list[Sample]] = defaultdict(list)
    connections = []
    while (passed := time.monotonic() - began) < 60 * minutes:
        for name, process in _processes(site):
            try:
                memory = process.memory_full_info().uss / _MB
                samples[name].append(Sample(passed / 3600, memory, process.num_fds(), process.num_threads()))
            except psutil.Error:
                print(f"{name} is gone")
        connections.append(_connections(site))
        time.sleep(_EVERY)
    return samples, connections


def _processes(site: Site) -> list[tuple[str, psutil.Process]]:
    named = [("serve", psutil.Process(site.service.process.pid))]
    named += [("worker", process) for process in site.service.processes("borneout-worker")]
    master, *answering = site.service.processes("borneout-web")
    return [*named, ("gunicorn", master), *((f"answers, {process.pid}", process) for process in answering)]


def _connections(site: Site) -> dict[str, int]:
    found = {"Redis": int(site.redis.client.info("clients")["connected_clients"])}
    if site.postgres is not None:
        with psycopg.connect(site.postgres.get_uri()) as connection:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            found["PostgreSQL"] = connection.execute(asked).fetchone()[0] - 1
    return found


def tell_samples(samples: dict[str, list[Sample]], connections: list[dict[str, int]]) -> None:
    """Print what became of each process, and of the connections."""
    for name, taken in samples.items():
        warm = taken[int(_WARM * len(taken)) :]
        line = fit_line([(one.hours, one.memory) for one in warm])
        files, threads = ([getattr(one, what) for one in warm] for what in ("files", "threads"))
        print(
            f"{name:16} {line.slope:+7.1f} ± {line.error:.1f} MB/h, {line.first:6.1f} to {line.last:6.1f} MB;"
            f" files {files[0]} at first, {files[-1]} at last, at most {max(files)}; threads at most {max(threads)}"
        )
    for name in connections[0]:
        of_it = [one[name] for one in connections[int(_WARM * len(connections)) :]]
        print(f"connections to {name}: {of_it[0]} at first, {of_it[-1]} at last, at most {max(of_it)}")


def main() -> int:
    """Soak a service; 1 if there was an error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    given = parser.parse_args()
    logging.disable(logging.WARNING)  # scores are computed without a Redis on purpose
    with (
        tempfile.TemporaryDirectory(prefix="bo-") as name,
        start_site(given.database, Path(name), small_disk=False) as site,
    ):
        done = threading.Event()
        load = Load([site.service.port], ApiDocument(site.service.call("GET", "/openapi.json")[1]), "soak")
        importer = Importer(site, Path(name), done)
        importer.start()
        samples, connections = watch(site, given.minutes)
        done.set()
        observed = load.stop()
        importer.join()
        db = Database(site.database_url)
        wrong = find_damage(site.service, db, observed, "soak") + observed.violations
        db.close()
    wrong["stale reads"] = len(observed.stale)
    wrong["imports failed"] = len(importer.failed)
    print(describe(f"{given.minutes:g} minutes", observed, +wrong), flush=True)
    print(f"{importer.loaded} lines imported; {importer.failed[:3]}")
    tell_samples(samples, connections)
    return 1 if +wrong else 0


if __name__ == "__main__":
    sys.exit(main())
