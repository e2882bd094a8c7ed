"""A Redis server that one test has to itself, and may stop, kill, restart and restore."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from service.cache import redis_link
from service.operations.redis_server import redis_command
from tests.support.awaiting import wait_until

SHORT = 1.0
"""Seconds that a test waits for a Redis that may hang: more than a busy machine takes for an answer."""


class OwnRedis:
    """A real server on a socket; it keeps nothing unless told to `save`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.socket = folder / "own.sock"
        self.url = f"unix://{self.socket}"
        options = [part for name, value in settings.items() for part in (f"--{name.replace('_', '-')}", value)]
        self._command = [*redis_command(self.socket), *options]
        self.client = redis.Redis(unix_socket_path=str(self.socket))

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: is_up(self.client))

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        self.kill()
        self.start()

    def save(self) -> Path:
        """What is in it now, in a file to restore from."""
        self.client.save()
        return Path(shutil.copy(self.folder / "dump.rdb", self.folder / "kept.rdb"))

    def restart_from(self, dump: Path) -> None:
        self.kill()
        shutil.copy(dump, self.folder / "dump.rdb")
        self.start()

    @contextlib.contextmanager
    def hung(self) -> Iterator[None]:
        """Alive, its socket open, and not answering."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.client.close()
        self.kill()


def is_up(client: redis.Redis) -> bool:
    """Whether a Redis answers."""
    with contextlib.suppress(redis.RedisError):
        return bool(client.ping())
    return False


@contextlib.contextmanager
def patient(seconds: float) -> Iterator[None]:
    """Have new connections to Redis wait this long for an answer."""
    with pytest.MonkeyPatch.context() as patch:
        for timeout in ("READ_TIMEOUT", "_WRITE_TIMEOUT"):
            patch.setattr(redis_link, timeout, seconds)
        yield


@contextlib.contextmanager
def own_redis(folder: Path, **settings: str) -> Iterator[OwnRedis]:
    """A server of a test's own, started and in the end killed."""
    server = OwnRedis(folder, **settings)
    server.start()
    try:
        with patient(SHORT):
            yield server
    finally:
        server.close()
