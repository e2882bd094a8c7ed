"""Several hosts of the API on one database and one Redis, with a worker, each in its own processes"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from service.access.keys import ensure_first_key
from service.storage.db import Database
from tests.support.awaiting import wait_until
from tests.support.live_service import KEY, Gunicorn, gunicorn_alone
from tests.support.paths import ROOT


@contextlib.contextmanager
def running_hosts(
    folder: Path, *, database_url: str, redis_url: str, count: int = 2, **env: str
) -> Iterator[list[Gunicorn]]:
    """Run hosts with an admin key, `KEY`, until they are ready and use Redis.

    Args:
        folder: A folder for their data directories and logs.
        database_url: The database.
        redis_url: The Redis.
        count: The number of hosts.
        env: Additional environment variables.
    """
    with contextlib.closing(Database(database_url)) as db:
        ensure_first_key(db, given=KEY, now=dt.datetime.now(dt.UTC))
    env = {"BORNEOUT_DATABASE_URL": database_url, "BORNEOUT_REDIS_URL": redis_url, "BORNEOUT_RATE_LIMIT": "off", **env}
    with contextlib.ExitStack() as stack:
        stack.enter_context(_running_worker(folder, env))
        hosts = [
            stack.enter_context(gunicorn_alone(folder / f"host-{number}", log=folder / f"host-{number}.log", **env))
            for number in range(count)
        ]
        wait_until(lambda: all(_is_ready(host) for host in hosts))
        yield hosts


def _is_ready(host: Gunicorn) -> bool:
    return host.status("/readyz") == 200 and host.call("GET", "/readyz")[1]["status"] == "ok"


@contextlib.contextmanager
def _running_worker(folder: Path, env: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "service.cli", "worker", "--data-dir", str(folder / "worker")]
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **env}, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait()
