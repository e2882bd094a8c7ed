"""`borneout serve` when its processes are killed"""

from __future__ import annotations

import psutil
import pytest

from service.operations import processes
from service.operations.processes import Process
from tests.support.awaiting import DEADLINE, later, wait_until
from tests.support.live_service import running
from tests.support.world import NOTE, report

PARTS = ("borneout-worker", "redis.sock", "borneout-web")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service for both tests, which they leave running."""
    with running(tmp_path_factory.mktemp("killed")) as started:
        yield started


def test_killed_processes_are_restarted(service):
    """
    Each process but the first is restarted after a kill, and the service responds throughout, except while gunicorn
    restarts.
    """
    claim = service.call("POST", "/v1/claims", {"text": "It opens.", "reports": [report()]})[1]
    score = "/v1/outlets/herald/score"
    for part in PARTS:
        before = {process.pid for process in service.processes(part)}

        def is_back(part=part, before=before):
            assert 200 == service.status(score)
            return {process.pid for process in service.processes(part)} - before

        killed = service.processes(part)[-1]  # for gunicorn, a worker
        killed.kill()
        psutil.wait_procs([killed], DEADLINE)
        wait_until(is_back)
        service.wait_until_ready(("ok",))
    [master, *old] = service.processes("borneout-web")
    master.kill()
    wait_until(lambda: {p.pid for p in service.processes("borneout-web")} - {p.pid for p in [master, *old]})
    psutil.wait_procs(old, DEADLINE)  # until then, an old worker may respond
    service.wait_until_ready(("ok",))

    path = f"/v1/claims/{claim['id']}/resolutions"
    assert 201 == service.call("POST", path, {"verdict": "true", "note": NOTE})[0]
    wait_until(lambda: 1 == service.call("GET", score)[1]["counts"]["resolved"])
    wait_until(lambda: [1, 1, 3] == [len(service.processes(part)) for part in PARTS])


def test_children_end_with_their_parent(service):
    """
    When `serve` itself is killed, its children end, too, and a new start needs no cleanup.
    """
    children = service.processes()

    service.process.kill()
    service.process.wait()
    service.start()

    assert [] == psutil.wait_procs(children, DEADLINE)[1]
    service.wait_until_ready()  # until now, an old worker may have responded
    assert 200 == service.status("/v1/scores")


def test_restart_after_a_delay(monkeypatch):
    """
    A process that ended is restarted after a delay, so that one that fails at once does not use all of a CPU.
    """
    monkeypatch.setattr(processes, "_RESTART_DELAY", 3600.0)
    started = []
    process = Process("nothing", lambda: None, before=lambda: started.append("start"))
    process.start()
    wait_until(lambda: not process.running)

    process.restart_if_ended()
    process.restart_if_ended()
    assert ["start"] == started
    with later(3600):
        process.restart_if_ended()
    assert ["start"] * 2 == started
    wait_until(lambda: not process.running)
