"""The connections to Redis: their timeouts, and a circuit breaker for failures."""

from __future__ import annotations

import datetime as dt
import enum
import logging
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

import redis
import sqlalchemy as sa

from service.cache.cluster import HOME, ClusterClient, by_hash_tag
from service.cache.redis_url import connect
from service.errors import QueryTimeout
from service.telemetry.metrics import RedisOperation, count_redis_failure

log = logging.getLogger(__name__)

RANKING = "*"
"""The subject of responses that depend on all outlets. It is not a valid slug."""

HASH_TAGS = tuple(f"{{{number:02}}}" for number in range(64))
"""The hash tags of outlets' keys. Every second, `Delivery` checks each one for lost writes."""

_FORMAT = 5
"""The version of the format of stored values, which is part of every key."""
PROOF_LIFE = 4.0
"""The seconds for which a proof is valid. R20 allows 5; the rest is for reads that rely on the proof."""
_IDENTIFY_PAUSE = 1.0  # seconds
_PROBE = "borneout:probe"
_COMMANDS: tuple[tuple[str, Callable[[redis.Redis], object]], ...] = (
    ("SET", lambda client: client.set(_PROBE, "1", nx=True, px=1000)),
    ("GET", lambda client: client.get(_PROBE)),
    ("MGET", lambda client: client.mget([_PROBE])),
    ("INCRBY", lambda client: client.incrby(_PROBE, 1)),
    ("PEXPIRE", lambda client: client.pexpire(_PROBE, 1000)),
    ("PTTL", lambda client: client.pttl(_PROBE)),
    ("DEL", lambda client: client.delete(_PROBE)),
    ("SCRIPT LOAD", lambda client: client.script_load("return 1")),
    ("EVALSHA", lambda client: client.evalsha("0" * 40, 0)),
)
"""The Redis commands that the service uses, each with a harmless call that tests the permission."""

READ_TIMEOUT = 0.15  # seconds; computing a score from the database takes less
_WRITE_TIMEOUT = 0.5  # longer, because after a failed invalidation readers get an old score until the worker retries it
_OPEN_SECONDS = 0.5
_PROBE_TTL = 1000  # milliseconds


class CacheState(enum.StrEnum):
    """The state of the cache, as `/readyz` reports it."""

    OK = "ok"
    AWAY = "away"
    """Redis does not answer."""
    READ_ONLY = "read-only"
    """Redis answers reads but refuses writes."""
    UNPROVEN = "unproven"
    """No worker has recently proved that the content of Redis is current."""

    @property
    def reason(self) -> str | None:
        """The reason that the cache is not used, with advice for the operator; None if it is used."""
        return _REASONS.get(self)


_REASONS = {
    CacheState.AWAY: "Redis does not answer, so scores are computed for each request. Check BORNEOUT_REDIS_URL.",
    CacheState.READ_ONLY: (
        "Redis refuses writes, so scores are computed for each request. Check whether it is a replica, is full, cannot "
        "save to its disk, or denies a permission."
    ),
    CacheState.UNPROVEN: (
        "No worker confirms that the cached scores are current, so scores are computed for each request. Check that "
        "`borneout worker` runs, that all hosts use this Redis, and that no copy of the database does."
    ),
}


class RedisLink:
    """The connections of a process to Redis, with a circuit breaker that all threads share.

    A failure opens the circuit for half a second. While it is open, callers skip Redis instead of waiting for another
    timeout. After that the next caller tries Redis again, and opens the circuit again if the call fails.
    """

    def __init__(self, url: str, identify: Callable[[], str]) -> None:
        """Connect on first use.

        Args:
            url: The URL of Redis.
            identify: A function that returns the id of the database, which is part of every key.
        """
        self.reader = connect(url, timeout=READ_TIMEOUT)
        self.writer = connect(url, timeout=_WRITE_TIMEOUT)
        self._identify = identify
        self._prefix: str | None = None
        self._identify_at = 0.0
        self._open_until = 0.0
        self._proof: tuple[bytes, float] = (b"", 0.0)

    @property
    def is_circuit_open(self) -> bool:
        return time.monotonic() < self._open_until

    def open_circuit(self, operation: RedisOperation, reason: redis.RedisError) -> None:
        """Open the circuit after a failed operation, and count and log the failure."""
        count_redis_failure(operation)
        log.warning("Redis circuit open for %.1f s: %s", _OPEN_SECONDS, reason)
        self._open_until = time.monotonic() + _OPEN_SECONDS

    @property
    def prefix(self) -> str | None:
        """The prefix of all keys of this database; None while the database id cannot be read."""
        if self._prefix is None:
            self.identify()
        return self._prefix

    def identify(self) -> None:
        """Read the database id again, at most once a second, because the database may have been replaced."""
        if time.monotonic() < self._identify_at:
            return
        self._identify_at = time.monotonic() + _IDENTIFY_PAUSE
        try:
            self.use_database(self._identify())
        except (sa.exc.SQLAlchemyError, QueryTimeout) as exc:
            log.warning("The id of the database is unknown, so Redis is not used: %s", exc)

    def use_database(self, database_id: str) -> None:
        """Use the keys of the database with this id from now on."""
        self._prefix = key_prefix(database_id)

    @property
    def is_cluster(self) -> bool:
        """Whether Redis is a cluster, which distributes the keys over its nodes."""
        return isinstance(self.writer, ClusterClient)

    def read(self, names: Sequence[str]) -> list[bytes | None]:
        """Return the values of keys, read at one moment or, from a cluster, those with the tag HOME first."""
        if isinstance(self.reader, ClusterClient):
            return self.reader.read(names)
        return cast("list[bytes | None]", self.reader.mget(names))

    def store(self, values: Mapping[str, tuple[bytes, dt.timedelta]]) -> None:
        """Store values with their times to live, in one round trip."""
        if isinstance(self.reader, ClusterClient):
            self.reader.store(values)
            return
        with self.reader.pipeline(transaction=False) as pipe:
            for name, (value, life) in values.items():
                pipe.set(name, value, px=life)
            pipe.execute()

    def remove(self, names: Iterable[str]) -> None:
        """Delete keys at one moment or, in a cluster, those with the tag HOME last."""
        if isinstance(self.writer, ClusterClient):
            self.writer.remove(names)
        else:
            self.writer.delete(*names)

    def groups(self, names: Sequence[str]) -> Sequence[Sequence[str]]:
        """Group keys so that one script may use all keys of a group."""
        return by_hash_tag(names) if self.is_cluster else [names]

    def is_current(self, proof: bytes | None) -> bool:
        """Return whether a proof that was just read shows that invalidations reach this Redis.

        The worker renews the proof every second, and it expires after `PROOF_LIFE`. The same proof is not accepted
        for longer than that, so a copy of Redis in which keys do not expire is not used either.
        """
        if proof is None:
            return False
        now = time.monotonic()
        if proof != self._proof[0]:
            self._proof = (proof, now)
        return now - self._proof[1] < PROOF_LIFE

    def state(self) -> CacheState:
        """Check Redis, even if the circuit is open, and return the state of the cache for `/readyz`."""
        if (prefix := self.prefix) is None:
            return CacheState.UNPROVEN
        try:
            self.reader.set(f"{prefix}probe", b"", px=_PROBE_TTL)
            proof = self.reader.get(proof_key(prefix))
        except redis.RedisError as exc:
            log.warning("Redis does not work: %s", exc)
            count_redis_failure("ping")
            return CacheState.READ_ONLY if isinstance(exc, redis.ResponseError) else CacheState.AWAY
        if self.is_current(cast("bytes | None", proof)):
            return CacheState.OK
        self.identify()
        return CacheState.UNPROVEN

    def refused_commands(self) -> list[str]:
        """Return the commands that the service uses but that its Redis user is not permitted to run."""
        refused = []
        for name, call in _COMMANDS:
            try:
                call(self.writer)
            except redis.exceptions.NoPermissionError:
                refused.append(name)
            except redis.ResponseError:
                continue  # the script is unknown, or Redis refuses all writes
            except redis.RedisError:
                break
        return refused

    def close(self) -> None:
        """Close the connections."""
        self.reader.close()
        self.writer.close()


def key_prefix(database_id: str) -> str:
    """Return the prefix of all Redis keys of the database with this id."""
    return f"borneout:{database_id}:{_FORMAT}:"


def proof_key(prefix: str) -> str:
    """Return the key of the worker's proof that the cache is current."""
    return f"{prefix}{HOME}proof"


def generation_key(prefix: str, subject: str | None) -> str:
    """Return the key of a subject's generation, or, for None, of the one that all subjects share."""
    return f"{prefix}{hash_tag(subject)}generation{'' if subject is None else f':{subject}'}"


def hash_tag(subject: str | None) -> str:
    """Return the hash tag for a subject's keys, or, for None, for the keys that all subjects share."""
    return HOME if subject is None or subject == RANKING else HASH_TAGS[zlib.crc32(subject.encode()) % len(HASH_TAGS)]
