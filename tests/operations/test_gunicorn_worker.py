"""service.operations.gunicorn_worker: responses from memory without a thread, and otherwise gunicorn's own behaviour"""

from __future__ import annotations

import contextlib
import logging
import re
import socket
from concurrent.futures import Future

import pytest

from service.operations.gunicorn_worker import ApiWorker
from tests.operations.test_malformed_requests import MALFORMED, NEXT
from tests.support.awaiting import DEADLINE, wait_until
from tests.support.live_service import KEY, gunicorn_alone, running
from tests.support.metrics_page import counted
from tests.support.redis_server import run_private_redis

SCORE = b"/v1/outlets/herald/score"
LARGE = b"/v1/scores?" + b"&".join([b"outlet=herald"] * 200)
THREADS = 4
PASSING = re.compile(rb'(?im)^(date|x-request-id): .*|(?<=r=)\d+|(?<=t=)\d+|(?<="request_id": )"[^"]*"')


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service with one process, as it is shipped."""
    folder = tmp_path_factory.mktemp("worker")
    with run_private_redis(folder) as redis:
        env = {"BORNEOUT_REDIS_URL": redis.url, "BORNEOUT_RATE_LIMIT": "reads=900000000/h"}
        with running(folder, workers=1, env=env) as started:
            body = {"text": "A.", "reports": [{"outlet": {"name": "Herald"}, "published_at": "2024-01-01T00:00:00Z"}]}
            assert 201 == started.call("POST", "/v1/claims", body)[0]
            yield started


@pytest.fixture(scope="module")
def plain(service, tmp_path_factory):
    """Gunicorn's own worker on the same database and Redis."""
    folder = tmp_path_factory.mktemp("plain")
    options = ("--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS))
    env = {name: value for name, value in service.env.items() if name.startswith("BORNEOUT_")}
    env["BORNEOUT_DATABASE_URL"] = f"sqlite:///{service.folder}/borneout.db"
    with gunicorn_alone(folder, *options, log=folder / "log", **env) as started:
        wait_until(lambda: 200 == started.status("/readyz"))
        yield started


def get(target=SCORE, *headers, method=b"GET", key=KEY):
    """Return the bytes of a request."""
    fields = [b"Host: a", f"Authorization: Bearer {key}".encode(), *headers]
    return method + b" " + target + b" HTTP/1.1\r\n" + b"\r\n".join([*fields, b"", b""])


class Client:
    """An open connection."""

    def __init__(self, service, *, buffer=None):
        self.socket = socket.socket()
        if buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(("127.0.0.1", service.port))
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, *parts, has_body=True):
        """Send a request, in parts, and return the response."""
        for part in parts:
            self.socket.sendall(part)
        return self.receive(has_body=has_body)

    def receive(self, *, has_body=True):
        """Return the next response."""
        while b"\r\n\r\n" not in self.received:
            self._receive_more()
        head, end, rest = self.received.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1]) if has_body else 0
        while len(rest) < length:
            self._receive_more()
            rest = self.received[len(head + end) :]
        self.received = rest[length:]
        return head + end + rest[:length]

    def _receive_more(self):
        more = self.socket.recv(1 << 16)
        assert more, "the service closed the connection"
        self.received += more

    def end(self):
        """Close the sending side, and return all bytes until the service closes the connection."""
        self.socket.shutdown(socket.SHUT_WR)
        while more := self.socket.recv(1 << 16):
            self.received += more
        return self.received


def essence(response):
    """Return the bytes of a response without the values that differ between two responses to one request."""
    return PASSING.sub(b"", response)


KEPT = {
    "score": get(),
    "with the usual headers": get(SCORE, b"Connection: keep-alive", b"Accept: */*", b"User-Agent: a/1 (b; c)"),
    "head": get(method=b"HEAD"),
    "not modified": get(SCORE, b"If-None-Match: *"),
    "compressed": get(LARGE, b"Accept-Encoding: gzip"),
    "large": get(LARGE),
    "lookup": get(b"/v1/outlets/lookup?url=https%3A%2F%2Fherald.example/a"),
    "table": get(b"/ranking.csv"),
    "badge": get(b"/outlets/herald/badge.svg"),
}


@pytest.mark.parametrize("name", KEPT)
def test_same_bytes(service, plain, name):
    """
    A response without a thread has the same bytes as one by gunicorn's own worker, in its head and its body.
    """
    has_body = name not in ("head", "not modified")
    with Client(service) as ours, Client(plain) as other:

        def is_same():
            expected, received = (client.ask(KEPT[name], has_body=has_body) for client in (other, ours))
            return essence(expected) == essence(received)

        for _ in range(4):
            wait_until(is_same)  # as soon as both send a cached response


def responds(service, sent, *, seconds):
    """Return whether a request on a new connection is answered in time."""
    with Client(service) as client:
        client.socket.settimeout(seconds)
        with contextlib.suppress(TimeoutError):
            return client.ask(sent).startswith(b"HTTP/1.1 200")
    return False


@contextlib.contextmanager
def busy_threads(service):
    """Keep all threads waiting for the rest of a request."""
    head = get(b"/v1/outlets", b"Content-Type: application/json", b"Content-Length: 5", method=b"POST")
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(service)) for _ in range(THREADS)]
        for client in clients:
            client.socket.sendall(head)
        wait_until(lambda: not responds(service, get(b"/healthz"), seconds=0.1))
        yield
        for client in clients:
            assert client.ask(b"wrong").startswith(b"HTTP/1.1 400")


def test_no_thread_is_needed(service):
    """
    Scores from memory are sent on open connections while every thread is busy, also after the end of a lease.
    """
    public = b"GET " + SCORE + b" HTTP/1.1\r\nHost: a\r\n\r\n"

    def respond():
        with Client(service) as first, Client(service) as second:
            for client in (first, second, first, second):
                client.ask(public)
            with busy_threads(service):
                for client in (first, second):
                    client.socket.settimeout(1)  # on a busy machine Redis may respond too late
                    client.socket.sendall(public)
                with contextlib.suppress(TimeoutError):
                    return all(client.receive().startswith(b"HTTP/1.1 200") for client in (first, second))
        return False

    wait_until(respond)


def test_a_slow_reader(service, plain):
    """
    A client that reads a large response slowly gets all of it, and other clients are served in between.
    """
    with Client(service, buffer=4096) as slow, Client(service) as other, Client(plain) as reference:
        for client in (reference, slow, other):
            expected = [client.ask(get(LARGE)) for _ in range(3)][-1]
        slow.socket.sendall(get(LARGE) + get())
        for _ in range(3):
            assert essence(other.ask(get(LARGE))) == essence(expected)

        assert essence(expected) == essence(slow.receive())
        assert slow.receive().startswith(b"HTTP/1.1 200")


BODY = b'{"urls": ["herald.example"]}'
SENT = {
    "two requests": [get() + get(method=b"HEAD") + get()],
    "in two parts": [get()[:30], get()[30:]],
    "cut off": [get()[:-2]],
    "after a request": [get() + b"GET / HTTP/1.1\r\nHost : a\r\n\r\n" + NEXT],
    "request in a body": [get(SCORE, b"Content-Length: %d" % len(NEXT)) + NEXT],
    "empty body": [get(SCORE, b"Content-Length: 0") + get()],
    "empty chunks": [get(SCORE, b"Transfer-Encoding: chunked") + b"0\r\n\r\n" + get()],
    "last request": [get(SCORE, b"Connection: close") + get()],
    "connection twice": [get(SCORE, b"Connection: keep-alive", b"Connection: close") + get()],
    "HTTP/1.0": [get().replace(b"1.1", b"1.0") + get()],
    "expectation": [get(SCORE, b"Expect: 100-continue") + get()],
    "upgrade": [get(SCORE, b"Connection: Upgrade", b"Upgrade: h2c") + get()],
    "empty line first": [b"\r\n" + get() + get()],
    "no host": [b"GET " + SCORE + b" HTTP/1.1\r\nX: a\r\n\r\n" + get()],
    "wrong key": [get(key="bo_" + "x" * 30) + get()],
    "part of the body": [get(SCORE, b"Range: bytes=0-9") + get()],
    "long request": [get(LARGE + b"&outlet=herald" * 100)],
    "body after a request": [get(b"/v1/outlets/lookup", b"Content-Length: 28", method=b"POST") + BODY + get()],
    **{name: [sent] for name, (sent, _) in MALFORMED.items()},
}


@pytest.mark.parametrize("name", SENT)
def test_other_bytes(service, plain, name):
    """
    On an open connection, anything but one plain request is answered, refused or ended as by gunicorn's own worker.
    """
    received = []
    for one in (plain, service):
        with Client(one) as client:
            for _ in range(3):
                client.ask(get())
            for part in SENT[name]:
                client.socket.sendall(part)
            received.append(essence(client.end()))

    assert received[0] == received[1]


def test_logs_and_metrics(service):
    """
    Responses without a thread are logged with their request ids, and counted, like all others.
    """

    def count():
        page = service.ask("GET", "/metrics")[1].decode()
        return counted(page, "borneout_http_requests_total", route="/v1/outlets/{outlet}/score", status="200")

    before = count()
    with Client(service) as client:
        for number in range(20):
            head = client.ask(get(SCORE, b"X-Request-ID: mine-%d" % number))
            assert b"\r\nX-Request-ID: mine-%d\r\n" % number in head

    assert 20 == count() - before
    for number in range(20):
        service.wait_for(f'"request_id": "mine-{number}"')


def test_failed_renewal_of_a_lease_is_logged(caplog):
    """
    An unexpected error during the renewal of a lease is logged, and the next request may renew it again.
    """
    worker = ApiWorker.__new__(ApiWorker)  # without a configuration and sockets
    worker.log, worker.waiting, worker.is_renewing = logging.getLogger("gunicorn.error"), [], True
    renewed = Future()
    renewed.set_exception(OSError("no such lease"))

    worker._resume(renewed)  # noqa: SLF001 - gunicorn calls it

    assert "no such lease" in caplog.text
    assert not worker.is_renewing
