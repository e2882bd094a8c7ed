"""`borneout serve` and a standalone gunicorn: responses while they stop"""

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

DRAIN = "300"  # seconds; longer than the deadline of a test


def listens(port):
    """Return whether a port accepts connections."""
    with socket.socket() as probe:
        return 0 == probe.connect_ex(("127.0.0.1", port))


def test_readiness_goes_first(tmp_path):
    """
    After SIGTERM, /readyz is a 503 and other requests are served. A request in flight is answered after the socket is
    closed.
    """
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", "Content-Length": "18"}
    with running(tmp_path, env={"BORNEOUT_DRAIN": DRAIN}) as service:
        slow = http.client.HTTPConnection("127.0.0.1", service.port, timeout=DEADLINE)
        slow.putrequest("POST", "/v1/outlets")
        for name, value in headers.items():
            slow.putheader(name, value)
        slow.endheaders(b'{"name":')

        service.process.terminate()
        wait_until(lambda: 503 == service.status("/readyz"))
        _, problem = service.call("GET", "/readyz")
        assert ("/problems/stopping", 200) == (problem["type"], service.status("/v1/outlets"))
        service.process.send_signal(signal.SIGINT)  # skips the drain
        wait_until(lambda: not listens(service.port))
        slow.send(b' "Herald"}')

        assert 201 == slow.getresponse().status
        slow.close()
        assert 0 == service.process.wait(DEADLINE)


@pytest.fixture
def standalone(tmp_path):
    """Returns a function that runs a standalone gunicorn on a migrated database."""
    with closing(Database(f"sqlite:///{tmp_path}/borneout.db")) as db:
        migrate(db.engine)
    return lambda *options, **more: gunicorn_alone(tmp_path, *options, log=tmp_path / "gunicorn.log", **more)


def test_readiness_without_serve(standalone, tmp_path):
    """
    With a standalone gunicorn, a file named `stopping` in the data directory makes /readyz a 503.
    """
    (tmp_path / "stopping").touch()  # of an earlier run that was killed
    with standalone() as gunicorn:
        wait_until(lambda: 200 == gunicorn.status("/readyz"))
        (tmp_path / "stopping").touch()

        without_key = {"Authorization": ""}
        assert 503 == gunicorn.status("/readyz")
        assert (200, 200) == (gunicorn.status("/healthz"), gunicorn.status("/v1/outlets", headers=without_key))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("REDIS_URL", "redis://:secret@h?db=x", "REDIS_URL must be a URL with a valid value for the option db."),
    ],
)
def test_a_setting_that_gunicorn_cannot_use(tmp_path, name, value, message):
    """
    A standalone gunicorn exits with a message that names an invalid setting.
    """
    log = tmp_path / "gunicorn.log"
    with gunicorn_alone(tmp_path, log=log, **{name: value}) as gunicorn:
        assert 1 == gunicorn.process.wait(DEADLINE)

    lines = [line for line in log.read_text().splitlines() if not line.startswith("{")]  # gunicorn's own log
    assert [f"Error: {message}"] == lines
