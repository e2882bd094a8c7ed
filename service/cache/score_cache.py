"""Scores in Redis. A cache that is down, slow, empty or restored costs time, never an answer."""

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

log = logging.getLogger(__name__)

RANKING = "*"
"""Stands for an outlet where an answer depends on every one of them; no slug is spelt like it."""

_EPOCH = f"{PREFIX}generation"
_RUN = f"{PREFIX}run"
_LIFE = dt.timedelta(minutes=10)
_SHORTEST = dt.timedelta(milliseconds=1)
_GENERATION_LIFE = dt.timedelta(hours=1)


class CacheStatus(enum.StrEnum):
    """How the cache served an answer."""

    HIT = "hit"
    MISS = "miss"
    BYPASS = "bypass"
    """Redis is left alone."""
    UNKEPT = "unkept"
    """Answers like it are never kept, whatever Redis does."""

    @property
    def header(self) -> str:
        """As `Cache-Status` says it (RFC 9211)."""
        return {CacheStatus.HIT: "hit", CacheStatus.MISS: "fwd=miss"}.get(self, "fwd=bypass")


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
        self.link = RedisLink(url)

    def get_or_compute(
        self, questions: Sequence[Question], compute: Callable[[Sequence[Question]], Sequence[Answer]]
    ) -> tuple[list[Answer], CacheStatus]:
        """Answer each question, from Redis in one round trip if it has them all, else by `compute` for the rest."""
        if self.link.is_open:
            return list(compute(questions)), CacheStatus.BYPASS
        try:
            stamps, found = self._look_up(questions)
        except redis.RedisError as exc:
            self.link.open("read", exc)
            return list(compute(questions)), CacheStatus.BYPASS
        missing = [question for question in questions if question not in found]
        if not missing:
            return [found[question] for question in questions], CacheStatus.HIT
        computed = dict(zip(missing, compute(missing), strict=True))
        self._keep(computed, stamps)
        return [found.get(question) or computed[question] for question in questions], CacheStatus.MISS

    def invalidate(self, outlets: Iterable[str]) -> bool:
        """Make every kept answer about these outlets, and about their ranking, old.

        Returns:
            Whether Redis took it. If not, the row in the outbox makes the worker try again.
        """
        return self._renew([*(_generation(outlet) for outlet in outlets), _generation(RANKING)])

    def invalidate_all(self) -> bool:
        """Make every kept answer old.

        Returns:
            As `forget`.
        """
        return self._renew([_EPOCH])

    def invalidate_after_restart(self) -> bool:
        """Make everything old when Redis is not the process it was, so what it restored is not served.

        Returns:
            Whether Redis answered.
        """
        try:
            run = cast("dict[str, str]", self.link.writer.info("server")).get("run_id", "").encode()
            if self.link.writer.get(_RUN) == run:
                return True
            log.info("Redis is a new process: every cached score is old")
            return self.invalidate_all() and bool(self.link.writer.set(_RUN, run))
        except redis.RedisError as exc:
            self.link.open("forget", exc)
            return False

    def answers(self) -> bool:
        """Whether Redis can be reached just now."""
        try:
            return bool(self.link.reader.ping())
        except redis.RedisError as exc:
            log.warning("Redis does not answer: %s", exc)
            count_redis_failure("ping")
            return False

    def close(self) -> None:
        """Let go of the connections."""
        self.link.close()

    def _look_up(self, questions: Sequence[Question]) -> tuple[dict[str, bytes], dict[Question, Answer]]:
        """The stamp of each outlet now, and the answers that carry it."""
        outlets = list(dict.fromkeys(question.about for question in questions))
        names = [_EPOCH, *map(_generation, outlets)]
        values = cast("list[bytes | None]", self.link.reader.mget([*names, *map(_key, questions)]))
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
        with self.link.reader.pipeline(transaction=True) as pipe:
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
            with self.link.reader.pipeline(transaction=False) as pipe:
                for question, answer in computed.items():
                    # A span, not a moment: what Redis's clock says does not matter then.
                    life = _LIFE
                    if answer.expires_at is not None:
                        life = min(_LIFE, answer.expires_at - dt.datetime.now(dt.UTC))
                    if life >= _SHORTEST:
                        pipe.set(_key(question), _pack(answer, stamps[question.about]), px=life)
                pipe.execute()
        except redis.RedisError as exc:
            self.link.open("keep", exc)

    def _renew(self, names: Iterable[str]) -> bool:
        # Taken away, and the next reader makes another: a Redis without memory left refuses SET and takes DEL.
        try:
            self.link.writer.delete(*names)
        except redis.RedisError as exc:
            self.link.open("forget", exc)
            return False
        return True


def _generation(about: str) -> str:
    return f"{_EPOCH}:{about}"


def _key(question: Question) -> str:
    return f"{PREFIX}answer:{question.about}:{question.variant}"


def _pack(answer: Answer, stamp: bytes) -> bytes:
    return b"\n".join((stamp, answer.etag.encode(), (answer.next_cursor or "").encode(), answer.body))


def _unpack(value: bytes, stamp: bytes) -> Answer | None:
    found, etag, next_cursor, body = value.split(b"\n", 3)
    return Answer(body, etag.decode(), next_cursor.decode() or None) if found == stamp else None
