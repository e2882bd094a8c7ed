"""`borneout serve`: starting and stopping, and failed starts"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading

import psutil
import pytest

from service.access.keys import list_keys
from service.config import Settings
from service.operations.listen_address import ListenAddress
from service.storage.db import Database
from tests.support.awaiting import DEADLINE
from tests.support.command import Command
from tests.support.live_service import free_port
from tests.support.paths import ROOT

KEY_SHOWN = re.compile(r"key: (bo_\S+) \(shown only this once\)")


class Served:
    """`borneout serve` in a folder, without the bootstrap key of other tests."""

    def __init__(self, folder, host, drain):
        self.address = ListenAddress(host, free_port())
        settings = {"DATABASE_URL": "sqlite:///here.db", "DATA_DIR": "var", "DRAIN": drain}
        env = {name: value for name, value in os.environ.items() if not name.startswith("BORNEOUT_")}
        env |= {f"BORNEOUT_{name}": value for name, value in settings.items()}
        env |= {"PYTHONPATH": str(ROOT), "http_proxy": "http://127.0.0.1:1"}
        command = [sys.executable, "-m", "service.cli", "serve", "--host", host, "--port", str(self.address.port)]
        self.process = subprocess.Popen(command, env=env, cwd=folder, stdout=subprocess.PIPE, text=True)

    def printed(self):
        """Return the line that it prints when it is ready."""
        bound = threading.Timer(DEADLINE, self.process.kill)
        bound.start()
        line = self.process.stdout.readline()
        bound.cancel()
        assert line, "it exited, or took too long"
        return line

    def post(self, key):
        """Return the status of an empty POST with a key."""
        connection = http.client.HTTPConnection(self.address.host, self.address.port, timeout=DEADLINE)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        with contextlib.closing(connection):
            connection.request("POST", "/v1/outlets", "{}", headers)
            return connection.getresponse().status


@pytest.fixture
def serve(tmp_path):
    """Returns a function that runs the command; processes that are left at the end are killed."""
    with contextlib.ExitStack() as started:

        def start(host="127.0.0.1", *, drain="0"):
            served = Served(tmp_path, host, drain)
            started.enter_context(served.process)
            started.callback(served.process.kill)
            return served

        yield start


def ends_cleanly(served, data_dir, number):
    """Return whether it exits with 0 on a signal, and leaves no process, socket or open transaction."""
    children = psutil.Process(served.process.pid).children(recursive=True)
    served.process.send_signal(number)
    code = served.process.wait(DEADLINE)
    _, alive = psutil.wait_procs(children, DEADLINE)
    return (0, [], []) == (code, alive, [*data_dir.glob("*.sock"), *data_dir.parent.glob("*-wal")])


def test_first_and_later_starts(tmp_path, serve):
    """
    The first start prints its address and the first key, which works; later starts print no key, and a failed start
    creates none. SIGTERM and Ctrl-C stop the service cleanly, and Ctrl-C skips the drain. A relative database path,
    IPv6 and http_proxy are supported.
    """
    database = f"sqlite:///{tmp_path}/here.db"
    message = fails_to_serve(tmp_path / ("long" * 30), BORNEOUT_DATABASE_URL=database)
    assert "is too long for a socket" in message
    with contextlib.closing(Database(database)) as db:
        assert [] == list_keys(db)

    first = serve()
    output = first.printed()
    key = KEY_SHOWN.search(output)[1]
    assert output.startswith(f"Borneout: {first.address.url} | key: bo_")
    assert output.endswith(f" | data: {tmp_path}/here.db\n")
    assert (422, 401) == (first.post(key), first.post(key + "x"))
    assert ends_cleanly(first, tmp_path / "var", signal.SIGTERM)

    later = serve("::1" if has_ipv6() else "127.0.0.1", drain="300")
    output = later.printed()
    assert output.startswith(f"Borneout: {later.address.url} | key: shown at the first start;")
    assert 422 == later.post(key)
    assert ends_cleanly(later, tmp_path / "var", signal.SIGINT)


def has_ipv6():
    """Return whether this machine has an IPv6 address to listen on."""
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


@pytest.mark.parametrize(("host", "url"), [("::1", "http://[::1]:80"), ("127.0.0.1", "http://127.0.0.1:80")])
def test_addresses(host, url):
    """
    An IPv6 address is in brackets in a URL.
    """
    assert url == ListenAddress(host, 80).url


def fails_to_serve(data_dir, *options, **env):
    """Run `serve` in this process, check that it fails and starts nothing, and return its message."""
    borneout = Command(Settings.from_env({}, data_dir=data_dir))
    result = borneout("serve", "--port", free_port(), *options, **{"BORNEOUT_REDIS_URL": "", **env})
    assert (1, "") == (result.exit_code, result.stdout)
    assert [] == [process for process in psutil.Process().children() if str(data_dir) in " ".join(process.cmdline())]
    return result.stderr


def test_port_taken(tmp_path):
    """
    A port that is taken is reported, and no database is created, so that the first key is not lost.
    """
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        message = fails_to_serve(tmp_path, "--port", port)

    assert f"cannot listen on http://127.0.0.1:{port}" in message
    assert not (tmp_path / "borneout.db").exists()


@pytest.mark.parametrize("setting", [{"public_read": "maybe"}, {"database_url": "mysql://"}, {"redis_url": "http://"}])
def test_bad_setting_stops_the_start(tmp_path, setting):
    """
    An invalid setting is reported in one line, and nothing is started.
    """
    [(name, value)] = setting.items()
    name = f"BORNEOUT_{name.upper()}"

    output = fails_to_serve(tmp_path / "var", **{name: value})

    assert output.startswith(f"Error: {name} must")
    assert 1 == len(output.splitlines())
    assert not (tmp_path / "var").exists()
