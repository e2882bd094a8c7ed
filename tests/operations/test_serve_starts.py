"""`borneout serve`: its start and its end, and what becomes of a start that fails"""

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
from service.operations.serve import ROOT, Address
from service.storage.db import Database
from tests.support.awaiting import DEADLINE
from tests.support.command import Command
from tests.support.live_service import free_port

KEY_SHOWN = re.compile(r"key: (bo_\S+) \(shown only this once\)")


class Served:
    """`borneout serve` in a folder, without the key that other tests give it."""

    def __init__(self, folder, host, drain):
        self.address = Address(host, free_port())
        told = {"DATABASE_URL": "sqlite:///here.db", "DATA_DIR": "var", "DRAIN": drain}
        env = {name: value for name, value in os.environ.items() if not name.startswith("BORNEOUT_")}
        env |= {f"BORNEOUT_{name}": value for name, value in told.items()}
        env |= {"PYTHONPATH": str(ROOT), "http_proxy": "http://127.0.0.1:1"}
        command = [sys.executable, "-m", "service.cli", "serve", "--host", host, "--port", str(self.address.port)]
        self.process = subprocess.Popen(command, env=env, cwd=folder, stdout=subprocess.PIPE, text=True)

    def printed(self):
        """Return the one line that it prints when it is up."""
        bound = threading.Timer(DEADLINE, self.process.kill)
        bound.start()
        line = self.process.stdout.readline()
        bound.cancel()
        assert line, "it has ended, or took too long"
        return line

    def post(self, key):
        """The status of an empty call with a key."""
        connection = http.client.HTTPConnection(self.address.host, self.address.port, timeout=DEADLINE)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        with contextlib.closing(connection):
            connection.request("POST", "/v1/outlets", "{}", headers)
            return connection.getresponse().status


@pytest.fixture
def serve(tmp_path):
    """Runs the command; what is left in the end is killed."""
    with contextlib.ExitStack() as started:

        def start(host="127.0.0.1", *, drain="0"):
            served = Served(tmp_path, host, drain)
            started.enter_context(served.process)
            started.callback(served.process.kill)
            return served

        yield start


def ends_cleanly(served, data_dir, how):
    """Whether it ends with 0 when it is told to, and leaves no process, no socket and no open transaction behind."""
    below = psutil.Process(served.process.pid).children(recursive=True)
    served.process.send_signal(how)
    code = served.process.wait(DEADLINE)
    _, alive = psutil.wait_procs(below, DEADLINE)
    return (0, [], []) == (code, alive, [*data_dir.glob("*.sock"), *data_dir.parent.glob("*-wal")])


def test_first_and_later_starts(tmp_path, serve):
    """
    The first start says where it is and shows the first key, which works; one that failed before has made none, since
    nobody would have seen it, and a later start shows none. SIGTERM and Ctrl-C end a service cleanly, Ctrl-C soon,
    whatever the operator has set for other ends. A database given by a relative path is the same for all its processes,
    and neither an address of IPv6 nor a proxy is in its way.
    """
    database = f"sqlite:///{tmp_path}/here.db"
    failed = fails_to_serve(tmp_path / ("long" * 30), BORNEOUT_DATABASE_URL=database)
    assert "too long a path for a socket" in failed
    with contextlib.closing(Database(database)) as db:
        assert [] == list_keys(db)

    first = serve()
    said = first.printed()
    key = KEY_SHOWN.search(said)[1]
    assert said.startswith(f"Borneout: {first.address.url} | key: bo_")
    assert said.endswith(f" | data: {tmp_path}/here.db\n")
    assert (422, 401) == (first.post(key), first.post(key + "x"))
    assert ends_cleanly(first, tmp_path / "var", signal.SIGTERM)

    later = serve("::1" if has_ipv6() else "127.0.0.1", drain="300")
    said = later.printed()
    assert said.startswith(f"Borneout: {later.address.url} | key: shown at the first start;")
    assert 422 == later.post(key)
    assert ends_cleanly(later, tmp_path / "var", signal.SIGINT)


def has_ipv6():
    """Whether this machine has an address of IPv6 to listen on."""
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


@pytest.mark.parametrize(("host", "url"), [("::1", "http://[::1]:80"), ("127.0.0.1", "http://127.0.0.1:80")])
def test_addresses(host, url):
    """
    An address of IPv6 stands in brackets where a port follows.
    """
    assert url == Address(host, 80).url


def fails_to_serve(data_dir, *options, **env):
    """What `serve` says, run in this process, where it ends before it has started anything."""
    borneout = Command(Settings.from_env({}, data_dir=data_dir))
    done = borneout("serve", "--port", free_port(), *options, **{"BORNEOUT_REDIS_URL": "", **env})
    assert (1, "") == (done.exit_code, done.stdout)
    assert [] == [process for process in psutil.Process().children() if str(data_dir) in " ".join(process.cmdline())]
    return done.stderr


def test_port_taken(tmp_path):
    """
    A port that is taken is named, and nothing is made, so that the first key is not lost with that start.
    """
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        said = fails_to_serve(tmp_path, "--port", port)

    assert f"cannot listen on http://127.0.0.1:{port}" in said
    assert not (tmp_path / "borneout.db").exists()


@pytest.mark.parametrize("setting", [{"public_read": "maybe"}, {"database_url": "mysql://"}, {"redis_url": "http://"}])
def test_bad_setting_stops_the_start(tmp_path, setting):
    """
    A setting that cannot be used is named in one line, and nothing is started.
    """
    [(name, value)] = setting.items()
    name = f"BORNEOUT_{name.upper()}"

    said = fails_to_serve(tmp_path / "var", **{name: value})

    assert said.startswith(f"Error: {name} must")
    assert 1 == len(said.splitlines())
    assert not (tmp_path / "var").exists()
