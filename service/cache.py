"""Scores in Redis. A cache that is down, slow, empty or restored costs time, never an answer."""

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
from redis.backoff import NoBackoff
from redis.retry import Retry

from service.metrics import RedisOperation, count_redis_failure

log = logging.getLogger(__name__)

RANKING = "*"
"""Stands for an outlet where an answer depends on every one of them; no slug is spelt like it."""

_PREFIX = "borneout:2:"  # the number changes with the format of what is kept
_EPOCH = f"{_PREFIX}generation"
_RUN = f"{_PREFIX}run"
_LIFE = dt.timedelta(minutes=10)
_SHORTEST = dt.timedelta(milliseconds=1)
_GENERATION_LIFE = dt.timedelta(hours=1)
_READ_TIMEOUT = 0.15  # seconds; a score is computed from the database in less
_WRITE_TIMEOUT = 0.5  # longer, because giving up leaves other readers with an old score until the worker comes by
_REST = 0.5  # seconds during which a Redis that failed is not asked for scores


class CacheStatus(enum.StrEnum):
    """How the cache served an answer, as `Cache-Status` says it (RFC 9211)."""

    HIT = "hit"
    MISS = "fwd=miss"
    BYPASS = "fwd=bypass"


class Question(NamedTuple):
    """What an answer is kept under: the outlet it is about (or RANKING), and which of its answers."""

    about: str
    variant: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A response ready to send."""

    body: bytes
    etag: str
    next_cursor: str | None = None
    """Where the next page begins, for a list that has one."""
    expires_at: dt.datetime | None = None
    """When it stops being right by the passing of time alone."""


class ScoreCache:
    """Answers kept with the generation of the outlet they are about; `forget` starts a new generation.

    A generation is a random token. It is read before the database is, together with the one that all
    outlets share, and stored with the answer: an answer computed from older rows carries an older
    token, which no later reader takes. Tokens are never counted up, so none comes back when Redis loses
    or restores them.

    Callers need not cope with Redis: a failure is logged and counted, the answer computed, and Redis left alone
    for half a second.
    """

    def __init__(self, url: str) -> None:
        self._reader = connect(url, timeout=_READ_TIMEOUT)
        self._writer = connect(url, timeout=_WRITE_TIMEOUT)
        self._resting_until = 0.0

    def get_or_compute(
        self, questions: Sequence[Question], compute: Callable[[Sequence[Question]], Sequence[Answer]]
    ) -> tuple[list[Answer], CacheStatus]:
        """Answer each question, from Redis in one round trip if it has them all, else by `compute` for the rest."""
        if time.monotonic() < self._resting_until:
            return list(compute(questions)), CacheStatus.BYPASS
        try:
            stamps, found = self._look_up(questions)
        except redis.RedisError as exc:
            self._rest("read", exc)
            return list(compute(questions)), CacheStatus.BYPASS
        missing = [question for question in questions if question not in found]
        if not missing:
            return [found[question] for question in questions], CacheStatus.HIT
        computed = dict(zip(missing, compute(missing), strict=True))
        self._keep(computed, stamps)
        return [found.get(question) or computed[question] for question in questions], CacheStatus.MISS

    def forget(self, outlets: Iterable[str]) -> bool:
        """Make every kept answer about these outlets, and about their ranking, old.

        Returns:
            Whether Redis took it. If not, the row in the outbox makes the worker try again.
        """
        return self._renew([*(_generation(outlet) for outlet in outlets), _generation(RANKING)])

    def forget_all(self) -> bool:
        """Make every kept answer old.

        Returns:
            As `forget`.
        """
        return self._renew([_EPOCH])

    def forget_after_restart(self) -> bool:
        """Make everything old when Redis is not the process it was, so what it restored is not served.

        Returns:
            Whether Redis answered.
        """
        try:
            run = cast("dict[str, str]", self._writer.info("server")).get("run_id", "").encode()
            if self._writer.get(_RUN) == run:
                return True
            log.info("Redis is a new process: every cached score is old")
            return self.forget_all() and bool(self._writer.set(_RUN, run))
        except redis.RedisError as exc:
            self._rest("forget", exc)
            return False

    def answers(self) -> bool:
        """Whether Redis can be reached just now."""
        try:
            return bool(self._reader.ping())
        except redis.RedisError as exc:
            log.warning("Redis does not answer: %s", exc)
            count_redis_failure("ping")
            return False

    def close(self) -> None:
        """Let go of the connections."""
        self._reader.close()
        self._writer.close()

    def _look_up(self, questions: Sequence[Question]) -> tuple[dict[str, bytes], dict[Question, Answer]]:
        """The stamp of each outlet now, and the answers that carry it."""
        outlets = list(dict.fromkeys(question.about for question in questions))
        names = [_EPOCH, *map(_generation, outlets)]
        values = cast("list[bytes | None]", self._reader.mget([*names, *map(_key, questions)]))
        tokens = [token for token in values[: len(names)] if token is not None]
        if len(tokens) < len(names):
            tokens = self._mint(names)
        stamps = {outlet: tokens[0] + b"." + token for outlet, token in zip(outlets, tokens[1:], strict=True)}
        found = {}
        for question, value in zip(questions, values[len(names) :], strict=True):
            if value is not None and (answer := _unpack(value, stamps[question.about])) is not None:
                found[question] = answer
        return stamps, found

    def _mint(self, names: list[str]) -> list[bytes]:
        # In one transaction, since a writer may take a generation away again in between.
        with self._reader.pipeline(transaction=True) as pipe:
            for name in names:
                pipe.set(name, secrets.token_hex(8), nx=True, ex=_GENERATION_LIFE)
            pipe.mget(names)
            tokens: list[bytes | None] = pipe.execute()[-1]
        kept = [token for token in tokens if token is not None]
        if len(kept) < len(names):
            raise redis.ResponseError("Redis does not keep what it is given: raise its maxmemory")
        return kept

    def _keep(self, computed: dict[Question, Answer], stamps: dict[str, bytes]) -> None:
        try:
            with self._reader.pipeline(transaction=False) as pipe:
                for question, answer in computed.items():
                    # A span, not a moment: what Redis's clock says does not matter then.
                    life = _LIFE
                    if answer.expires_at is not None:
                        life = min(_LIFE, answer.expires_at - dt.datetime.now(dt.UTC))
                    if life >= _SHORTEST:
                        pipe.set(_key(question), _pack(answer, stamps[question.about]), px=life)
                pipe.execute()
        except redis.RedisError as exc:
            self._rest("keep", exc)

    def _renew(self, names: Iterable[str]) -> bool:
        # Taken away, and the next reader makes another: a Redis without memory left refuses SET and takes DEL.
        try:
            self._writer.delete(*names)
        except redis.RedisError as exc:
            self._rest("forget", exc)
            return False
        return True

    def _rest(self, operation: RedisOperation, reason: redis.RedisError) -> None:
        count_redis_failure(operation)
        log.warning("Redis left alone for %.1f s: %s", _REST, reason)
        self._resting_until = time.monotonic() + _REST


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
    with connect(url, timeout=_READ_TIMEOUT) as client:
        client.connection_pool.make_connection()


def _generation(about: str) -> str:
    return f"{_EPOCH}:{about}"


def _key(question: Question) -> str:
    return f"{_PREFIX}answer:{question.about}:{question.variant}"


def _pack(answer: Answer, stamp: bytes) -> bytes:
    return b"\n".join((stamp, answer.etag.encode(), (answer.next_cursor or "").encode(), answer.body))


def _unpack(value: bytes, stamp: bytes) -> Answer | None:
    found, etag, next_cursor, body = value.split(b"\n", 3)
    return Answer(body, etag.decode(), next_cursor.decode() or None) if found == stamp else None
