"""Limit the rates of calls, counted in Redis for all processes. Without Redis, all calls are allowed."""

from __future__ import annotations

import functools
import ipaddress
import math
import re
import threading
import time
from dataclasses import dataclass, replace
from typing import cast
from wsgiref.types import WSGIEnvironment

import redis

from service.cache.redis_link import RedisLink

_QUOTA = re.compile(r"([1-9][0-9]{0,8})/([smh])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_PORT = re.compile(r"^(?:\[([^\]]*)\]|([0-9.]+))(?::[0-9]{1,5})?$", re.ASCII)
_REMEMBERED = 10_000  # windows
_PARTS = 10_000  # shares of a quota

# One round trip. A window begins with its first call. Redis measures its time, so the processes' clocks do not matter.
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
    """A maximum number of calls in a number of seconds."""

    calls: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Quota:
        """Parse a quota such as `600/m`.

        Raises:
            ValueError: The text is not a quota.

        >>> Quota.parse("600/m")
        Quota(calls=600, seconds=60)
        """
        if (match := _QUOTA.fullmatch(text)) is None:
            raise ValueError(f"{text!r} is not a number of calls per s, m or h, such as 600/m")
        return cls(int(match[1]), _SECONDS[match[2]])


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one API key, or of one address without a key."""

    reads: Quota = Quota(120_000, 60)
    writes: Quota = Quota(30_000, 60)
    failures: Quota = Quota(1_200, 60)
    """The number of calls with an invalid key that one address may send."""

    @classmethod
    def parse(cls, text: str) -> Limits:
        """Parse limits such as `reads=6000/m,writes=10/s`; limits that are left out keep their defaults.

        Raises:
            ValueError: The text is not a list of limits.
        """
        given = [part.strip().partition("=") for part in text.split(",")]
        names = [name for name, _, _ in given]
        if not set(names) <= {"reads", "writes", "failures"} or len(names) > len(set(names)):
            raise ValueError("The names are reads, writes and failures, each at most once")
        return replace(cls(), **{name: Quota.parse(quota) for name, _, quota in given})


@dataclass(frozen=True, slots=True)
class LimitStatus:
    """The state of a client's quota, for the rate limit headers of a response."""

    name: str
    quota: Quota
    remaining: int
    resets_in: int
    """The number of seconds until the window ends, at least 1."""
    is_over: bool
    """Whether the call exceeds the quota."""

    def headers(self) -> dict[str, str]:
        """Return the rate limit headers of a response (draft-ietf-httpapi-ratelimit-headers-10)."""
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.quota.calls};w={self.quota.seconds}',
            "RateLimit": f'"{self.name}";r={self.remaining};t={self.resets_in}',
        }


@dataclass(slots=True)
class _Share:
    """The part of a client's quota that this process may use without asking Redis."""

    until: float
    """The end of the window, on the monotonic clock."""
    used: int
    """The number of calls in the window that all processes have counted or reserved."""
    left: int
    """The number of reserved calls that this process has not used yet."""


class Limiter:
    """A counter of each client's calls in windows of fixed length. A window begins with its first call.

    A process reserves 0.01 % of a large quota at a time, so most calls need no round trip. A reserved share may remain
    unused. A process remembers clients over their quota until the window ends, so a flood of rejected calls
    does not reach Redis.
    """

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._take = link.reader.register_script(_TAKE)
        self._shares: dict[tuple[str, str], _Share] = {}
        self._lock = threading.Lock()

    def count(self, name: str, client: str, quota: Quota, *, calls: int = 1) -> LimitStatus | None:
        """Count one or more calls of a client, and return the status of its quota; None without Redis.

        If the quota has fewer calls left, none is counted.
        """
        if (status := self.count_locally(name, client, quota, calls)) is not None:
            return status
        prefix = None if self._link.is_circuit_open else self._link.prefix
        if prefix is None:
            return None
        wanted = max(calls, quota.calls // _PARTS)
        try:
            reply = self._take(keys=[f"{prefix}calls:{name}:{client}"], args=[quota.seconds * 1000, wanted])
        except redis.RedisError as exc:
            self._link.open_circuit("limit", exc)
            return None
        used, left = cast("tuple[int, int]", reply)
        granted = max(0, wanted - max(0, used - quota.calls))
        return self._store((name, client), quota, _Share(time.monotonic() + left / 1000, used, granted), calls)

    def known_over(self, name: str, client: str, quota: Quota) -> LimitStatus | None:
        """Return a client's status if this process knows it is over its quota, else None; count no call."""
        share = self._shares.get((name, client))
        if share is None or time.monotonic() >= share.until or share.left or share.used < quota.calls:
            return None
        return _status(name, quota, share, is_over=True)

    def count_locally(self, name: str, client: str, quota: Quota, calls: int = 1) -> LimitStatus | None:
        with self._lock:
            share = self._shares.get((name, client))
            if share is None or time.monotonic() >= share.until or share.left < calls <= quota.calls - share.used:
                return None
            return _take(name, quota, share, calls)

    def _store(self, key: tuple[str, str], quota: Quota, share: _Share, calls: int) -> LimitStatus:
        """Store a reserved share, add what another thread left of its own, and take calls from the sum."""
        with self._lock:
            other = self._shares.get(key)
            if other is not None and time.monotonic() < other.until:
                share.left += other.left
            if len(self._shares) >= _REMEMBERED:
                self._shares.clear()
            share.used = min(share.used, quota.calls)
            self._shares[key] = share
            return _take(key[0], quota, share, calls)


def _take(name: str, quota: Quota, share: _Share, calls: int) -> LimitStatus:
    is_over = share.left < calls
    if not is_over:
        share.left -= calls
    return _status(name, quota, share, is_over=is_over)


def _status(name: str, quota: Quota, share: _Share, *, is_over: bool) -> LimitStatus:
    resets_in = max(1, math.ceil(share.until - time.monotonic()))
    return LimitStatus(name, quota, quota.calls - share.used + share.left, resets_in, is_over)


def address_in(environ: WSGIEnvironment, *, trusted_proxies: int) -> str:
    """Return the name that a client's calls are counted under: its IPv4 address or IPv6 network.

    Behind trusted proxies, the address is the entry of `X-Forwarded-For` that the outermost proxy added. It is counted
    from the right, because clients can forge the entries further left.
    """
    hops = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    is_forwarded = 0 < trusted_proxies <= len(hops) and "HTTP_X_FORWARDED_FOR" in environ
    return _network(hops[-trusted_proxies].strip() if is_forwarded else environ.get("REMOTE_ADDR", ""))


@functools.lru_cache(1024)
def _network(text: str) -> str:
    """Return the name of an IPv4 address without its port, or of the /64 network of an IPv6 address.

    All other texts share one name, so a client cannot get a limit of its own by sending garbage.

    >>> _network("192.0.2.7"), _network("192.0.2.7:1001"), _network("[::ffff:192.0.2.7]:1002")
    ('ip:192.0.2.7', 'ip:192.0.2.7', 'ip:192.0.2.7')
    >>> _network("2001:db8::7"), _network("[2001:db8::8]:443"), _network("unknown")
    ('ip:2001:db8::/64', 'ip:2001:db8::/64', 'ip:none')
    """
    bare = _PORT.sub(r"\1\2", text)
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return "ip:none"
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return f"ip:{mapped or ipaddress.ip_network((int(address), 64), strict=False)}"
    return f"ip:{address}"
