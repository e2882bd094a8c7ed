"""The cache of scores and pages in Redis. If Redis fails, requests are slower and still answered."""

from __future__ import annotations

import datetime as dt
import enum
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import redis

from service.cache import redis_link
from service.cache.redis_link import RedisLink, proof_key
from service.telemetry.metrics import count_redis_failure
from service.values.instants import utc_now

log = logging.getLogger(__name__)

RANKING = "*"
"""The subject of responses that depend on all outlets. It is not a valid slug."""

_TTL = dt.timedelta(minutes=10)
_SHORTEST_TTL = dt.timedelta(milliseconds=1)
_GENERATION_TTL = 3600  # seconds
_WAIT_INTERVAL = 0.05  # seconds
_PROBE_TTL = 1000  # milliseconds


# One script, because a writer may delete a generation in between.
_START = """
for i, key in ipairs(KEYS) do redis.call('SET', key, ARGV[i + 1], 'NX', 'EX', ARGV[1]) end
return redis.call('MGET', unpack(KEYS))
"""


class CacheStatus(enum.StrEnum):
    """The part of the cache in a response."""

    HIT = "hit"
    MISS = "miss"
    BYPASS = "bypass"
    """Redis failed, its circuit is open, or nothing proves that its content is current."""
    UNCACHED = "uncached"
    """Responses of this kind are never cached."""

    @property
    def header(self) -> str:
        """The value for the `Cache-Status` header (RFC 9211)."""
        return {CacheStatus.HIT: "hit", CacheStatus.MISS: "fwd=miss"}.get(self, "fwd=bypass")


class CacheState(enum.StrEnum):
    """The state of the cache, as `/readyz` reports it."""

    OK = "ok"
    AWAY = "away"
    """Redis does not answer."""
    READ_ONLY = "read-only"
    """Redis answers reads but refuses writes."""
    UNPROVEN = "unproven"
    """No worker proves that the content of Redis is current."""

    @property
    def reason(self) -> str | None:
        """The reason why the cache is not used, and what to do; None if it is used."""
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


class CacheKey(NamedTuple):
    """The key of a cached response."""

    subject: str
    """The slug of an outlet, or RANKING. Responses are invalidated by subject."""
    variant: str
    """The method and parameters of the response."""


@dataclass(frozen=True, slots=True)
class EncodedResponse:
    """A response that is ready to send."""

    body: bytes
    etag: str
    next_cursor: str | None = None
    """The cursor of the next page, for lists."""
    expires_at: dt.datetime | None = None
    """The time at which the response becomes wrong without any write."""


class ScoreCache:
    """Responses stored with the generation of their subject. Invalidation starts a new generation.

    A generation is a random token. Readers fetch it before they read the database, together with a token that all
    subjects share, and store both with the response. A response computed from older rows therefore has an older
    token, and later readers ignore it. Tokens are random rather than counted, so a token never comes back after Redis
    loses or restores its data.

    A response is used only if the worker's proof is read with it (see `Delivery`). Without a proof, invalidations may
    not reach this Redis, and responses are computed.

    No method raises an error of Redis. A failure is logged and counted, the response is computed, and the circuit of
    the link opens.
    """

    def __init__(self, url: str, identify: Callable[[], str]) -> None:
        """Connect on first use.

        Args:
            url: The URL of Redis.
            identify: Returns the id of the database, which is part of every key.
        """
        self.link = RedisLink(url, identify)
        self._start = self.link.reader.register_script(_START)

    def get_or_compute(
        self, keys: Sequence[CacheKey], compute: Callable[[Sequence[CacheKey]], Sequence[EncodedResponse]]
    ) -> tuple[list[EncodedResponse], CacheStatus]:
        """Return a response for each key. Reading them takes one round trip, and missing ones are computed together."""
        prefix = None if self.link.is_circuit_open else self.link.prefix
        if prefix is None:
            return list(compute(keys)), CacheStatus.BYPASS
        try:
            looked_up = self._look_up(prefix, keys)
        except redis.RedisError as exc:
            self.link.open_circuit("read", exc)
            return list(compute(keys)), CacheStatus.BYPASS
        if looked_up is None:
            self.link.identify()
            return list(compute(keys)), CacheStatus.BYPASS
        stamps, found = looked_up
        missing = [key for key in keys if key not in found]
        if not missing:
            return [found[key] for key in keys], CacheStatus.HIT
        computed = dict(zip(missing, compute(missing), strict=True))
        self._store(prefix, computed, stamps)
        return [found.get(key) or computed[key] for key in keys], CacheStatus.MISS

    def invalidate(self, outlets: Iterable[str]) -> bool:
        """Invalidate all cached responses about these outlets, and the rankings.

        Returns:
            Whether Redis confirmed it. If not, the worker retries it from the outbox.
        """
        return self._end_generations([*outlets, RANKING])

    def invalidate_all(self) -> bool:
        """Invalidate all cached responses.

        Returns:
            Whether Redis confirmed it.
        """
        return self._end_generations([None])

    def state(self) -> CacheState:
        """Return whether Redis answers, accepts writes and is proven current, even if the circuit is open."""
        if (prefix := self.link.prefix) is None:
            return CacheState.UNPROVEN
        try:
            self.link.reader.set(f"{prefix}probe", b"", px=_PROBE_TTL)
            proof = self.link.reader.get(proof_key(prefix))
        except redis.RedisError as exc:
            log.warning("Redis does not work: %s", exc)
            count_redis_failure("ping")
            return CacheState.READ_ONLY if isinstance(exc, redis.ResponseError) else CacheState.AWAY
        if self.link.is_current(cast("bytes | None", proof)):
            return CacheState.OK
        self.link.identify()
        return CacheState.UNPROVEN

    def close(self) -> None:
        """Close the connections."""
        self.link.close()

    def _look_up(
        self, prefix: str, keys: Sequence[CacheKey]
    ) -> tuple[dict[str, bytes], dict[CacheKey, EncodedResponse]] | None:
        """Return the current stamp of each subject, and the responses that carry it; None without a proof."""
        subjects = list(dict.fromkeys(key.subject for key in keys))
        generations = [generation_key(prefix, subject) for subject in (None, *subjects)]
        names = [proof_key(prefix), *generations, *(_response_key(prefix, key) for key in keys)]
        proof, *values = cast("list[bytes | None]", self.link.reader.mget(names))
        if not self.link.is_current(proof):
            return None
        tokens = [token for token in values[: len(generations)] if token is not None]
        if len(tokens) < len(generations):
            tokens = self._start_generations(generations)
        stamps = {subject: tokens[0] + b"." + token for subject, token in zip(subjects, tokens[1:], strict=True)}
        found = {}
        for key, value in zip(keys, values[len(generations) :], strict=True):
            if value is not None and (response := _unpack(value, stamps[key.subject])) is not None:
                found[key] = response
        return stamps, found

    def _start_generations(self, names: list[str]) -> list[bytes]:
        """Create the tokens that are missing, and return all of them."""
        tokens = cast(
            "list[bytes | None]",
            self._start(keys=names, args=[_GENERATION_TTL, *(secrets.token_hex(8) for _ in names)]),
        )
        stored = [token for token in tokens if token is not None]
        if len(stored) < len(names):
            raise redis.ResponseError("Redis evicts new keys at once: raise its maxmemory")
        return stored

    def _store(self, prefix: str, computed: dict[CacheKey, EncodedResponse], stamps: dict[str, bytes]) -> None:
        try:
            with self.link.reader.pipeline(transaction=False) as pipe:
                for key, response in computed.items():
                    if (ttl := _ttl(response)) >= _SHORTEST_TTL:
                        pipe.set(_response_key(prefix, key), _pack(response, stamps[key.subject]), px=ttl)
                pipe.execute()
        except redis.RedisError as exc:
            self.link.open_circuit("store", exc)

    def _end_generations(self, subjects: Iterable[str | None]) -> bool:
        if (prefix := self.link.prefix) is None:
            return False
        # The tokens are deleted, not replaced, because a Redis without free memory rejects SET but not DEL.
        try:
            self.link.writer.delete(*(generation_key(prefix, subject) for subject in subjects))
        except redis.RedisError as exc:
            self.link.open_circuit("invalidate", exc)
            if isinstance(exc, redis.ResponseError):
                self._await_delivery(prefix)
            return False
        return True

    def _await_delivery(self, prefix: str) -> None:
        """Wait until the scores that Redis refused to invalidate are not served any more.

        Other processes serve them until the proof expires, or until the worker has delivered the invalidation. The
        worker has delivered it once the proof has been renewed twice, because the second renewal began after the first.
        Later writes do not wait, because the proof is gone.
        """
        seen: set[bytes | str] = set()
        deadline = time.monotonic() + redis_link.PROOF_LIFE
        try:
            while len(seen) <= 2 and time.monotonic() < deadline:
                if (proof := self.link.writer.get(proof_key(prefix))) is None:
                    return
                seen.add(proof)
                time.sleep(_WAIT_INTERVAL)
        except redis.RedisError as exc:
            self.link.open_circuit("invalidate", exc)


def generation_key(prefix: str, subject: str | None) -> str:
    """Return the key of the generation of a subject, or of the one that all subjects share."""
    return f"{prefix}generation" if subject is None else f"{prefix}generation:{subject}"


def _response_key(prefix: str, key: CacheKey) -> str:
    return f"{prefix}response:{key.subject}:{key.variant}"


def _ttl(response: EncodedResponse) -> dt.timedelta:
    """Return the time to live of a response: a duration, so that the clock of Redis does not matter."""
    return _TTL if response.expires_at is None else min(_TTL, response.expires_at - utc_now())


def _pack(response: EncodedResponse, stamp: bytes) -> bytes:
    return b"\n".join((stamp, response.etag.encode(), (response.next_cursor or "").encode(), response.body))


def _unpack(value: bytes, stamp: bytes) -> EncodedResponse | None:
    stored_stamp, etag, next_cursor, body = value.split(b"\n", 3)
    return EncodedResponse(body, etag.decode(), next_cursor.decode() or None) if stored_stamp == stamp else None
