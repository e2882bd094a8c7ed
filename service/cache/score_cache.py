"""The cache of scores and pages in Redis. If Redis fails, requests are slower and still answered."""

from __future__ import annotations

import datetime as dt
import enum
import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import redis

from service.cache.redis_link import PREFIX, RedisLink
from service.telemetry.metrics import count_redis_failure
from service.values.instants import utc_now

log = logging.getLogger(__name__)

RANKING = "*"
"""The subject of responses that depend on all outlets. It is not a valid slug."""

_SHARED_GENERATION = f"{PREFIX}generation"
_RUN_ID = f"{PREFIX}run"
_TTL = dt.timedelta(minutes=10)
_SHORTEST_TTL = dt.timedelta(milliseconds=1)
_GENERATION_TTL = dt.timedelta(hours=1)


class CacheStatus(enum.StrEnum):
    """How the cache served a response."""

    HIT = "hit"
    MISS = "miss"
    BYPASS = "bypass"
    """Redis failed, or its circuit is open."""
    UNCACHED = "uncached"
    """Responses of this sort are never cached."""

    @property
    def header(self) -> str:
        """The value for the `Cache-Status` header (RFC 9211)."""
        return {CacheStatus.HIT: "hit", CacheStatus.MISS: "fwd=miss"}.get(self, "fwd=bypass")


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

    No method raises an error of Redis. A failure is logged and counted, the response is computed, and the circuit of
    the link opens.
    """

    def __init__(self, url: str) -> None:
        self.link = RedisLink(url)

    def get_or_compute(
        self, keys: Sequence[CacheKey], compute: Callable[[Sequence[CacheKey]], Sequence[EncodedResponse]]
    ) -> tuple[list[EncodedResponse], CacheStatus]:
        """Return a response for each key. Reading them takes one round trip, and missing ones are computed together."""
        if self.link.is_circuit_open:
            return list(compute(keys)), CacheStatus.BYPASS
        try:
            stamps, found = self._look_up(keys)
        except redis.RedisError as exc:
            self.link.open_circuit("read", exc)
            return list(compute(keys)), CacheStatus.BYPASS
        missing = [key for key in keys if key not in found]
        if not missing:
            return [found[key] for key in keys], CacheStatus.HIT
        computed = dict(zip(missing, compute(missing), strict=True))
        self._store(computed, stamps)
        return [found.get(key) or computed[key] for key in keys], CacheStatus.MISS

    def invalidate(self, outlets: Iterable[str]) -> bool:
        """Invalidate all cached responses about these outlets, and the rankings.

        Returns:
            Whether Redis confirmed it. If not, the worker retries it from the outbox.
        """
        return self._end_generations([*(_generation(outlet) for outlet in outlets), _generation(RANKING)])

    def invalidate_all(self) -> bool:
        """Invalidate all cached responses.

        Returns:
            Whether Redis confirmed it.
        """
        return self._end_generations([_SHARED_GENERATION])

    def invalidate_after_restart(self) -> bool:
        """Invalidate all cached responses if Redis was restarted or replaced, because it may have restored old data.

        Returns:
            Whether Redis answered.
        """
        try:
            run_id = cast("dict[str, str]", self.link.writer.info("server")).get("run_id", "").encode()
            if self.link.writer.get(_RUN_ID) == run_id:
                return True
            log.info("Redis was restarted: all cached scores are invalidated")
            return self.invalidate_all() and bool(self.link.writer.set(_RUN_ID, run_id))
        except redis.RedisError as exc:
            self.link.open_circuit("invalidate", exc)
            return False

    def is_reachable(self) -> bool:
        """Return whether Redis answers a ping, even if the circuit is open."""
        try:
            return bool(self.link.reader.ping())
        except redis.RedisError as exc:
            log.warning("Redis does not answer: %s", exc)
            count_redis_failure("ping")
            return False

    def close(self) -> None:
        """Close the connections."""
        self.link.close()

    def _look_up(self, keys: Sequence[CacheKey]) -> tuple[dict[str, bytes], dict[CacheKey, EncodedResponse]]:
        """Return the current stamp of each subject, and the responses that carry it."""
        subjects = list(dict.fromkeys(key.subject for key in keys))
        generations = [_SHARED_GENERATION, *map(_generation, subjects)]
        values = cast("list[bytes | None]", self.link.reader.mget([*generations, *map(_redis_key, keys)]))
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
        # In one transaction, because a writer may delete a generation in between.
        with self.link.reader.pipeline(transaction=True) as pipe:
            for name in names:
                pipe.set(name, secrets.token_hex(8), nx=True, ex=_GENERATION_TTL)
            pipe.mget(names)
            tokens: list[bytes | None] = pipe.execute()[-1]
        stored = [token for token in tokens if token is not None]
        if len(stored) < len(names):
            raise redis.ResponseError("Redis evicts new keys at once: raise its maxmemory")
        return stored

    def _store(self, computed: dict[CacheKey, EncodedResponse], stamps: dict[str, bytes]) -> None:
        try:
            with self.link.reader.pipeline(transaction=False) as pipe:
                for key, response in computed.items():
                    if (ttl := _ttl(response)) >= _SHORTEST_TTL:
                        pipe.set(_redis_key(key), _pack(response, stamps[key.subject]), px=ttl)
                pipe.execute()
        except redis.RedisError as exc:
            self.link.open_circuit("store", exc)

    def _end_generations(self, names: Iterable[str]) -> bool:
        # The tokens are deleted, not replaced, because a Redis without free memory rejects SET but not DEL.
        try:
            self.link.writer.delete(*names)
        except redis.RedisError as exc:
            self.link.open_circuit("invalidate", exc)
            return False
        return True


def _generation(subject: str) -> str:
    return f"{_SHARED_GENERATION}:{subject}"


def _redis_key(key: CacheKey) -> str:
    return f"{PREFIX}response:{key.subject}:{key.variant}"


def _ttl(response: EncodedResponse) -> dt.timedelta:
    """Return the time to live of a response: a duration, so that the clock of Redis does not matter."""
    return _TTL if response.expires_at is None else min(_TTL, response.expires_at - utc_now())


def _pack(response: EncodedResponse, stamp: bytes) -> bytes:
    return b"\n".join((stamp, response.etag.encode(), (response.next_cursor or "").encode(), response.body))


def _unpack(value: bytes, stamp: bytes) -> EncodedResponse | None:
    stored_stamp, etag, next_cursor, body = value.split(b"\n", 3)
    return EncodedResponse(body, etag.decode(), next_cursor.decode() or None) if stored_stamp == stamp else None
