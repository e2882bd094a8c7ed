"""A private Redis server of a test, which may be stopped, killed, restarted and restored."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from service.cache import redis_link
from service.cache.score_cache import ScoreCache
from service.operations.redis_server import redis_command
from tests.support.awaiting import wait_until

SHORT = 1.0
"""Timeout in seconds for a Redis that may hang; a busy machine responds faster."""


class PrivateRedis:
    """A Redis server on a socket, without persistence unless `save` is called."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.socket = folder / "own.sock"
        self.url = f"unix://{self.socket}"
        options = [part for name, value in settings.items() for part in (f"--{name.replace('_', '-')}", value)]
        self._command = [*redis_command(self.socket), *options]
        self.client = redis.Redis(unix_socket_path=str(self.socket))

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: is_responding(self.client))

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        self.kill()
        self.start()

    def save(self) -> Path:
        """Return a dump of the current data, to restart from."""
        self.client.save()
        return Path(shutil.copy(self.folder / "dump.rdb", self.folder / "saved.rdb"))

    def restart_from(self, dump: Path) -> None:
        self.kill()
        shutil.copy(dump, self.folder / "dump.rdb")
        self.start()

    def refuse_writes(self, setting: str) -> None:
        """Let Redis answer reads and refuse writes, as a replica or by one of its settings."""
        name, value = setting.split(" ", 1)
        if name == "replicaof":
            self.client.replicaof(*value.split())
        else:
            self.client.config_set("maxmemory-policy", "noeviction")
            self.client.config_set(name, value)

    def accept_writes(self) -> None:
        """Undo `refuse_writes`."""
        self.client.replicaof("NO", "ONE")
        self.client.config_set("maxmemory", "0")
        self.client.config_set("min-replicas-to-write", "0")

    @contextlib.contextmanager
    def hung(self) -> Iterator[None]:
        """Suspend the server: its socket is open, but it does not respond."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.client.close()
        self.kill()


def is_responding(client: redis.Redis) -> bool:
    """Return whether Redis responds."""
    with contextlib.suppress(redis.RedisError):
        return bool(client.ping())
    return False


@contextlib.contextmanager
def redis_timeouts(seconds: float) -> Iterator[None]:
    """Set the timeouts of new connections to Redis."""
    with pytest.MonkeyPatch.context() as patch:
        for timeout in ("READ_TIMEOUT", "_WRITE_TIMEOUT"):
            patch.setattr(redis_link, timeout, seconds)
        yield


@contextlib.contextmanager
def proof_life(seconds: float) -> Iterator[None]:
    """Set the time for which a proof holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis_link, "PROOF_LIFE", seconds)
        yield


def prove(cache: ScoreCache) -> None:
    """Prove that the cache is current, as a worker does."""
    assert cache.link.prefix is not None
    proof = secrets.token_hex(16)
    cache.link.writer.set(redis_link.proof_key(cache.link.prefix), proof, px=round(redis_link.PROOF_LIFE * 1000))


@contextlib.contextmanager
def run_private_redis(folder: Path, **settings: str) -> Iterator[PrivateRedis]:
    """Run a private server with short timeouts."""
    server = PrivateRedis(folder, **settings)
    server.start()
    try:
        with redis_timeouts(SHORT):
            yield server
    finally:
        server.close()
