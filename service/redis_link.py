"""The way to Redis: how long it is waited for, and how it is left alone after a failure."""

from __future__ import annotations

import logging
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from service.metrics import RedisOperation, count_redis_failure

log = logging.getLogger(__name__)

PREFIX = "borneout:2:"
"""Before every name of ours; the number changes with the format of what is kept."""

READ_TIMEOUT = 0.15  # seconds; a score is computed from the database in less
_WRITE_TIMEOUT = 0.5  # longer, because giving up leaves other readers with an old score until the worker comes by
_REST = 0.5  # seconds during which a Redis that failed is not asked for what can be done without


class RedisLink:
    """What a process has of Redis; shared by all in it that ask, so that one failure spares the others theirs."""

    def __init__(self, url: str) -> None:
        self.reader = connect(url, timeout=READ_TIMEOUT)
        self.writer = connect(url, timeout=_WRITE_TIMEOUT)
        self._resting_until = 0.0

    @property
    def is_resting(self) -> bool:
        return time.monotonic() < self._resting_until

    def rest(self, operation: RedisOperation, reason: redis.RedisError) -> None:
        """Leave Redis alone for half a second after it failed."""
        count_redis_failure(operation)
        log.warning("Redis left alone for %.1f s: %s", _REST, reason)
        self._resting_until = time.monotonic() + _REST

    def close(self) -> None:
        """Let go of the connections."""
        self.reader.close()
        self.writer.close()


def connect(url: str, *, timeout: float) -> redis.Redis:
    """A client that asks once and waits at most `timeout` seconds."""
    # redis-py's own defaults try ten times, 4 s a call when nothing listens. RESP2, because under RESP3
    # its pool does not notice that an idle connection was closed by a restart.
    # What the URL says of these does not count.
    pool = redis.ConnectionPool.from_url(url)
    pool.connection_kwargs |= {
        "protocol": 2,
        "decode_responses": False,
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "retry": Retry(NoBackoff(), 0),
    }
    return redis.Redis.from_pool(pool)


def check_url(url: str) -> None:
    """Read a URL as `connect` does, and connect to nothing.

    Raises:
        ValueError: It is no URL of a Redis, or its port or an option is not what it must be.
        TypeError: It has an option that does not exist.
    """
    with connect(url, timeout=READ_TIMEOUT) as client:
        client.connection_pool.make_connection()
