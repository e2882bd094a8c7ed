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
    """One for both tests, each of which leaves it whole."""
    with running(tmp_path_factory.mktemp("killed")) as shared:
        yield shared


def test_every_process_killed_comes_back(service):
    """
    Each process but the first may be killed: it is started again, and the service answers throughout and after, but for
    the moment in which nobody listens.
    """
    claim = service.call("POST", "/v1/claims", {"text": "It opens.", "reports": [report()]})[1]
    score = "/v1/outlets/herald/score"
    for part in PARTS:
        before = {process.pid for process in service.processes(part)}

        def is_back(part=part, before=before):
            assert 200 == service.status(score)
            return {process.pid for process in service.processes(part)} - before

        killed = service.processes(part)[-1]  # of gunicorn one of those that answer
        killed.kill()
        psutil.wait_procs([killed], DEADLINE)
        wait_until(is_back)
        service.wait_until_ready(("ok",))
    [master, *old] = service.processes("borneout-web")
    master.kill()
    wait_until(lambda: {p.pid for p in service.processes("borneout-web")} - {p.pid for p in [master, *old]})
    psutil.wait_procs(old, DEADLINE)  # until then it may be one of them that answers
    service.wait_until_ready(("ok",))

    path = f"/v1/claims/{claim['id']}/resolutions"
    assert 201 == service.call("POST", path, {"verdict": "true", "note": NOTE})[0]
    wait_until(lambda: 1 == service.call("GET", score)[1]["counts"]["resolved"])
    wait_until(lambda: [1, 1, 3] == [len(service.processes(part)) for part in PARTS])


def test_the_rest_ends_when_the_first_is_killed(service):
    """
    When the process that watches over the others is killed, they end too, and a new start needs no cleaning up.
    """
    below = service.processes()

    service.process.kill()
    service.process.wait()
    service.start()

    assert [] == psutil.wait_procs(below, DEADLINE)[1]
    service.wait_until_ready()  # until now it may have been one of those that answered
    assert 200 == service.status("/v1/scores")


def test_what_ends_is_started_again_after_a_pause(monkeypatch):
    """
    A process that has ended is started again, but not at once: one that cannot run would take all the time there is.
    """
    monkeypatch.setattr(processes, "_PAUSE", 3600.0)
    started = []
    process = Process("nothing", lambda: None, before=lambda: started.append("again"))
    process.start()
    wait_until(lambda: not process.running)

    process.revive()
    process.revive()
    assert ["again"] == started
    with later(3600):
        process.revive()
    assert ["again"] * 2 == started
    wait_until(lambda: not process.running)
