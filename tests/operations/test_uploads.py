"""Uploads to gunicorn, byte by byte: slow ones, ones that are cut off, and one at a time in each process"""

from __future__ import annotations

import contextlib
import http.client
import json
import select
import socket

import pytest

from tests.support.awaiting import DEADLINE, wait_until
from tests.support.import_jobs import IMPORTS
from tests.support.live_service import KEY, gunicorn_alone, running

_CONF = """
from service.operations.gunicorn_conf import *

def post_worker_init(worker):
    from service.web import uploads
    uploads.WINDOW = 0.5
"""
HEAD = f"POST {IMPORTS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n"
LENGTH, CHUNKED = "Content-Length: 1000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A gunicorn with one process, which measures the speed of uploads over half a second."""
    folder = tmp_path_factory.mktemp("uploads")
    with running(folder):  # creates the database and the key
        pass
    conf = folder / "conf.py"
    conf.write_text(_CONF)
    with gunicorn_alone(folder, "--workers", "1", log=folder / "log", conf=f"file:{conf}") as gunicorn:
        wait_until(lambda: gunicorn.status("/healthz") == 200)
        yield gunicorn


@pytest.fixture
def connection(server):
    """A connection to the server."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE) as opened:
        yield opened


def answer(connection):
    """Return the status and the body of the response on a connection."""
    response = http.client.HTTPResponse(connection, method="POST")
    response.begin()
    return response.status, json.loads(response.read())


def has_no_job(server):
    """Return whether no job was left behind, and the process takes an upload again."""
    status, job = server.call("POST", IMPORTS, b"outlet,claim_id,claim,published_at\n")
    server.call("DELETE", f"{IMPORTS}/{job['id']}", headers={"If-Match": "*"})
    listed = server.call("GET", IMPORTS)[1]["items"]
    return (202, {"cancelled"}) == (status, {each["status"] for each in listed})


@pytest.mark.parametrize("body", [LENGTH + "outlet", CHUNKED + "6\r\noutlet\r\n"])
def test_slow_upload(server, connection, body):
    """
    An upload that is too slow is cut off with 408, and nothing of it stays.
    """
    connection.sendall((HEAD + body).encode())

    status, problem = answer(connection)
    assert (408, "/problems/request-timeout") == (status, problem["type"])
    assert has_no_job(server)


@pytest.mark.parametrize("body", [LENGTH + "outlet", CHUNKED + "6\r\noutlet\r\n", CHUNKED + "6\r\noutlet\r\nzz\r\n"])
def test_upload_that_is_cut_off(server, connection, body):
    """
    An upload that ends early is rejected, and nothing of it stays.
    """
    connection.sendall((HEAD + body).encode())
    connection.shutdown(socket.SHUT_WR)

    assert 400 == answer(connection)[0]
    assert has_no_job(server)


def test_chunked_upload(server, connection):
    """
    An upload of unknown length is accepted.
    """
    connection.sendall((HEAD + CHUNKED + "6\r\noutlet\r\n1\r\n\n\r\n0\r\n\r\n").encode())

    status, job = answer(connection)
    assert (202, 7) == (status, job["size"])
    server.call("DELETE", f"{IMPORTS}/{job['id']}", headers={"If-Match": "*"})


class HeldUpload:
    """An upload whose rest does not arrive."""

    def __init__(self, server):
        self.server = server
        self.connection = self._begin()

    def _begin(self):
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=DEADLINE)
        connection.sendall((HEAD + LENGTH + "x" * 70_000).encode())
        return connection

    def close(self):
        self.connection.close()

    def blocks(self):
        """Return whether another upload is rejected for the moment; one that came before this one is cancelled."""
        if select.select([self.connection], [], [], 0)[0]:  # this one came second, and was rejected
            self.connection.close()
            self.connection = self._begin()
        status, body = self.server.ask("POST", IMPORTS, b"")
        if status == 202:
            self.server.ask("DELETE", f"{IMPORTS}/{json.loads(body)['id']}", headers={"If-Match": "*"})
        return status == 503


def test_one_upload_at_a_time(tmp_path):
    """
    While an upload arrives, another one is rejected for the moment, and other calls are answered.
    """
    with running(tmp_path):  # creates the database and the key
        pass
    with gunicorn_alone(tmp_path, "--workers", "1", log=tmp_path / "log") as patient:
        wait_until(lambda: patient.status("/healthz") == 200)
        held = HeldUpload(patient)
        with contextlib.closing(held):
            wait_until(held.blocks)

            assert 200 == patient.status("/v1/claims")
