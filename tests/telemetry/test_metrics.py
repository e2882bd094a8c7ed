"""service.telemetry.metrics: counts of several processes, and of calls that Redis did not answer"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys

import psutil
import pytest

from service.cache.score_cache import Answer, Question, ScoreCache
from service.operations.serve import ROOT
from service.telemetry.metrics import render_metrics
from tests.support.awaiting import DEADLINE, wait_until
from tests.support.cache_questions import failures, long_rest
from tests.support.live_service import gunicorn_alone
from tests.support.metrics_page import counted
from tests.support.redis_server import own_redis

HERALD = Question("herald", "all")


def requests(page):
    """How many times /healthz was answered."""
    return counted(page, "borneout_http_requests_total", route="/healthz", status="200")


def test_every_process_knows_all(tmp_path, sqlite_template, redis_url):
    """
    Each of gunicorn's processes shows what all have counted, those killed and replaced too, in a data directory that it
    makes itself; a new start begins anew.
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
    The worker touches its file every round, so that others can see that it goes round.
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


@pytest.mark.parametrize("operation", ["read", "forget", "ping"])
def test_redis_away(tmp_path, operation):
    """
    Each failure of Redis is counted under what was wanted of it; what is not tried is not counted.
    """
    cache = ScoreCache(f"unix://{tmp_path}/nobody.sock")
    ask = {
        "read": lambda: cache.get_or_compute([HERALD], compute),
        "forget": lambda: cache.invalidate(["herald"]),
        "ping": cache.answers,
    }[operation]
    before = render_metrics(None).decode()
    with long_rest():
        ask()
        if operation == "read":
            ask()  # while Redis is left alone
    cache.close()

    assert {operation: 1} == failures(before)


def test_redis_gone_before_keeping(tmp_path):
    """
    A Redis that goes away between the question and the answer is counted too.
    """
    with own_redis(tmp_path) as server, contextlib.closing(ScoreCache(server.url)) as cache:

        def compute_while_it_dies(questions):
            server.kill()
            return compute(questions)

        before = render_metrics(None).decode()
        cache.get_or_compute([HERALD], compute_while_it_dies)

    assert {"keep": 1} == failures(before)


def compute(questions):
    return [Answer(b"1", "tag") for _ in questions]
