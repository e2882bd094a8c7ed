"""`borneout serve` while it runs"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys

import pytest
import yaml

from service.config import Settings
from service.operations.redis_server import find_redis_server
from tests.support.awaiting import DEADLINE, wait_until
from tests.support.command import Command
from tests.support.live_service import KEY, free_port, running
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service for the tests that do not damage it. Its Redis dumps its environment into a file."""
    data_dir = tmp_path_factory.mktemp("shared")
    server = data_dir / "redis-server"
    server.write_text(f'#!/bin/sh\nenv > {data_dir}/environment\nexec {find_redis_server()} "$@"\n')
    server.chmod(0o700)
    with running(data_dir, env={"PATH": f"{data_dir}:{os.environ['PATH']}"}) as started:
        yield started


def test_chunked_body(service):
    """
    A chunked body is accepted up to 1 MiB, and rejected beyond.
    """
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    for more, status in ((b"", 201), (b"x", 413), (b" " * 2**19, 413)):
        chunks = [b'{"name": "Herald"}'.ljust(2**19), b" " * 2**19, more]
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=DEADLINE)
        with contextlib.closing(connection):
            connection.request("POST", "/v1/outlets", filter(None, chunks), headers, encode_chunked=True)
            assert status == connection.getresponse().status


def test_redis_gets_no_secrets(service):
    """
    The environment of the embedded Redis contains no settings.
    """
    env = (service.data_dir / "environment").read_text()

    assert f"PATH={service.data_dir}:" in env
    assert "BORNEOUT_" not in env


def test_second_service_on_the_same_data(service):
    """
    A second service on the same data directory exits with a message, and the first continues to run.
    """
    borneout = Command(Settings.from_env({}, data_dir=service.data_dir))

    second = borneout("serve", "--port", free_port(), BORNEOUT_REDIS_URL="")

    assert (1, f"Error: Another `borneout serve` is running on {service.data_dir}.\n") == (
        second.exit_code,
        second.stderr,
    )
    assert 200 == service.status("/healthz")


def test_port_taken_by_another_borneout(service, tmp_path):
    """
    A service whose port is taken by another Borneout reports the port.
    """
    second = Command(Settings.from_env({}, data_dir=tmp_path))("serve", "--port", service.port, BORNEOUT_REDIS_URL="")

    assert (1, "") == (second.exit_code, second.stdout)
    assert f"cannot listen on http://127.0.0.1:{service.port}" in second.stderr


def health_check(file):
    """Return the command of the container's health check."""
    if file == "Dockerfile":
        [line] = [line for line in (ROOT / file).read_text().splitlines() if line.startswith('    CMD ["python"')]
        return json.loads(line.partition("CMD ")[2])
    return yaml.safe_load((ROOT / file).read_text())["services"]["api"]["healthcheck"]["test"][1:]


@pytest.mark.parametrize("file", ["Dockerfile", "docker-compose.yml"])
def test_health_checks(service, file):
    """
    The health check of a container succeeds if the API responds, and ignores http_proxy.
    """
    python, *arguments = health_check(file)
    assert "python" == python

    def code(port):
        command = [sys.executable, *(argument.replace("8000", str(port)) for argument in arguments)]
        env = {**os.environ, "http_proxy": "http://127.0.0.1:1"}
        return subprocess.run(command, env=env, stderr=subprocess.DEVNULL, check=False).returncode

    wait_until(lambda: 0 == code(service.port))
    assert 1 == code(free_port())
