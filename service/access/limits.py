"""How often who may call, counted in Redis for all processes together. Without Redis nobody is refused."""

from __future__ import annotations

import math
import re
import threading
import time
from dataclasses import dataclass, replace
from typing import cast

import redis

from service.cache.redis_link import PREFIX, RedisLink

_QUOTA = re.compile(r"([1-9][0-9]{0,8})/([smh])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_REMEMBERED = 10_000
_PARTS = 10_000

# One round trip. The window begins with its first call and is timed by Redis, so no clock of ours matters.
_TAKE = """
local used = redis.call('INCRBY', KEYS[1], ARGV[2])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
    left = tonumber(ARGV[1])
    redis.call('PEXPIRE', KEYS[1], left)
end
return {used, left}
"""


@dataclass(frozen=True, slots=True)
class Quota:
    """So many calls in so many seconds."""

    calls: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Quota:
        """Read a quota such as `600/m`.

        Raises:
            ValueError: It is none.

        >>> Quota.parse("600/m")
        Quota(calls=600, seconds=60)
        """
        if (match := _QUOTA.fullmatch(text)) is None:
            raise ValueError(f"{text!r} is not a number of calls per s, m or h, such as 600/m")
        return cls(int(match[1]), _SECONDS[match[2]])


@dataclass(frozen=True, slots=True)
class Limits:
    """What an operator allows one key, or one address without a key."""

    reads: Quota = Quota(120_000, 60)
    writes: Quota = Quota(30_000, 60)
    failures: Quota = Quota(1_200, 60)
    """Invalid keys, from one address."""

    @classmethod
    def parse(cls, text: str) -> Limits:
        """Read limits such as `reads=6000/m,writes=10/s`; what is not named is as it is without.

        Raises:
            ValueError: It is not a list of those.
        """
        given = [part.strip().partition("=") for part in text.split(",")]
        names = [name for name, _, _ in given]
        if not set(names) <= {"reads", "writes", "failures"} or len(names) > len(set(names)):
            raise ValueError("Each of reads, writes and failures can be given once")
        return replace(cls(), **{name: Quota.parse(quota) for name, _, quota in given})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands with one quota after a call was counted."""

    name: str
    quota: Quota
    remaining: int
    resets_in: int
    """In seconds, at least 1."""
    is_over: bool
    """Whether the call was one too many."""

    def headers(self) -> dict[str, str]:
        """As the client is told (draft-ietf-httpapi-ratelimit-headers-10)."""
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.quota.calls};w={self.quota.seconds}',
            "RateLimit": f'"{self.name}";r={self.remaining};t={self.resets_in}',
        }


@dataclass(slots=True)
class _Share:
    """What a process knows of somebody's window: how many calls of it are its own to count."""

    until: float
    used: int
    left: int


class Limiter:
    """Counts calls in windows of fixed length that begin with their first call.

    Of a large quota a thread takes a hundredth of a percent at once for its process, so that not every call costs a
    round trip; that much may go unused. Whoever is over a quota is remembered until the window ends, so that a flood of
    calls that are refused does not reach Redis.
    """

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._take = link.reader.register_script(_TAKE)
        self._shares: dict[tuple[str, str], _Share] = {}
        self._lock = threading.Lock()

    def count(self, name: str, who: str, quota: Quota) -> Standing | None:
        """Count a call; None where that cannot be done just now."""
        if (standing := self._count_here(name, who, quota)) is not None:
            return standing
        if self._link.is_circuit_open:
            return None
        wanted = max(1, quota.calls // _PARTS)
        try:
            answer = self._take(keys=[f"{PREFIX}calls:{name}:{who}"], args=[quota.seconds * 1000, wanted])
        except redis.RedisError as exc:
            self._link.open_circuit("limit", exc)
            return None
        used, left = cast("tuple[int, int]", answer)
        granted = max(0, wanted - max(0, used - quota.calls))
        return self._keep((name, who), quota, granted, _Share(time.monotonic() + left / 1000, used, 0))

    def is_over(self, name: str, who: str, quota: Quota) -> Standing | None:
        """Where somebody stands who is known here to be over a quota; None for all others. Nothing is counted."""
        share = self._shares.get((name, who))
        if share is None or time.monotonic() >= share.until or share.left or share.used < quota.calls:
            return None
        return _standing(name, quota, share, is_over=True)

    def _count_here(self, name: str, who: str, quota: Quota) -> Standing | None:
        with self._lock:
            share = self._shares.get((name, who))
            if share is None or time.monotonic() >= share.until or not (share.left or share.used >= quota.calls):
                return None
            is_over = share.left == 0
            share.left = max(0, share.left - 1)
            return _standing(name, quota, share, is_over=is_over)

    def _keep(self, whose: tuple[str, str], quota: Quota, granted: int, share: _Share) -> Standing:
        """Add what was granted to what other threads have left of theirs, and count one call."""
        with self._lock:
            other = self._shares.get(whose)
            if other is not None and time.monotonic() < other.until:
                granted += other.left
            if len(self._shares) >= _REMEMBERED:
                self._shares.clear()
            share.used = min(share.used, quota.calls)
            share.left = max(0, granted - 1)
            self._shares[whose] = share
            return _standing(whose[0], quota, share, is_over=granted == 0)


def _standing(name: str, quota: Quota, share: _Share, *, is_over: bool) -> Standing:
    resets_in = max(1, math.ceil(share.until - time.monotonic()))
    return Standing(name, quota, quota.calls - share.used + share.left, resets_in, is_over)
