"""Whom the service calls: nobody but its own database and Redis, whatever addresses it is given"""

from __future__ import annotations

import ast
import socket
from pathlib import Path

import pytest

import service
from tests.support.world import report

ROOT = Path(service.__path__[0])
ABLE = {"socket", "ssl", "asyncio", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "xmlrpc", "socketserver"}
ABLE |= {"http.client", "urllib.request", "urllib3", "requests", "httpx", "aiohttp", "webbrowser"}
ALLOWED = {
    "cli/server_client.py": {"urllib3"},  # `import --server URL`, typed by the operator
    "operations/gunicorn_conf.py": {"socket"},  # the type of the connection that a problem document is written to
    "web/uploads.py": {"socket"},  # the connection of a request, which is closed if the client is too slow
    "operations/listen_address.py": {"socket", "http.client"},  # whether its own port is free, and its own /readyz
}


def imported(path):
    """The modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_who_can_call_out():
    """
    Only the import into a service elsewhere can open a connection to an address that somebody names.
    """
    able = {path.relative_to(ROOT).as_posix(): ABLE & set(imported(path)) for path in ROOT.rglob("*.py")}

    assert ALLOWED == {path: modules for path, modules in able.items() if modules}


INSIDE = "http://169.254.169.254/latest/meta-data"


def test_no_address_that_is_sent_is_looked_up(world, monkeypatch):
    """
    The address of a report, of evidence, or one whose outlet is asked for is kept or compared, and never called.
    """

    def looked_up(*address, **_):
        pytest.fail(f"{address} was looked up")

    world.get("/v1/outlets")  # so that connections to the database and to Redis are there
    for name in ("getaddrinfo", "create_connection", "gethostbyname"):
        monkeypatch.setattr(socket, name, looked_up)

    world.outlet("Inside", domains=["metadata.example"])
    claim = world.record({**report("Inside"), "url": INSIDE, "quote": f"See {INSIDE}"})
    world.resolve(claim, "true", evidence=[INSIDE, "https://localhost:6379/"])
    found = world.get("/v1/outlets/lookup", query_string={"url": "http://metadata.example/x"})
    unknown = world.post("/v1/outlets/lookup", {"urls": [INSIDE, "http://127.0.0.1/", "http://[::1]/"]})

    assert (200, 200) == (found.status_code, unknown.status_code)
    assert INSIDE == world.claim(claim)["reports"][0]["url"]
