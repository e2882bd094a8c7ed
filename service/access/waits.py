"""Limit the calls that wait for changes: a maximum for each process, and one for each API key."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import redis

from service.cache.redis_link import RedisLink

MAX_WAIT = 30
"""The maximum number of seconds that a call may wait."""

_LEASE_MS = (MAX_WAIT + 5) * 1000
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Waits:
    """The waiting calls of a process. A key may have one in all processes, or without Redis one in each."""

    def __init__(self, link: RedisLink) -> None:
        self.at_most = 1
        """The maximum number of waiting calls; never more than a quarter of the threads of the process."""
        self._link = link
        self._release = link.writer.register_script(_RELEASE)
        self._keys: set[UUID | None] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    @property
    def count(self) -> int:
        """The number of calls that wait in this process."""
        return len(self._keys)

    def stop(self) -> None:
        """End all waits, because the process is stopping."""
        self._stopping.set()

    def pause(self, seconds: float) -> bool:
        """Wait for some seconds, and return whether the process is stopping."""
        return self._stopping.wait(seconds)

    @contextmanager
    def begin(self, key_id: UUID | None) -> Iterator[bool]:
        """Yield whether a call may wait in the block: not if its key already waits or too many calls do."""
        with self._lock:
            may_wait = not self._stopping.is_set() and key_id not in self._keys and self.count < self.at_most
            if may_wait:
                self._keys.add(key_id)
        if not may_wait:
            yield False
            return
        try:
            with self._lease(key_id) as is_only_one:
                yield is_only_one
        finally:
            with self._lock:
                self._keys.discard(key_id)

    @contextmanager
    def _lease(self, key_id: UUID | None) -> Iterator[bool]:
        """Hold the lease of a key in Redis during the block, and yield whether no other process holds it."""
        prefix = None if self._link.is_circuit_open else self._link.prefix
        if prefix is None:
            yield True
            return
        name, token = f"{prefix}wait:{key_id}", uuid4().hex
        try:
            is_only_one = bool(self._link.writer.set(name, token, nx=True, px=_LEASE_MS))
        except redis.RedisError as exc:
            self._link.open_circuit("limit", exc)
            yield True
            return
        try:
            yield is_only_one
        finally:
            if is_only_one:
                self._drop(name, token)

    def _drop(self, name: str, token: str) -> None:
        try:
            self._release(keys=[name], args=[token])
        except redis.RedisError as exc:
            self._link.open_circuit("limit", exc)
