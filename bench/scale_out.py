"""Run two hosts of the API behind PgBouncer or nginx under a mixed load, and check all responses and records.

    python -m bench.scale_out pgbouncer|nginx [--writes 2000]

The programs `pgbouncer` and `nginx` must be on the PATH (Debian: `apt-get install pgbouncer nginx`). PostgreSQL and
Redis are among our development packages. Four writers record, resolve and correct claims, each with an
`Idempotency-Key`, and six readers read scores and claims.

* `pgbouncer`: both hosts and the worker use PgBouncer in transaction mode, with its default settings.
* `nginx`: all calls go through nginx with `deploy/nginx.conf`. One host is killed with SIGKILL after a third of the
  writes, and started again after two thirds.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

from bench.proxies import behind_nginx, through_pgbouncer
from service.storage.db import Database
from tests.support.api_document import ApiDocument
from tests.support.fault_check import find_damage
from tests.support.fault_load import Load
from tests.support.fault_run import COLUMNS, describe
from tests.support.hosts import running_hosts
from tests.support.live_service import LocalServer
from tests.support.postgres_sites import run_replicated_postgres
from tests.support.redis_server import run_private_redis


def run_load(
    host: LocalServer, ports: list[int], url: str, *, writes: int, events: dict[float, Callable[[], object]]
) -> int:
    """Run the load until a number of writes are acknowledged, and print the results.

    Args:
        host: A host, whose records are checked.
        ports: The ports to call.
        url: The URL of the database.
        writes: The number of writes.
        events: Functions to call during the load, by the share of the writes after which each is called.

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
    # nginx responds with 502 if the killed host may have started a write. The clients retry it.
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
    logging.disable(logging.WARNING)  # the check computes scores without Redis
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
    """Kill all processes of a host, as in a power failure."""
    for process in [psutil.Process(host.process.pid), *host.processes()]:
        process.kill()
    host.process.wait()


if __name__ == "__main__":
    sys.exit(main())
