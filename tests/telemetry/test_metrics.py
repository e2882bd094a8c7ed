"""service.telemetry.metrics: counters of several processes, and failures of Redis"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys

import psutil
import pytest

from service.cache.invalidation import invalidate
from service.cache.score_cache import CacheKey, EncodedResponse, ScoreCache
from service.telemetry.metrics import render_metrics
from tests.support.awaiting import DEADLINE, wait_until
from tests.support.cache_questions import circuit_stays_open, failures
from tests.support.live_service import gunicorn_alone
from tests.support.metrics_page import counted
from tests.support.paths import ROOT
from tests.support.redis_server import prove, run_private_redis

HERALD = CacheKey("herald", "all")


def requests(page):
    """Return the number of requests to /healthz."""
    return counted(page, "borneout_http_requests_total", route="/healthz", status="200")


def test_every_process_exports_all_counters(tmp_path, sqlite_template, redis_url):
    """
    Every gunicorn process exports the counters of all processes, including killed ones, from a directory that it
    creates; a new start begins at zero.
    """
    data_dir, database = tmp_path / "a" / "data", shutil.copy(sqlite_template, tmp_path)
    names = {"BORNEOUT_DATABASE_URL": f"sqlite:///{database}", "BORNEOUT_REDIS_URL": redis_url}
    alone = functools.partial(gunicorn_alone, data_dir, log=tmp_path / "gunicorn.log", **names)

    def page():
        return gunicorn.ask("GET", "/metrics")[1].decode()

    with alone() as gunicorn:
        wait_until(lambda: 200 == gunicorn.status("/readyz"))
        for _ in range(20):
            gunicorn.ask("GET", "/healthz")
        assert {20.0} == {requests(page()) for _ in range(10)}
        assert 0 == counted(page(), "borneout_outbox_rows")

        workers = gunicorn.processes()
        for worker in workers:
            worker.kill()
        psutil.wait_procs(workers, DEADLINE)
        wait_until(lambda: 200 == gunicorn.status("/readyz"))
        gunicorn.ask("GET", "/healthz")
        assert {21.0} == {requests(page()) for _ in range(10)}
    assert {"counter", "histogram"} == {path.name.split("_")[0] for path in (data_dir / "metrics").glob("*.db")}

    with alone() as gunicorn:
        wait_until(lambda: 200 == gunicorn.status("/readyz"))
        assert 0 == requests(page())


def test_worker_beats(tmp_path, sqlite_template, redis_url):
    """
    The worker touches its heartbeat file in every round.
    """
    beat = tmp_path / "data" / "worker.beat"
    names = {"DATABASE_URL": f"sqlite:///{shutil.copy(sqlite_template, tmp_path)}", "REDIS_URL": redis_url}
    env = {**os.environ, **{f"BORNEOUT_{name}": value for name, value in names.items()}}
    command = [sys.executable, "-m", "service.cli", "worker", "--data-dir", str(beat.parent)]
    with subprocess.Popen(command, env=env, cwd=ROOT, stderr=subprocess.DEVNULL) as worker:
        try:
            wait_until(beat.exists)
            first = beat.stat().st_mtime_ns
            wait_until(lambda: beat.stat().st_mtime_ns > first)
            worker.terminate()
            assert 0 == worker.wait(DEADLINE)
        finally:
            worker.kill()


@pytest.mark.parametrize("operation", ["read", "invalidate", "ping"])
def test_failures_are_counted(tmp_path, operation):
    """
    Each failure of Redis is counted by its operation; skipped operations are not counted.
    """
    cache = ScoreCache(f"unix://{tmp_path}/nobody.sock", lambda: "0")
    operate = {
        "read": lambda: cache.get_or_compute([HERALD], compute),
        "invalidate": lambda: invalidate(cache, ["herald"]),
        "ping": cache.link.state,
    }[operation]
    before = render_metrics(None).decode()
    with circuit_stays_open():
        operate()
        if operation == "read":
            operate()  # skipped, because the circuit is open
    cache.close()

    assert {operation: 1} == failures(before)


def test_failure_to_store(tmp_path):
    """
    A failure to store a response is counted.
    """
    with run_private_redis(tmp_path) as server, contextlib.closing(ScoreCache(server.url, lambda: "0")) as cache:

        def kill_and_compute(keys):
            server.kill()
            return compute(keys)

        prove(cache)
        before = render_metrics(None).decode()
        cache.get_or_compute([HERALD], kill_and_compute)

    assert {"store": 1} == failures(before)


def compute(keys):
    return [EncodedResponse(b"1", "tag") for _ in keys]
