"""`borneout serve` as an operator runs it: its start, its end, and what may happen to its processes in between"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest

from service.db import Database
from service.keys import list_keys
from service.migrations import migrate
from service.redis_server import find_redis_server
from service.serve import ROOT
from tests.live import KEY as LIVE_KEY
from tests.live import Service, free_port, running
from tests.own_redis import wait_until
from tests.world import NOTE, report

SERVE = [sys.executable, "-m", "service.cli", "serve"]
KEY_SHOWN = re.compile(r"first key, shown this once: (bo_\S+)")


@pytest.fixture
def data_dir(tmp_path):
    return tmp_path / "var"


@pytest.fixture
def serve(data_dir):
    """Runs the command without the key that tests give it, and gives the process; what is left in the end is killed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("BORNEOUT_")}
    started = contextlib.ExitStack()

    def start(*options, cwd=None, **settings):
        command = [*SERVE, *options] if "--data-dir" in options else [*SERVE, "--data-dir", str(data_dir), *options]
        more = {"BORNEOUT_DRAIN": "0"} | {f"BORNEOUT_{name.upper()}": value for name, value in settings.items()}
        path = {"PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            command, env=env | path | more, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.callback(stop, process)
        return process

    with started:
        yield start


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service for all tests that do it no harm. Its Redis writes down what environment it is given."""
    data_dir = tmp_path_factory.mktemp("shared")
    server = data_dir / "redis-server"
    server.write_text(f'#!/bin/sh\nenv > {data_dir}/told\nexec {find_redis_server()} "$@"\n')
    server.chmod(0o700)
    with running(data_dir, env={"PATH": f"{data_dir}:{os.environ['PATH']}"}) as shared:
        yield shared


def printed(process):
    """What a service prints when it is up."""
    lines = []
    while "Borneout is at" not in "".join(lines):
        line = process.stdout.readline()
        assert line, process.stderr.read()
        lines.append(line)
    lines.append(process.stdout.readline())
    return "".join(lines)


def ended(process):
    """The exit code of a service that does not start, and what it says last."""
    _, err = process.communicate(timeout=90)
    return process.returncode, err.splitlines()[-1]


def stop(process):
    """Stop a service that may have ended already; its exit code."""
    with killed_in_the_end(process):
        process.terminate()
        process.communicate(timeout=90)
    return process.returncode


def get(port, path, key=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {} if key is None else {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with contextlib.closing(connection):
        connection.request("GET" if key is None else "POST", path, None if key is None else "{}", headers)
        return connection.getresponse().status


@pytest.mark.usefixtures("measured")
def test_first_start_prints_the_address_and_the_first_key(serve):
    """
    The first start says where it is and shows the first key, which works; a later start shows no key.
    """
    port = free_port()
    first = serve("--port", str(port))
    said = printed(first)
    key = KEY_SHOWN.search(said)[1]

    assert f"http://127.0.0.1:{port}" in said
    assert (422, 401) == (get(port, "/v1/outlets", key), get(port, "/v1/outlets", key + "x"))
    assert 0 == stop(first)

    second = serve("--port", str(port))
    assert "first key" not in printed(second)
    assert 422 == get(port, "/v1/outlets", key)
    assert 0 == stop(second)


@pytest.mark.parametrize(("how", "drain"), [(signal.SIGTERM, "0"), (signal.SIGINT, "60")])
def test_stops_cleanly(tmp_path, how, drain):
    """
    Told to stop, it ends with 0 and leaves no process, no socket and no open transaction behind; soon, where it is
    by Ctrl-C, whatever the operator has set for other ends.
    """
    with running(tmp_path, env={"BORNEOUT_DRAIN": drain}) as service:
        # Redis, the worker, gunicorn and its two, of which the second may begin a little later
        wait_until(lambda: 5 <= len(psutil.Process(service.process.pid).children(recursive=True)))
        below = psutil.Process(service.process.pid).children(recursive=True)

        service.process.send_signal(how)

        assert 0 == service.process.wait(90)
        assert [] == psutil.wait_procs(below, 10)[1]
        assert not (tmp_path / "redis.sock").exists()
        assert not list(tmp_path.glob("*-wal"))


def test_readiness_goes_first(tmp_path):
    """
    Told to stop, it says at /readyz that it will and answers all else as before; a request that is under way when
    nobody listens any more is answered, too.
    """
    sent = {"Authorization": f"Bearer {LIVE_KEY}", "Content-Type": "application/json", "Content-Length": "18"}
    with running(tmp_path, env={"BORNEOUT_DRAIN": "120"}) as service:
        slow = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        slow.putrequest("POST", "/v1/outlets")
        for name, value in sent.items():
            slow.putheader(name, value)
        slow.endheaders(b'{"name":')

        service.process.terminate()
        wait_until(lambda: 503 == answered(service.port, "/readyz"), timeout=60)
        _, problem = service.call("GET", "/readyz")
        assert ("/problems/stopping", 200) == (problem["type"], service.call("GET", "/v1/outlets")[0])
        service.process.send_signal(signal.SIGINT)  # enough of that
        wait_until(lambda: not listens(service.port), timeout=60)
        slow.send(b' "Herald"}')

        assert 201 == slow.getresponse().status
        slow.close()
        assert 0 == service.process.wait(90)


def test_readiness_goes_first_without_serve(tmp_path):
    """
    Where gunicorn runs alone, as under compose, SIGTERM does the same; a second one ends the waiting.
    """
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py"), "--bind", f"127.0.0.1:{port}"]
    settings = {"BORNEOUT_DATA_DIR": str(tmp_path), "BORNEOUT_DRAIN": "120"}
    with contextlib.closing(Database(f"sqlite:///{tmp_path}/borneout.db")) as db:
        migrate(db.engine)
    (tmp_path / "stopping").touch()  # by a run before, which was killed
    gunicorn = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stderr=subprocess.DEVNULL)
    with gunicorn, killed_in_the_end(gunicorn):
        wait_until(lambda: 200 == answered(port, "/readyz"), timeout=60)
        gunicorn.terminate()

        wait_until(lambda: 503 == answered(port, "/readyz"), timeout=60)
        assert (200, 200) == (answered(port, "/healthz"), answered(port, "/v1/outlets"))
        gunicorn.terminate()
        assert 0 == gunicorn.wait(90)


def answered(port, path):
    """The status of an answer; None if there is none, or none in time."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        return get(port, path)


@contextlib.contextmanager
def killed_in_the_end(process):
    """What is left of a process when a test fails would be waited for for ever."""
    try:
        yield
    finally:
        process.kill()
        process.wait()


def listens(port):
    """Whether anybody takes connections."""
    with socket.socket() as probe:
        return 0 == probe.connect_ex(("127.0.0.1", port))


def test_a_worker_that_is_just_made_hears_that_it_must_stop(tmp_path):
    """
    Told to stop while its workers are between their fork and their own signal handlers, gunicorn ends at once.
    """
    slow = tmp_path / "slow.conf.py"
    wait = "import time\n\ndef post_fork(server, worker):\n    time.sleep(1)\n"
    slow.write_text((ROOT / "gunicorn.conf.py").read_text() + wait)
    command = [sys.executable, "-m", "gunicorn", "-c", str(slow), "--bind", f"127.0.0.1:{free_port()}"]
    settings = {"BORNEOUT_DATABASE_URL": f"sqlite:///{tmp_path}/b.db", "BORNEOUT_DATA_DIR": str(tmp_path)}
    gunicorn = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stderr=subprocess.DEVNULL)
    with gunicorn, killed_in_the_end(gunicorn):
        wait_until(lambda: 2 == len(psutil.Process(gunicorn.pid).children()))
        told = time.monotonic()
        gunicorn.terminate()

        assert 0 == gunicorn.wait(90)
        assert time.monotonic() - told < 15  # it kills those who do not hear after 20


def test_what_is_not_read(service):
    """
    What gunicorn refuses before the application sees it is a problem document, too, with a type that says why.
    """
    refused = {
        f"GET /v1/outlets?q={'x' * 9000} HTTP/1.1\r\n\r\n": (414, "/problems/address-too-long"),
        f"GET /v1/outlets HTTP/1.1\r\nX-Request-ID: {'x' * 9000}\r\n\r\n": (431, "/problems/headers-too-large"),
        "GET /v1/outlets HTTP/1.1\r\nX\0: x\r\n\r\n": (400, "/problems/bad-request"),
        "GET /v1/outlets HTTP/1.1\r\nExpect: something\r\n\r\n": (400, "/problems/bad-request"),
        "POST /v1/outlets HTTP/1.1\r\nTransfer-Encoding: x, chunked\r\n\r\n": (400, "/problems/bad-request"),
        "GET /v1/outlets?\xff HTTP/1.1\r\n\r\n": (400, "/problems/bad-request"),
    }
    for sent, (status, kind) in refused.items():
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
            connection.sendall(sent.encode("latin-1"))
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            problem = json.loads(answer.read())
            answer.close()

        assert (status, "application/problem+json") == (answer.status, answer.headers["Content-Type"])
        assert (kind, status) == (problem["type"], problem["status"])


def test_chunks_that_are_too_many(service):
    """
    A body in chunks is read whole up to 1 MiB, and refused beyond.
    """
    headers = {"Authorization": f"Bearer {LIVE_KEY}", "Content-Type": "application/json"}
    for more, status in ((b"", 201), (b"x", 413), (b" " * 2**19, 413)):
        sent = [b'{"name": "Herald"}'.ljust(2**19), b" " * 2**19, more]
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("POST", "/v1/outlets", filter(None, sent), headers, encode_chunked=True)
            assert status == connection.getresponse().status


@pytest.mark.usefixtures("measured")
def test_second_service_on_the_same_data(service, serve):
    """
    Two services do not share a data directory: the second says so and ends, and the first goes on.
    """
    second = serve("--data-dir", str(service.data_dir), "--port", str(free_port()))

    assert (1, f"Error: Another `borneout serve` runs on {service.data_dir}.") == ended(second)
    assert 200 == service.call("GET", "/healthz")[0]


@pytest.mark.usefixtures("measured")
def test_port_taken(serve, data_dir):
    """
    A port that is taken is named, and the first key is not lost with that start.
    """
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = ended(serve("--port", str(port)))

    assert 1 == code
    assert f"cannot listen on http://127.0.0.1:{port}" in said
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(data_dir) in " ".join(p.info["cmdline"] or [])]
    assert KEY_SHOWN.search(printed(serve("--port", str(port))))


@pytest.mark.usefixtures("measured")
def test_start_that_fails_makes_no_key(serve, tmp_path):
    """
    A start that fails makes no first key, since nobody would ever see it.
    """
    database = f"sqlite:///{tmp_path}/kept.db"
    long = tmp_path / ("long" * 30)
    code, said = ended(serve("--data-dir", str(long), "--port", str(free_port()), database_url=database))

    assert (1, True) == (code, "too long a path for a socket" in said)
    with contextlib.closing(Database(database)) as db:
        assert [] == list_keys(db)
    assert KEY_SHOWN.search(printed(serve("--port", str(free_port()), database_url=database)))


def test_redis_is_given_no_secrets(service):
    """
    Redis, which needs no key and no password, is given none.
    """
    env = (service.data_dir / "told").read_text()

    assert f"PATH={service.data_dir}:" in env
    assert "BORNEOUT_" not in env


def test_port_taken_by_another_borneout(service, serve):
    """
    The answers of another service on the port are not taken for its own.
    """
    code, said = ended(serve("--port", str(service.port)))

    assert 1 == code
    assert "cannot listen" in said


def test_started_from_another_folder(tmp_path, serve):
    """
    A database given by a relative path is the same file for all the processes of a service.
    """
    port = free_port()
    said = printed(serve("--port", str(port), cwd=tmp_path, database_url="sqlite:///here.db"))

    assert 422 == get(port, "/v1/outlets", KEY_SHOWN.search(said)[1])
    assert (tmp_path / "here.db").exists()


@pytest.mark.parametrize("setting", [{"public_read": "maybe"}, {"database_url": "mysql://"}, {"redis_url": "http://"}])
def test_bad_setting_stops_the_start(serve, setting):
    """
    A setting that cannot be used is named in one line, and nothing is started.
    """
    [name] = setting
    code, said = ended(serve(**setting))

    assert 1 == code
    assert said.startswith(f"Error: BORNEOUT_{name.upper()} must")


@pytest.mark.usefixtures("measured")
def test_every_process_killed_comes_back(tmp_path):
    """
    Each process but the first may be killed: it is started again, and the service answers throughout and after.
    """
    with running(tmp_path) as service:
        claim = service.call("POST", "/v1/claims", {"text": "It opens.", "reports": [report()]})[1]
        for part in ("service.cli worker", "redis-server", "gunicorn"):
            killed = service.processes(part)[-1]  # of gunicorn one of those that answer
            killed.kill()
            wait_until(lambda part=part: service.processes(part), timeout=60)
            service.wait_until_ready(("ok",))
        [master, *old] = service.processes("gunicorn")
        master.kill()
        wait_until(lambda: {p.pid for p in service.processes("gunicorn")} - {p.pid for p in [master, *old]}, timeout=60)
        psutil.wait_procs(old, 60)  # until then it may be one of them that answers
        service.wait_until_ready(("ok",))

        assert (
            201 == service.call("POST", f"/v1/claims/{claim['id']}/resolutions", {"verdict": "true", "note": NOTE})[0]
        )
        assert 1 == service.call("GET", "/v1/outlets/herald/score")[1]["counts"]["resolved"]
        assert [1, 1, 3] == [len(service.processes(part)) for part in ("cli worker", "redis-server", "gunicorn")]


def test_the_rest_ends_when_the_first_is_killed(tmp_path):
    """
    When the process that watches over the others is killed, they end too, and a new start needs no cleaning up.
    """
    service = Service(tmp_path)
    below = psutil.Process(service.process.pid).children(recursive=True)

    service.process.kill()
    service.process.wait()
    service.start()

    assert [] == psutil.wait_procs(below, 60)[1]
    service.wait_until_ready()  # until now it may have been one of those that answered
    assert 200 == service.call("GET", "/v1/scores")[0]
    assert 0 == service.stop()


class Writer(threading.Thread):
    """Records and resolves claims until the service is gone; remembers what was acknowledged."""

    def __init__(self, service):
        super().__init__()
        self._service = service
        self.recorded = {}
        self.resolved = {}

    def run(self):
        # What ends it is the connection that breaks.
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            for number in range(10_000):
                self._write(f"{self.name}-{number}")

    def _write(self, external_id):
        reports = [report("Herald"), report("Tribune", stance="deny")]
        claim = {"text": "The bridge opens.", "external_id": external_id, "reports": reports}
        status, body = self._service.call("POST", "/v1/claims", claim)
        assert 201 == status, body
        self.recorded[external_id] = body
        resolution = {"verdict": "true", "note": NOTE}
        status, body = self._service.call("POST", f"/v1/claims/{body['id']}/resolutions", resolution)
        assert 201 == status, body
        self.resolved[external_id] = body


def pages(service, path):
    """The items of all pages of a list."""
    cursor = ""
    while True:
        _, page = service.call("GET", f"{path}?limit=200{cursor}")
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"


def test_everything_killed_while_writing(tmp_path, database_url):
    """
    All processes killed at once in the middle of writing: what was acknowledged is there, nothing is half there,
    and the scores count it.
    """
    with running(tmp_path, env={"BORNEOUT_DATABASE_URL": database_url}) as service:
        writers = [Writer(service) for _ in range(3)]
        for writer in writers:
            writer.start()
        wait_until(lambda: all(len(writer.resolved) > 5 for writer in writers), timeout=60)
        service.kill_everything()
        for writer in writers:
            writer.join()
        recorded = {name: claim for writer in writers for name, claim in writer.recorded.items()}
        resolved = {name: resolution for writer in writers for name, resolution in writer.resolved.items()}
        service.start()

        claims = {claim["external_id"]: claim for claim in pages(service, "/v1/claims")}
        assert recorded.keys() <= claims.keys()
        assert resolved == {name: claims[name]["resolution"] for name in resolved}
        whole = [service.call("GET", f"/v1/claims/{claim['id']}")[1] for claim in claims.values()]
        assert {2} == {len(claim["reports"]) for claim in whole}
        done = sum(claim["resolution"] is not None for claim in whole)
        for outlet, correct in (("herald", done), ("tribune", 0)):
            counts = service.call("GET", f"/v1/outlets/{outlet}/score")[1]["counts"]
            assert (len(whole), done, correct) == (counts["claims"], counts["resolved"], counts["correct"])
    print(f"\nkilled, {database_url[:6]}: {len(recorded)} claims and {len(resolved)} resolutions acknowledged,"  # noqa: T201
          f" {len(claims)} and {done} there")  # fmt: skip
