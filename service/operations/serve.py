"""`borneout serve`: start what the service is made of, watch over it, and stop it in order."""

from __future__ import annotations

import datetime as dt
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout
from gunicorn.app import wsgiapp

from service.access.keys import ensure_first_key
from service.cache.score_cache import ScoreCache
from service.config import Settings
from service.environment import PREFIX
from service.errors import CannotRun
from service.operations.data_dir import METRICS, make_data_dir
from service.operations.processes import Process
from service.operations.readiness import mark_draining, mark_started
from service.operations.redis_server import redis_command, stop_leftover
from service.operations.schema_check import create_schema, refuse_other_schema, require_schema
from service.operations.stop_signal import Stop
from service.operations.worker import BEAT, run_worker
from service.storage.db import Database

ROOT = Path(__file__).parents[1]

_PORT_PATIENCE = 5.0  # seconds that an earlier run which was killed may hold the port on
_PATIENCE = 30.0  # seconds that the service has to answer
_LOOK = 0.02  # seconds between two looks at something that is about to happen


class StartError(CannotRun):
    """The service cannot be started; the message says why."""


class Address(NamedTuple):
    """Where the service listens."""

    host: str
    port: int

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET

    @property
    def listen(self) -> str:
        """As gunicorn takes it, and as it stands in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.listen}"


def serve(
    settings: Settings, *, host: str, port: int, workers: int, announce: Callable[[str, str | None], None]
) -> None:
    """Run until told to stop by SIGTERM or Ctrl-C; after SIGTERM, for as long as it takes others to hear of it.

    Args:
        settings: What the operator set.
        host: The address to listen on.
        port: The port to listen on.
        workers: How many processes answer requests.
        announce: Called once with the service's address and, on the first start ever, its first key.

    Raises:
        StartError: Another service runs on the data directory, or this one cannot listen.
        UnusableDatabase: The database has another schema, or none where `BORNEOUT_MIGRATE` is false.
    """
    if settings.migrate:
        refuse_other_schema(settings)
    else:
        require_schema(settings)
    stop, at_once = _hear_signals()
    make_data_dir(settings.data_dir)
    (settings.data_dir / METRICS).mkdir(mode=0o700, exist_ok=True)
    with _alone(settings.data_dir):
        mark_started(settings.data_dir)
        address = Address(host, port)
        _await_port(address, stop)
        _prepare_database(settings)
        processes = _processes(settings, address, workers=workers)
        gc.freeze()  # so that a look for garbage does not write to the memory that all processes share
        try:
            _start(processes, address, stop)
            if not stop.is_set():
                announce(address.url, _first_key(settings))
            while not stop.wait(0.2):
                for process in processes:
                    process.revive()
            mark_draining(settings.data_dir)
            at_once.wait(settings.drain)
        finally:
            for process in reversed(processes):
                process.stop()


def _hear_signals() -> tuple[Stop, Stop]:
    """What SIGTERM and Ctrl-C set from now on, and what Ctrl-C sets alone: somebody waits at the terminal."""
    stop, at_once = Stop.on_signals(), Stop()

    def interrupt(*_: object) -> None:
        at_once.set()
        stop.set()

    signal.signal(signal.SIGINT, interrupt)
    return stop, at_once


def _prepare_database(settings: Settings) -> None:
    """Create the schema if it is missing; add the operator's first key before the first request is answered."""
    if settings.migrate:
        create_schema(settings)
    if settings.bootstrap_key is not None:
        _first_key(settings)


def _first_key(settings: Settings) -> str | None:
    """The first key if one is made just now: not before all runs, since it is shown this once."""
    with closing(Database(settings.database_url)) as db:
        return ensure_first_key(db, given=settings.bootstrap_key, now=dt.datetime.now(dt.UTC))


def _processes(settings: Settings, address: Address, *, workers: int) -> list[Process]:
    """Return the processes in the order of starting; each needs those before it, as far as it needs any."""
    processes = [
        Process("borneout-worker", lambda: _run_worker(settings)),
        Process("borneout-web", lambda: _run_gunicorn(settings, address, workers=workers)),
    ]
    if settings.embedded_redis:
        socket = settings.data_dir / "redis.sock"
        command = redis_command(socket)
        env = {"PATH": os.environ.get("PATH", os.defpath)}  # and nothing that is secret
        run = partial(os.execve, command[0], command, env)
        processes.insert(0, Process("redis-server", run, before=lambda: stop_leftover(socket)))
    return processes


def _run_worker(settings: Settings) -> None:
    stop = Stop.on_signals()
    with closing(Database(settings.database_url)) as db, closing(ScoreCache(settings.redis_url)) as cache:
        run_worker(db, cache, stop, beat=settings.data_dir / BEAT)


def _run_gunicorn(settings: Settings, address: Address, *, workers: int) -> None:
    """Run gunicorn as its command does, in a process where all that it imports is imported."""
    # `serve` itself waits before it stops this process.
    known = {"DATA_DIR": str(settings.data_dir), "DATABASE_URL": settings.database_url, "DRAIN": "0"}
    os.environ.update({PREFIX + name: value for name, value in known.items()})
    options = {
        "--config": "python:service.operations.gunicorn_conf",
        "--bind": address.listen,
        "--workers": str(workers),
    }
    sys.argv = ["gunicorn", *(part for option in options.items() for part in option)]
    wsgiapp.run()


def _await_port(address: Address, stop: Stop) -> None:
    """Make sure that nobody else listens.

    Gunicorn would find out too, but meanwhile the answers of another service there would pass for its own.
    """
    deadline = time.monotonic() + _PORT_PATIENCE
    while not stop.is_set():
        try:
            socket.create_server((address.host, address.port), family=address.family).close()
            return
        except OSError as exc:
            if time.monotonic() > deadline:
                raise StartError(f"The service cannot listen on {address.url}; is the port taken? ({exc})") from exc
        stop.wait(_LOOK)


def _start(processes: list[Process], address: Address, stop: Stop) -> None:
    for process in processes:
        process.start()
    gunicorn = processes[-1]
    deadline = time.monotonic() + _PATIENCE
    while not stop.wait(_LOOK):
        if not gunicorn.running:
            raise StartError(f"The service cannot listen on {address.url}; is the port taken?")
        if _is_ready(address):
            return
        if time.monotonic() > deadline:
            raise StartError(f"The service does not answer on {address.url}.")


def _is_ready(address: Address) -> bool:
    connection = HTTPConnection(address.host, address.port, timeout=1)  # which asks no proxy, unlike urlopen
    with closing(connection), suppress(OSError, HTTPException):
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    return False


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Hold the data directory, so that a second service does not take the first one's Redis away."""
    with ExitStack() as held:
        try:
            held.enter_context(FileLock(data_dir / "serve.lock", blocking=False, mode=0o600))
        except Timeout as exc:
            raise StartError(f"Another `borneout serve` runs on {data_dir}.") from exc
        yield
