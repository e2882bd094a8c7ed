"""Samples of the memory, threads, open files and connections of a service under load, and their trend."""

from __future__ import annotations

import time
from collections import defaultdict
from math import sqrt
from typing import NamedTuple

import psutil
import psycopg

from tests.support.fault_injection import Site

_EVERY = 5.0  # seconds between two samples
_WARM = 0.2  # of the time, in which caches fill
_MB = 1 << 20


class Sample(NamedTuple):
    """The resources of a process at one moment."""

    hours: float
    """The time since the start."""
    memory: float
    """The memory that it shares with no other process, in MB."""
    files: int
    threads: int


class Line(NamedTuple):
    """A straight line fitted to samples."""

    slope: float
    error: float
    first: float
    last: float


def fit_line(points: list[tuple[float, float]]) -> Line:
    """Fit a line by least squares, and return its slope, the standard error of the slope, and its ends.

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


def take_samples(site: Site, minutes: float) -> tuple[dict[str, list[Sample]], list[dict[str, int]]]:
    """Return samples of each process and of the connections to the databases, taken for some minutes."""
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


def print_trends(samples: dict[str, list[Sample]], connections: list[dict[str, int]]) -> None:
    """Print the trend of each process, and the connections."""
    for name, taken in samples.items():
        warm = taken[int(_WARM * len(taken)) :]
        line = fit_line([(one.hours, one.memory) for one in warm])
        files, threads = [one.files for one in warm], [one.threads for one in warm]
        print(
            f"{name:16} {line.slope:+7.1f} ± {line.error:.1f} MB/h, {line.first:6.1f} to {line.last:6.1f} MB;"
            f" files {files[0]} at first, {files[-1]} at last, at most {max(files)}; threads at most {max(threads)}"
        )
    for name in connections[0]:
        of_it = [one[name] for one in connections[int(_WARM * len(connections)) :]]
        print(f"connections to {name}: {of_it[0]} at first, {of_it[-1]} at last, at most {max(of_it)}")
