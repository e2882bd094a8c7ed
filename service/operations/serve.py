"""`borneout serve`: start the service's processes, restart those that end, and stop them in order."""

from __future__ import annotations

import gc
import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from service.access.keys import ensure_first_key
from service.cache.redis_link import CacheState
from service.config import Settings
from service.operations.data_dir import METRICS, make_data_dir
from service.operations.listen_address import ListenAddress, StartError, await_port, cannot_listen, redis_state
from service.operations.processes import Process
from service.operations.readiness import mark_draining, mark_started
from service.operations.schema_check import create_schema, refuse_other_schema, require_schema
from service.operations.service_processes import service_processes
from service.operations.stop_signal import Stop
from service.operations.worker_hosts import host_name, refuse_other_hosts
from service.storage.db import Database
from service.values.instants import utc_now

_START_TIMEOUT = 30.0  # seconds until the first response
_PROOF_TIMEOUT = 5.0  # seconds after the first response, until the worker proves that Redis is current
_POLL_INTERVAL = 0.02  # seconds, while starting
_WATCH_INTERVAL = 0.2  # seconds, while running


def serve(
    settings: Settings, *, host: str, port: int, workers: int, announce: Callable[[str, str | None], None]
) -> None:
    """Run the service until SIGTERM or Ctrl-C.

    SIGTERM drains first: `/readyz` returns 503 while other requests are still served.

    Args:
        settings: The settings of the service.
        host: The address to listen on.
        port: The port to listen on.
        workers: The number of processes that handle requests.
        announce: A function that is called once with the service's address and, on the first start, the first key.

    Raises:
        StartError: Another service uses the data directory, or this one cannot listen.
        UnusableDatabase: The database has another schema, or no schema while `BORNEOUT_MIGRATE` is false.
        OtherHost: Redis is embedded, but another host runs a worker on the database.
    """
    if settings.migrate:
        refuse_other_schema(settings)
    else:
        require_schema(settings)
    stop, skip_drain = _handle_signals()
    make_data_dir(settings.data_dir)
    (settings.data_dir / METRICS).mkdir(mode=0o700, exist_ok=True)
    with _locked(settings.data_dir):
        mark_started(settings.data_dir)
        address = ListenAddress(host, port)
        await_port(address, stop)
        _prepare_database(settings)
        if settings.embedded_redis:
            with closing(Database(settings.database_url)) as db:
                refuse_other_hosts(db, host_name(settings))
        processes = service_processes(settings, address, workers=workers)
        gc.freeze()  # garbage collection would write to the memory that the processes share
        try:
            _start(processes, address, stop)
            if not stop.is_set():
                announce(address.url, _ensure_first_key(settings))
            _watch(processes, stop)
            mark_draining(settings.data_dir)
            skip_drain.wait(settings.drain)
        finally:
            for process in reversed(processes):
                process.stop()


def _handle_signals() -> tuple[Stop, Stop]:
    """Return a flag that SIGTERM and Ctrl-C set, and one that only Ctrl-C sets, to skip draining."""
    stop, skip_drain = Stop.on_signals(), Stop()

    def interrupt(*_: object) -> None:
        skip_drain.set()
        stop.set()

    signal.signal(signal.SIGINT, interrupt)
    return stop, skip_drain


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """Hold the lock of the data directory during the block, so that no second service uses it."""
    with ExitStack() as stack:
        try:
            stack.enter_context(FileLock(data_dir / "serve.lock", blocking=False, mode=0o600))
        except Timeout as exc:
            raise StartError(f"Another `borneout serve` is running on {data_dir}.") from exc
        yield


def _prepare_database(settings: Settings) -> None:
    """Create the schema if it is missing, and the key that the operator set for an empty database."""
    if settings.migrate:
        create_schema(settings)
    if settings.bootstrap_key is not None:
        _ensure_first_key(settings)


def _ensure_first_key(settings: Settings) -> str | None:
    """Create the first key if there is none; return its secret, to show once, unless it was given."""
    with closing(Database(settings.database_url)) as db:
        return ensure_first_key(db, given=settings.bootstrap_key, now=utc_now())


def _start(processes: list[Process], address: ListenAddress, stop: Stop) -> None:
    """Start the processes, and wait until gunicorn is ready and, for up to 5 s, the cache is usable."""
    for process in processes:
        process.start()
    gunicorn = processes[-1]
    deadline, proof_deadline = time.monotonic() + _START_TIMEOUT, math.inf
    while not stop.wait(_POLL_INTERVAL):
        if not gunicorn.running:
            raise cannot_listen(address)
        redis = redis_state(address)
        if redis == CacheState.UNPROVEN:
            proof_deadline = min(proof_deadline, time.monotonic() + _PROOF_TIMEOUT)
        if redis not in (None, CacheState.UNPROVEN) or time.monotonic() > proof_deadline:
            return
        if time.monotonic() > deadline:
            raise StartError(f"The service does not respond on {address.url}.")


def _watch(processes: list[Process], stop: Stop) -> None:
    """Restart processes that have ended, until `stop` is set."""
    while not stop.wait(_WATCH_INTERVAL):
        for process in processes:
            process.restart_if_ended()
