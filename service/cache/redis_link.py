"""The way to Redis: how long it is waited for, and how it is left alone after a failure."""

from __future__ import annotations

import logging
import re
import time
from urllib.parse import parse_qs, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from service.telemetry.metrics import RedisOperation, count_redis_failure

log = logging.getLogger(__name__)

PREFIX = "borneout:2:"
"""Before every name of ours; the number changes with the format of what is kept."""

READ_TIMEOUT = 0.15  # seconds; a score is computed from the database in less
_WRITE_TIMEOUT = 0.5  # longer, because giving up leaves other readers with an old score until the worker comes by
_BOOLEAN = "true|false|yes|no|1|0"
_SECONDS = r"[0-9]{1,9}(\.[0-9]{1,9})?"
_OPTION_VALUES = {
    "db": "[0-9]{1,9}",
    "health_check_interval": "[0-9]{1,9}",
    "max_connections": "0*[1-9][0-9]{0,8}",
    "socket_connect_timeout": _SECONDS,
    "socket_keepalive": _BOOLEAN,
    "socket_timeout": _SECONDS,
    "ssl_cert_reqs": "none|optional|required",
    "ssl_check_hostname": _BOOLEAN,
}
_OPTIONS = frozenset(
    {
        *_OPTION_VALUES,
        "client_name",
        "password",
        "ssl_ca_certs",
        "ssl_ca_path",
        "ssl_certfile",
        "ssl_keyfile",
        "ssl_password",
        "username",
    }
)
"""Those of redis-py that can be written in a URL and are not set by `connect`."""
_REST = 0.5  # seconds during which a Redis that failed is not asked for what can be done without


class RedisLink:
    """What a process has of Redis; shared by all in it that ask, so that one failure spares the others theirs."""

    def __init__(self, url: str) -> None:
        self.reader = connect(url, timeout=READ_TIMEOUT)
        self.writer = connect(url, timeout=_WRITE_TIMEOUT)
        self._resting_until = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self._resting_until

    def open(self, operation: RedisOperation, reason: redis.RedisError) -> None:
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


def check_redis_url(url: str) -> None:
    """Check a URL without connecting to Redis.

    Raises:
        ValueError: A client would refuse it; the message continues "it must be a URL" and has no secret in it.
    """
    try:
        parsed = urlsplit(url)
        port = parsed.port
        url.encode()
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("in UTF-8 with a number from 1 to 65535 as its port")
    if parsed.scheme == "unix":
        if parsed.netloc.rpartition("@")[2] or not parsed.path.strip("/"):
            raise ValueError("with the absolute path of a socket, such as unix:///run/redis.sock")
    elif not parsed.hostname or not re.fullmatch("/?[0-9]{0,9}", parsed.path, re.ASCII):
        raise ValueError("with a host, and nothing but the number of a database as its path")
    given = parse_qs(parsed.query, keep_blank_values=True)
    if not _OPTIONS.issuperset(given):
        raise ValueError("with options that exist")
    for name, values in given.items():
        valid = re.compile(_OPTION_VALUES.get(name, ".*"), re.ASCII | re.IGNORECASE | re.DOTALL)
        if not all(map(valid.fullmatch, values)):
            raise ValueError(f"with a valid value for the option {name}")
    _try_to_parse(url)


def _try_to_parse(url: str) -> None:
    """Have redis-py read the URL as it does when it connects."""
    try:
        with connect(url, timeout=READ_TIMEOUT) as client:
            client.connection_pool.make_connection()
    except (TypeError, ValueError, LookupError, OSError, redis.RedisError):
        raise ValueError("with options that its client accepts") from None
