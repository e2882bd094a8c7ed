"""`borneout serve` and gunicorn alone: what is answered while they stop"""

from __future__ import annotations

import http.client
import signal
import socket
from contextlib import closing

import pytest

from service.storage.db import Database
from service.storage.migrations import migrate
from tests.support.awaiting import DEADLINE, wait_until
from tests.support.live_service import KEY, gunicorn_alone, running

DRAIN = "300"  # seconds; longer than a test waits


def listens(port):
    """Whether anybody takes connections."""
    with socket.socket() as probe:
        return 0 == probe.connect_ex(("127.0.0.1", port))


def test_readiness_goes_first(tmp_path):
    """
    Told to stop, it says at /readyz that it will and answers all else as before; a request that is under way when
    nobody listens any more is answered, too.
    """
    sent = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", "Content-Length": "18"}
    with running(tmp_path, env={"BORNEOUT_DRAIN": DRAIN}) as service:
        slow = http.client.HTTPConnection("127.0.0.1", service.port, timeout=DEADLINE)
        slow.putrequest("POST", "/v1/outlets")
        for name, value in sent.items():
            slow.putheader(name, value)
        slow.endheaders(b'{"name":')

        service.process.terminate()
        wait_until(lambda: 503 == service.status("/readyz"))
        _, problem = service.call("GET", "/readyz")
        assert ("/problems/stopping", 200) == (problem["type"], service.status("/v1/outlets"))
        service.process.send_signal(signal.SIGINT)  # enough of that
        wait_until(lambda: not listens(service.port))
        slow.send(b' "Herald"}')

        assert 201 == slow.getresponse().status
        slow.close()
        assert 0 == service.process.wait(DEADLINE)


@pytest.fixture
def alone(tmp_path):
    """Runs gunicorn by itself on a database that is migrated."""
    with closing(Database(f"sqlite:///{tmp_path}/borneout.db")) as db:
        migrate(db.engine)
    return lambda *options, **more: gunicorn_alone(tmp_path, *options, log=tmp_path / "gunicorn.log", **more)


def test_readiness_without_serve(alone, tmp_path):
    """
    Where gunicorn runs alone, a file named `stopping` in the data directory has /readyz say that it stops.
    """
    (tmp_path / "stopping").touch()  # by a run before, which was killed
    with alone() as gunicorn:
        wait_until(lambda: 200 == gunicorn.status("/readyz"))
        (tmp_path / "stopping").touch()

        without_key = {"Authorization": ""}
        assert 503 == gunicorn.status("/readyz")
        assert (200, 200) == (gunicorn.status("/healthz"), gunicorn.status("/v1/outlets", headers=without_key))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("REDIS_URL", "redis://:secret@h?db=x", "REDIS_URL must be a URL with a valid value for the option db."),
    ],
)
def test_a_setting_that_gunicorn_cannot_use(tmp_path, name, value, said):
    """
    Where gunicorn runs alone, it ends with the name of a setting that it cannot use, in a line.
    """
    log = tmp_path / "gunicorn.log"
    with gunicorn_alone(tmp_path, log=log, **{name: value}) as gunicorn:
        assert 1 == gunicorn.process.wait(DEADLINE)

    lines = [line for line in log.read_text().splitlines() if not line.startswith("{")]  # gunicorn's own log
    assert [f"Error: {said}"] == lines
