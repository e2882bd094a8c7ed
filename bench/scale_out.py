"""Run two hosts of the API behind PgBouncer or nginx, with a mixed load, and check every response and the records.

    python -m bench.scale_out pgbouncer|nginx [--writes 2000]

The programs `pgbouncer` and `nginx` must be on the PATH (Debian: `apt-get install pgbouncer nginx`); a PostgreSQL and a
Redis come with our development packages. Four writers record, resolve and correct claims, each with an
`Idempotency-Key`, and six readers read scores and claims.

* `pgbouncer`: both hosts and the worker use PgBouncer in transaction mode, with its default settings.
* `nginx`: all calls go through nginx with `deploy/nginx.conf`. After a third of the writes one host is killed with
  SIGKILL, after two thirds it is started again.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from service.storage.db import Database
from tests.support.api_document import ApiDocument
from tests.support.awaiting import wait_until
from tests.support.fault_check import find_damage
from tests.support.fault_load import Load
from tests.support.fault_run import COLUMNS, describe
from tests.support.hosts import running_hosts
from tests.support.live_service import LocalServer, free_port
from tests.support.paths import ROOT
from tests.support.postgres_sites import ReplicatedPostgres, run_replicated_postgres
from tests.support.redis_server import run_private_redis


class Proxy(LocalServer):
    """A program that listens on a local port."""

    def __init__(self, folder: Path, name: str, *options: str) -> None:
        self.port = free_port()
        self._log = (folder / f"{name}.log").open("wb")
        if (program := shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")) is None:
            raise SystemExit(f"{name} is not on the PATH. Install it: apt-get install {name}.")
        self._command = [program, *options]

    @contextlib.contextmanager
    def running(self) -> Iterator[Proxy]:
        """Run the program, and stop it at the end."""
        self.process = subprocess.Popen(self._command, stdout=self._log, stderr=self._log)
        try:
            wait_until(self._listens)
            yield self
        finally:
            self.process.terminate()
            self.process.wait()

    def _listens(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            return True
        return False


@contextlib.contextmanager
def through_pgbouncer(folder: Path, postgres: ReplicatedPostgres) -> Iterator[str]:
    """Run PgBouncer, and yield the URL of the database through it."""
    folder.chmod(0o755)
    file = folder / "pgbouncer.ini"
    options = ["-u", "nobody", str(file)] if os.geteuid() == 0 else [str(file)]
    bouncer = Proxy(folder, "pgbouncer", *options)
    file.write_text(
        f"[databases]\n* = host=127.0.0.1 port={postgres.primary.port} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {bouncer.port}\nunix_socket_dir =\n"
        "auth_type = any\npool_mode = transaction\n"
    )
    with bouncer.running():
        yield f"postgresql://postgres@127.0.0.1:{bouncer.port}/postgres"


@contextlib.contextmanager
def behind_nginx(folder: Path, hosts: list[LocalServer]) -> Iterator[Proxy]:
    """Run nginx with the configuration in `deploy`, on another port and with these hosts."""
    nginx = Proxy(folder, "nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;")
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    text = text.replace("listen 8080;", f"listen 127.0.0.1:{nginx.port};").replace(" /tmp/", f" {folder}/")
    (folder / "nginx.conf").write_text(text)
    upstream = (ROOT / "deploy" / "upstream.conf").read_text()
    servers = "\n".join(f"    server 127.0.0.1:{host.port} fail_timeout=5s;" for host in hosts)
    (folder / "upstream.conf").write_text(upstream.replace("    server 127.0.0.1:8000 fail_timeout=5s;", servers))
    with nginx.running():
        wait_until(lambda: nginx.status("/readyz") == 200)
        yield nginx


def run_load(
    host: LocalServer, ports: list[int], url: str, *, writes: int, events: dict[float, Callable[[], object]]
) -> int:
    """Run the load until so many writes are acknowledged, with an event at each share of them, and print the results.

    Returns:
        The number of wrong responses and records.
    """
    load = Load(ports, ApiDocument(host.call("GET", "/openapi.json")[1]), "scaled")
    began = time.monotonic()
    waiting = sorted(events.items())
    while (done := load.observed.counts["acknowledged"]) < writes:
        if waiting and done >= waiting[0][0] * writes:
            waiting.pop(0)[1]()
        time.sleep(0.05)
    observed = load.stop()
    seconds = time.monotonic() - began
    with contextlib.closing(Database(url)) as db:
        wrong = find_damage(host, db, observed, "scaled") + observed.violations
    # A proxy answers with 502 for a write that the killed host may have begun. The writers send it again.
    wrong = Counter({text: count for text, count in wrong.items() if not text.startswith("502 ")})
    statuses = {name: count for name, count in sorted(observed.counts.items()) if name not in COLUMNS or name.isdigit()}
    wrong["stale reads"] = len(observed.stale)
    wrong["500"] = observed.counts["500"]
    print(describe(f"{seconds:.0f} s", observed, +Counter(wrong)), statuses, flush=True)
    return (+Counter(wrong)).total()


def main() -> int:
    """Run a scenario. Return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", choices=["pgbouncer", "nginx"])
    parser.add_argument("--writes", type=int, default=2000)
    given = parser.parse_args()
    logging.disable(logging.WARNING)  # `find_damage` uses no Redis
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="borneout-scale-")))
        postgres = stack.enter_context(run_replicated_postgres())
        redis = stack.enter_context(run_private_redis(folder))
        direct = url = postgres.alone(postgres.primary)
        if given.scenario == "pgbouncer":
            url = stack.enter_context(through_pgbouncer(folder, postgres))
        hosts = stack.enter_context(running_hosts(folder, database_url=url, redis_url=redis.url))
        ports, events = [host.port for host in hosts], dict[float, Callable[[], object]]()
        if given.scenario == "nginx":
            ports = [stack.enter_context(behind_nginx(folder, list(hosts))).port]
            events = {1 / 3: lambda: _kill(hosts[1]), 2 / 3: hosts[1].start}
        print(f"{'':20} {' '.join(f'{column:>12}' for column in COLUMNS)}   stale  slowest: write, read")
        return 1 if run_load(hosts[0], ports, direct, writes=given.writes, events=events) else 0


def _kill(host: LocalServer) -> None:
    """Kill all processes of a host, as a power failure would."""
    for process in [psutil.Process(host.process.pid), *host.processes()]:
        process.kill()
    host.process.wait()


if __name__ == "__main__":
    sys.exit(main())
