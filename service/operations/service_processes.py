"""Define the processes of `borneout serve`: the embedded Redis if used, the worker, and gunicorn."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from functools import partial

from gunicorn.app import wsgiapp

from service.cache.score_cache import ScoreCache
from service.config import Settings
from service.environment import PREFIX
from service.operations.listen_address import ListenAddress
from service.operations.processes import Process
from service.operations.redis_server import await_server, redis_command, stop_leftover
from service.operations.stop_signal import Stop
from service.operations.worker import HEARTBEAT, run_worker
from service.operations.worker_hosts import host_name
from service.storage.db import Database
from service.storage.identity import database_id


def service_processes(settings: Settings, address: ListenAddress, *, workers: int) -> list[Process]:
    """Return the processes of the service, in the order in which to start them."""
    socket = settings.data_dir / "redis.sock"
    wait = partial(await_server, socket) if settings.embedded_redis else lambda: None
    processes = [
        Process("borneout-worker", lambda: _run_worker(settings), before=wait),
        Process("borneout-web", lambda: _run_gunicorn(settings, address, workers=workers)),
    ]
    if settings.embedded_redis:
        command = redis_command(socket)
        env = {"PATH": os.environ.get("PATH", os.defpath)}  # without the secrets of this environment
        run = partial(os.execve, command[0], command, env)
        processes.insert(0, Process("redis-server", run, before=lambda: stop_leftover(socket)))
    return processes


def _run_worker(settings: Settings) -> None:
    stop = Stop.on_signals()
    with (
        closing(Database(settings.database_url)) as db,
        closing(ScoreCache(settings.redis_url, partial(database_id, db), lease=settings.lease)) as cache,
    ):
        run_worker(db, cache, stop, host=host_name(settings), heartbeat=settings.data_dir / HEARTBEAT)


def _run_gunicorn(settings: Settings, address: ListenAddress, *, workers: int) -> None:
    """Run gunicorn in this process, with the settings passed in the environment."""
    # `serve` drains before it stops gunicorn, which must not drain again.
    env = {"DATA_DIR": str(settings.data_dir), "DATABASE_URL": settings.database_url, "DRAIN": "0"}
    os.environ.update({PREFIX + name: value for name, value in env.items()})
    options = {
        "--config": "python:service.operations.gunicorn_conf",
        "--bind": address.listen,
        "--workers": str(workers),
    }
    sys.argv = ["gunicorn", *(part for option in options.items() for part in option)]
    wsgiapp.run()
