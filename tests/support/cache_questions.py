"""Cache keys and fake rows for tests of the cache"""

from __future__ import annotations

import contextlib

import pytest

from service.cache import redis_link
from service.cache.invalidation import invalidate
from service.cache.redis_link import generation_key, key_prefix
from service.cache.score_cache import CacheKey, CacheStatus, EncodedResponse, ScoreCache
from service.telemetry.metrics import render_metrics
from tests.support.metrics_page import counted
from tests.support.redis_server import prove

HERALD = CacheKey("herald", "all")
TRIBUNE = CacheKey("tribune", "all")

DATABASE = "0" * 32
"""The id of the database that tests of the cache alone do not have."""
PREFIX = key_prefix(DATABASE)

HIT, MISS, BYPASS = CacheStatus.HIT, CacheStatus.MISS, CacheStatus.BYPASS


@contextlib.contextmanager
def proven_cache(url):
    """A cache without a database, which a worker has just proven current."""
    with contextlib.closing(ScoreCache(url, lambda: DATABASE)) as scores:
        prove(scores)
        yield scores


class Rows:
    """Rows of a fake database, with a number that every write increments."""

    def __init__(self):
        self.number = 0
        self.asked = []
        self.expires_at = None

    def compute(self, keys):
        self.asked += keys
        return [
            EncodedResponse(f"{subject} {self.number}".encode(), f"tag-{self.number}", expires_at=self.expires_at)
            for subject, _ in keys
        ]


def read(cache, rows, *keys):
    """Return the bodies as text, and the cache status."""
    responses, status = cache.get_or_compute(keys or (HERALD,), rows.compute)
    return *(response.body.decode() for response in responses), status


def write(cache, rows):
    """Change the rows and invalidate the scores, as a use case does."""
    rows.number += 1
    return invalidate(cache, ["herald"])


def generations(client):
    """Return the token of the outlet and the token shared by all outlets."""
    return client.mget(generation_key(PREFIX, "herald"), generation_key(PREFIX, None))


@contextlib.contextmanager
def circuit_stays_open():
    """Keep the circuit open for an hour after a failure, so that a slow test does not retry Redis."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis_link, "_OPEN_SECONDS", 3600.0)
        yield


def failures(before):
    """Return the counters of failures that have grown, and by how much."""
    name, after = "borneout_redis_failures_total", render_metrics(None).decode()
    grown = {
        operation: counted(after, name, operation=operation) - counted(before, name, operation=operation)
        for operation in ("read", "store", "invalidate", "ping", "limit")
    }
    return {operation: number for operation, number in grown.items() if number}
