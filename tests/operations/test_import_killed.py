"""Imports over HTTP into a running service, whose worker is killed"""

from __future__ import annotations

import gzip
import json
import signal

import pytest

from service.transfer.load import BATCH
from tests.support.awaiting import wait_until
from tests.support.import_jobs import IMPORTS, flat_csv
from tests.support.live_service import running

LINES = 12 * BATCH + 7


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request, tmp_path):
    """A running service."""
    env = {}
    if request.param == "postgresql":
        env["BORNEOUT_DATABASE_URL"] = request.getfixturevalue("empty_postgres")("borneout")
    with running(tmp_path, env=env) as live:
        yield live


def send(service, content):
    """Send a file, and return the path of its job."""
    status, body = service.ask("POST", IMPORTS, content, headers={"Content-Type": "text/csv"})
    assert 202 == status, body
    return f"{IMPORTS}/{json.loads(body)['id']}"


def test_killed_worker(service):
    """
    A job whose worker is killed with -9 resumes after the last chunk: every line is loaded once and has one result.
    """
    job = send(service, gzip.compress(flat_csv(*map(str, range(LINES))).encode()))

    for chunks in (1, 4):
        wait_until(lambda: service.call("GET", job)[1]["progress"]["read"] >= chunks * BATCH)  # noqa: B023
        [worker] = service.processes("borneout-worker")
        worker.send_signal(signal.SIGKILL)
    wait_until(lambda: service.call("GET", job)[1]["status"] != "running")

    found = service.call("GET", job)[1]
    assert ("succeeded", LINES, LINES, 0) == (
        found["status"],
        *(found["progress"][name] for name in ("total", "created", "rejected")),
    )
    results = [json.loads(line) for line in service.ask("GET", f"{job}/results")[1].splitlines()]
    assert list(range(2, LINES + 2)) == [result["line"] for result in results]
    assert LINES == len({result["id"] for result in results})
    assert LINES == service.call("GET", "/v1/outlets/herald/score")[1]["counts"]["claims"]
