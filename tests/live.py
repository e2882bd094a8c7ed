"""The service as an operator runs it: `borneout serve` in processes of its own, which a test may kill."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

KEY = "bo_live_test_key_0123456789"


class Service:
    """A running service: call it, look at its processes, hurt them."""

    def __init__(self, data_dir: Path, *, workers: int = 2, env: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.data_dir = data_dir
        self._env = {**os.environ, "BORNEOUT_BOOTSTRAP_KEY": KEY, "BORNEOUT_DRAIN": "0", **(env or {})}
        self._command = [sys.executable, "-m", "service.cli", "serve", "--data-dir", str(data_dir)]
        self._command += ["--port", str(self.port), "--workers", str(workers)]
        self.log = data_dir / "serve.log"
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._command, env=self._env, stdout=log, stderr=log)
        try:
            self.wait_until_ready()
        except BaseException:
            self.kill_everything()
            raise

    def wait_until_ready(self, status: tuple[str, ...] = ("ok", "degraded"), timeout: float = 90) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                code, body = self.call("GET", "/readyz")
                if code == 200 and body["status"] in status:
                    return
            time.sleep(0.05)
        raise AssertionError(f"not ready within {timeout} s:\n{self.log.read_text()[-3000:]}")

    def call(
        self, method: str, path: str, body: Any = None, timeout: float = 30, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """One call on a connection of its own: the status and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            sent = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **(headers or {})}
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def processes(self, part: str) -> list[psutil.Process]:
        """The processes under this service whose command line has a part in it, the eldest first."""
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # one that has ended, too
                if part in " ".join(process.cmdline()):
                    found.append(process)
        return sorted(found, key=lambda process: process.create_time())

    def stop(self) -> int:
        """Ask it to end, and wait; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(90)

    def kill_everything(self) -> None:
        """What a power cut does to the processes."""
        victims = []
        with contextlib.suppress(psutil.NoSuchProcess):
            victims += psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
        self.process.wait()
        psutil.wait_procs(victims, 60)


@contextlib.contextmanager
def running(data_dir: Path, **options: Any) -> Iterator[Service]:
    """A service that is stopped at the end, whatever a test has done to it."""
    service = Service(data_dir, **options)
    try:
        yield service
    finally:
        try:
            if service.process.poll() is None:
                service.stop()
        finally:
            service.kill_everything()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
