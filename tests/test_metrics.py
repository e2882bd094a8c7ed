"""service.metrics and gunicorn.conf.py: counts of several processes, and of what Redis did not do"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest

from service.cache import Answer, Question, ScoreCache
from service.metrics import render_metrics
from tests.exposition import counted
from tests.live import free_port, running
from tests.own_redis import own_redis, wait_until

ROOT = Path(__file__).parents[1]
BORNEOUT = [sys.executable, "-m", "service.cli"]
HERALD = Question("herald", "all")


def requests(page):
    """How many times /healthz was answered."""
    return counted(page, "borneout_http_requests_total", route="/healthz", status="200")


def read(port, path="/metrics"):
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read().decode()


def test_every_process_knows_all(tmp_path):
    """
    Each of gunicorn's processes shows what all have counted, those killed and replaced too; a new start begins anew.
    """
    with running(tmp_path, workers=2) as service:
        for _ in range(20):
            read(service.port, "/healthz")
        assert {20.0} == {requests(read(service.port)) for _ in range(10)}

        _, *workers = service.processes("gunicorn.conf.py")
        for worker in workers:
            worker.kill()
        psutil.wait_procs(workers, 10)
        service.wait_until_ready()
        read(service.port, "/healthz")
        assert {21.0} == {requests(read(service.port)) for _ in range(10)}

        service.stop()
        service.start()
        assert 0 == requests(read(service.port))


def test_gunicorn_by_itself(tmp_path, database_url, redis_url):
    """
    Counts are added up where gunicorn is run without `borneout serve`, in a data directory that it makes itself.
    """
    data_dir, port = tmp_path / "a" / "data", free_port()
    names = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "DATA_DIR": str(data_dir)}
    env = {**os.environ, **{f"BORNEOUT_{name}": value for name, value in names.items()}}
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, env=env, cwd=ROOT, stderr=subprocess.DEVNULL) as gunicorn:
        try:
            await_answer(port)
            before = requests(read(port))
            for _ in range(10):
                read(port, "/healthz")
            assert {10.0} == {requests(read(port)) - before for _ in range(10)}
            assert 0 == counted(read(port), "borneout_outbox_rows")
        finally:
            gunicorn.terminate()
    assert {"counter", "histogram"} == {path.name.split("_")[0] for path in (data_dir / "metrics").glob("*.db")}


def test_worker_beats(tmp_path, settings):
    """
    The worker touches its file every round, so that others can see that it goes round.
    """
    beat = tmp_path / "data" / "worker.beat"
    names = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    env = {**os.environ, **{f"BORNEOUT_{name}": value for name, value in names.items()}}
    command = [*BORNEOUT, "worker", "--data-dir", str(beat.parent)]
    with subprocess.Popen(command, env=env, cwd=ROOT, stderr=subprocess.DEVNULL) as worker:
        try:
            wait_until(beat.exists)
            first = beat.stat().st_mtime_ns
            wait_until(lambda: beat.stat().st_mtime_ns > first)
        finally:
            worker.terminate()
    assert 0 == worker.returncode


@pytest.mark.parametrize("operation", ["read", "forget", "ping"])
def test_redis_away(tmp_path, operation):
    """
    Each failure of Redis is counted under what was wanted of it; what is not tried is not counted.
    """
    cache = ScoreCache(f"unix://{tmp_path}/nobody.sock")
    ask = {
        "read": lambda: cache.get_or_compute([HERALD], compute),
        "forget": lambda: cache.forget(["herald"]),
        "ping": cache.answers,
    }[operation]
    before = render_metrics(None).decode()
    ask()
    if operation == "read":
        ask()  # within the half second in which Redis is left alone
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


def failures(before):
    """By how much each count of failures has grown since, where it has."""
    name, after = "borneout_redis_failures_total", render_metrics(None).decode()
    grown = {
        operation: counted(after, name, operation=operation) - counted(before, name, operation=operation)
        for operation in ("read", "keep", "forget", "ping")
    }
    return {operation: number for operation, number in grown.items() if number}


def await_answer(port):
    def answers():
        with contextlib.suppress(URLError, OSError):
            return read(port, "/healthz")
        return None

    wait_until(answers, timeout=20)
