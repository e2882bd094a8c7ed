"""Metrics for Prometheus.

Under gunicorn each process writes its counters to files in a shared folder (see gunicorn_conf.py), and the process that
serves `/metrics` adds them up. Without a shared folder, each process exports only its own counters.
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

RedisOperation = Literal["read", "store", "invalidate", "ping", "limit"]

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

disable_created_metrics()  # type: ignore[no-untyped-call] # creation times double the page, and multiprocess files lack them
_OWN = CollectorRegistry()
REQUESTS = Counter(
    "borneout_http_requests", "HTTP requests.", ["method", "route", "status"], registry=_OWN
)  # exported with the suffix _total
SECONDS = Histogram(
    "borneout_http_request_duration_seconds",
    "Duration of HTTP requests.",
    ["method", "route"],
    buckets=_BUCKETS,
    registry=_OWN,
)
SCORE_READS = Counter("borneout_score_reads", "Responses with scores, by cache status.", ["cache"], registry=_OWN)
_REDIS_FAILURES = Counter(
    "borneout_redis_failures", "Redis operations that failed or timed out.", ["operation"], registry=_OWN
)


class Backlog(NamedTuple):
    """The cache invalidations in the outbox, which wait for the worker."""

    rows: int
    oldest: float
    """The age of the oldest row in seconds; 0 if there is none."""


def export_zeros() -> None:
    """Export the counters of Redis failures and score reads as 0, so that the first event is an increase."""
    for operation in get_args(RedisOperation):
        _REDIS_FAILURES.labels(operation)
    for status in ("hit", "miss", "bypass"):
        SCORE_READS.labels(status)


def count_redis_failure(operation: RedisOperation) -> None:
    """Count a failed Redis operation."""
    _REDIS_FAILURES.labels(operation).inc()


def render_metrics(backlog: Backlog | None = None, *, is_cache_used: bool | None = None) -> bytes:
    """Return the page that Prometheus scrapes.

    Args:
        backlog: The size of the outbox; None to leave it out.
        is_cache_used: Whether cached scores are used; None to leave it out.
    """
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    counters = MultiProcessCollector(None, folder) if folder else _OWN  # type: ignore[no-untyped-call]
    return generate_latest(_Page(counters, backlog, is_cache_used))


@dataclass(frozen=True, slots=True)
class _Page(Collector):
    """A collector of all metrics of a page: the counters, the backlog and the state of the cache."""

    counters: Collector
    backlog: Backlog | None
    is_cache_used: bool | None

    def collect(self) -> Iterable[Metric]:
        yield from self.counters.collect()
        if self.is_cache_used is not None:
            help_text = "1 while cached scores are used, 0 while every score is computed."
            yield GaugeMetricFamily("borneout_cache_used", help_text, value=self.is_cache_used)
        if self.backlog is not None:
            yield GaugeMetricFamily("borneout_outbox_rows", "Rows in the outbox.", value=self.backlog.rows)
            yield GaugeMetricFamily(
                "borneout_outbox_oldest_age_seconds", "Age of the oldest row in the outbox.", value=self.backlog.oldest
            )
