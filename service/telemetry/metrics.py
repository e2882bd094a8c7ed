"""What is counted, for Prometheus.

Under gunicorn every process writes its counts to files in a folder (see gunicorn_conf.py), and whichever
is asked adds them up. Elsewhere a process shows its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.metrics import disable_created_metrics
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST

RedisOperation = Literal["read", "keep", "forget", "ping", "limit"]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

disable_created_metrics()  # type: ignore[no-untyped-call] # they double the page, and files do not have them
_OWN = CollectorRegistry()
_REQUESTS = Counter(
    "borneout_http_requests", "Requests answered.", ["method", "route", "status"], registry=_OWN
)  # its name gets _total
_SECONDS = Histogram(
    "borneout_http_request_duration_seconds",
    "Time from a request to its answer.",
    ["method", "route"],
    buckets=_BUCKETS,
    registry=_OWN,
)
_SCORE_READS = Counter(
    "borneout_score_reads", "Answers with scores, by how the cache served them.", ["cache"], registry=_OWN
)
_REDIS_FAILURES = Counter(
    "borneout_redis_failures", "Redis refused, or did not answer in time.", ["operation"], registry=_OWN
)


class Backlog(NamedTuple):
    """What waits in the outbox."""

    rows: int
    oldest: float
    """The age of the oldest row in seconds; 0 if there is none."""


def show_zeros() -> None:
    """Show some counts as 0 from the start, so that the first one is an increase."""
    for operation in get_args(RedisOperation):
        _REDIS_FAILURES.labels(operation)
    for status in ("hit", "miss", "bypass"):
        _SCORE_READS.labels(status)


def count_answer(method: str, route: str, status: int, *, seconds: float) -> None:
    """Count an answer.

    Args:
        method: The request's method; one that HTTP does not know is counted as `other`.
        route: The template of the path, never the path itself, of which there is no end.
        status: The answer's status.
        seconds: How long it took.
    """
    if method not in _METHODS:
        method = "other"
    _REQUESTS.labels(method, route, str(status)).inc()
    _SECONDS.labels(method, route).observe(seconds)


def count_score_read(cache: str) -> None:
    """Count an answer with scores: `hit`, `miss`, `bypass` or `unkept`."""
    _SCORE_READS.labels(cache).inc()


def count_redis_failure(operation: RedisOperation) -> None:
    """Count a failure of Redis."""
    _REDIS_FAILURES.labels(operation).inc()


def render_metrics(backlog: Backlog | None) -> bytes:
    """The page that Prometheus reads; without what waits in the outbox if that is not known."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    counted = MultiProcessCollector(None, folder) if folder else _OWN  # type: ignore[no-untyped-call]
    return generate_latest(_Page(counted, backlog))


@dataclass(frozen=True, slots=True)
class _Page(Collector):
    counted: Collector
    backlog: Backlog | None

    def collect(self) -> Iterable[Metric]:
        yield from self.counted.collect()
        if self.backlog is not None:
            yield GaugeMetricFamily("borneout_outbox_rows", "Rows that wait in the outbox.", value=self.backlog.rows)
            yield GaugeMetricFamily(
                "borneout_outbox_oldest_age_seconds", "The age of the oldest of them.", value=self.backlog.oldest
            )
