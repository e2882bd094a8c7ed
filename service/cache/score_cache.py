"""The cache of scores and pages in Redis. If Redis fails, requests still succeed but take longer."""

from __future__ import annotations

import datetime as dt
import enum
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, cast

import redis

from service.cache.redis_link import RedisLink, generation_key, hash_tag, proof_key
from service.values.instants import utc_now

_TTL = dt.timedelta(minutes=10)
_SHORTEST_TTL = dt.timedelta(milliseconds=1)
_GENERATION_TTL = 3600  # seconds


# One script, because a writer may delete a generation between SET and MGET.
_START = """
for i, key in ipairs(KEYS) do redis.call('SET', key, ARGV[i + 1], 'NX', 'EX', ARGV[1]) end
return redis.call('MGET', unpack(KEYS))
"""


class CacheStatus(enum.StrEnum):
    """Whether a response came from the cache, for the `Cache-Status` header."""

    HIT = "hit"
    MISS = "miss"
    BYPASS = "bypass"
    """Redis failed, its circuit is open, or nothing proves that its content is current."""
    UNCACHED = "uncached"
    """The response must not be cached."""

    @property
    def header(self) -> str:
        """The value for the `Cache-Status` header (RFC 9211)."""
        return {CacheStatus.HIT: "hit", CacheStatus.MISS: "fwd=miss"}.get(self, "fwd=bypass")


class CacheKey(NamedTuple):
    """The identity of a cached response within a database."""

    subject: str
    """The slug of an outlet, or RANKING. Responses are invalidated by subject."""
    variant: str
    """The kind and the parameters of the response, which distinguish it from others on the subject."""


@dataclass(frozen=True, slots=True)
class EncodedResponse:
    """A response body that is ready to send, with what its headers and its caching need."""

    body: bytes
    etag: str
    next_cursor: str | None = None
    """The cursor of the next page, for lists."""
    expires_at: dt.datetime | None = None
    """The time at which the response becomes outdated even without a write."""
    stamps: Mapping[str, bytes] = field(default_factory=dict, compare=False)
    """The stamps under which it is current, by subject; empty if no proof was found that they are current."""


class ScoreCache:
    """A cache of responses, each valid for one generation of its subject. Invalidations end generations.

    A generation is a random token. Readers fetch it before they read the database, together with a token that all
    subjects share, and store both with the response. A response computed from older rows therefore has an older
    token, and later readers ignore it. Tokens are random rather than counted, so a token never comes back after Redis
    loses or restores its data.

    A response is used only if the worker's proof is read with it (see `Delivery`). Without a proof, invalidations may
    not reach this Redis, and responses are computed.

    No method raises an error of Redis. A failure is logged and counted, the response is computed, and the circuit of
    the link opens.
    """

    def __init__(self, url: str, identify: Callable[[], str], *, lease: float = 0.0) -> None:
        """Connect on first use.

        Args:
            url: The URL of Redis.
            identify: A function that returns the id of the database, which is part of every key.
            lease: The seconds for which processes serve a response without asking Redis again.
        """
        self.link = RedisLink(url, identify)
        self.lease = lease
        self._start = self.link.reader.register_script(_START)

    def get_or_compute(
        self, keys: Sequence[CacheKey], compute: Callable[[Sequence[CacheKey]], Sequence[EncodedResponse]]
    ) -> tuple[list[EncodedResponse], CacheStatus]:
        """Return a response for each key: cached ones in one round trip, and missing ones computed together."""
        prefix = None if self.link.is_circuit_open else self.link.prefix
        if prefix is None:
            return list(compute(keys)), CacheStatus.BYPASS
        try:
            looked_up = self._look_up(prefix, keys, list(dict.fromkeys(key.subject for key in keys)))
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
        computed = {
            key: replace(response, stamps={key.subject: stamps[key.subject]})
            for key, response in zip(missing, compute(missing), strict=True)
        }
        self._store(prefix, computed)
        return [found.get(key) or computed[key] for key in keys], CacheStatus.MISS

    def look_up(
        self, subjects: Iterable[str], keys: Sequence[CacheKey] = ()
    ) -> tuple[dict[str, bytes], dict[CacheKey, EncodedResponse]]:
        """Return the current stamps of subjects, and the cached responses with them, in one round trip.

        A stamp consists of the shared token and the subject's own. Both results are empty if no proof is found that the
        stamps are current.
        """
        prefix = None if self.link.is_circuit_open else self.link.prefix
        if prefix is None:
            return {}, {}
        try:
            looked_up = self._look_up(prefix, keys, tuple(subjects))
        except redis.RedisError as exc:
            self.link.open_circuit("read", exc)
            return {}, {}
        return ({}, {}) if looked_up is None else looked_up

    def stamps(self, subjects: Iterable[str]) -> dict[str, bytes]:
        """Return the current stamp of each subject; empty if no proof is found that they are current."""
        return self.look_up(subjects)[0]

    def store(self, responses: Mapping[CacheKey, EncodedResponse]) -> None:
        """Store responses, each of which must contain the stamp of its subject."""
        if not self.link.is_circuit_open and (prefix := self.link.prefix) is not None:
            self._store(prefix, responses)

    def close(self) -> None:
        """Close the connections."""
        self.link.close()

    def _look_up(
        self, prefix: str, keys: Sequence[CacheKey], subjects: Sequence[str]
    ) -> tuple[dict[str, bytes], dict[CacheKey, EncodedResponse]] | None:
        """Return the subjects' current stamps and the cached responses with them; None if there is no proof."""
        generations = [generation_key(prefix, subject) for subject in (None, *subjects)]
        names = [proof_key(prefix), *generations, *(response_key(prefix, key) for key in keys)]
        proof, *values = self.link.read(names)
        if not self.link.is_current(proof):
            return None
        tokens = [token for token in values[: len(generations)] if token is not None]
        if len(tokens) < len(generations):
            tokens = self._start_generations(generations)
        stamps = {subject: tokens[0] + b"." + token for subject, token in zip(subjects, tokens[1:], strict=True)}
        found = {}
        for key, value in zip(keys, values[len(generations) :], strict=True):
            if value is not None and (response := _unpack(value, key.subject, stamps[key.subject])) is not None:
                found[key] = response
        return stamps, found

    def _start_generations(self, names: list[str]) -> list[bytes]:
        """Create the generation tokens that are missing, and return the tokens of all these keys."""
        stored: dict[str, bytes | None] = {}
        for group in self.link.groups(names):
            tokens = self._start(keys=group, args=[_GENERATION_TTL, *(secrets.token_hex(8) for _ in group)])
            stored.update(zip(group, cast("list[bytes | None]", tokens), strict=True))
        found = [token for name in names if (token := stored[name]) is not None]
        if len(found) < len(names):
            raise redis.ResponseError("Redis evicts new keys at once: raise its maxmemory")
        return found

    def _store(self, prefix: str, computed: Mapping[CacheKey, EncodedResponse]) -> None:
        lives = {key: _ttl(response) for key, response in computed.items()}
        values = {
            response_key(prefix, key): (_pack(response, key.subject), lives[key])
            for key, response in computed.items()
            if lives[key] >= _SHORTEST_TTL
        }
        try:
            if values:
                self.link.store(values)
        except redis.RedisError as exc:
            self.link.open_circuit("store", exc)


def response_key(prefix: str, key: CacheKey) -> str:
    """Return the Redis key of a cached response."""
    return f"{prefix}{hash_tag(key.subject)}response:{key.subject}:{key.variant}"


def _ttl(response: EncodedResponse) -> dt.timedelta:
    """Return the time to live of a response, as a duration, so that the clock of Redis does not matter."""
    return _TTL if response.expires_at is None else min(_TTL, response.expires_at - utc_now())


def _pack(response: EncodedResponse, subject: str) -> bytes:
    expires_at = "" if response.expires_at is None else response.expires_at.isoformat()
    head = "\n".join((response.etag, response.next_cursor or "", expires_at))
    return b"\n".join((response.stamps[subject], head.encode(), response.body))


def _unpack(value: bytes, subject: str, stamp: bytes) -> EncodedResponse | None:
    stored_stamp, etag, next_cursor, expires_at, body = value.split(b"\n", 4)
    if stored_stamp != stamp:
        return None
    expires = dt.datetime.fromisoformat(expires_at.decode()) if expires_at else None
    return EncodedResponse(body, etag.decode(), next_cursor.decode() or None, expires, {subject: stamp})
