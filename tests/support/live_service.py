"""The service in its own processes, as an operator runs it, which a test may kill."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil

from tests.support.awaiting import DEADLINE, wait_until
from tests.support.paths import ROOT

KEY = "bo_live_test_key_0123456789"


class LocalServer:
    """A process that listens on a local port."""

    process: subprocess.Popen[bytes]
    port: int

    def ask(
        self, method: str, path: str, body: Any = None, timeout: float = DEADLINE, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send a request on a new connection, and return the status and the body. Bytes are sent as they are."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            sent = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **(headers or {})}
            connection.request(method, path, body if isinstance(body, bytes | None) else json.dumps(body), sent)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        """Send a request, and return the status and the JSON body."""
        status, content = self.ask(method, path, body, **options)
        return status, json.loads(content or b"null")

    def status(self, path: str, **options: Any) -> int | None:
        """Return the status of a GET; None if there is no response in time."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.ask("GET", path, **options)[0]
        return None

    def processes(self, part: str = "") -> list[psutil.Process]:
        """Return the child processes whose name or command line contains a text, the oldest first.

        The processes that `borneout serve` forks all have its command line, but names of their own.
        """
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # or a zombie
                if part in " ".join([process.name(), *process.cmdline()]):
                    found.append(process)
        return sorted(found, key=lambda process: process.create_time())


class Service(LocalServer):
    """A running service, with access to its processes."""

    def __init__(
        self,
        folder: Path,
        *,
        data_dir: Path | None = None,
        workers: int = 2,
        port: int | None = None,
        options: Iterable[str] = (),
        env: dict[str, str] | None = None,
    ) -> None:
        """Start `borneout serve`.

        Args:
            folder: The working directory, and the folder of the log.
            data_dir: The data directory; None for the folder.
            workers: The number of processes that answer requests.
            port: The port that the environment sets; None for a free one on the command line.
            options: Additional command line options.
            env: Additional environment variables.
        """
        self.folder, self.data_dir = folder, data_dir or folder
        self.port = port or free_port()
        self.env = {**os.environ, "BORNEOUT_BOOTSTRAP_KEY": KEY, "BORNEOUT_DRAIN": "0", "PYTHONPATH": str(ROOT)}
        self.env |= env or {}
        self._command = [sys.executable, "-m", "service.cli", "serve", "--data-dir", str(self.data_dir)]
        self._command += ["--workers", str(workers), *options]
        if port is None:
            self._command += ["--port", str(self.port)]
        self.log = folder / "serve.log"
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._command, cwd=self.folder, env=self.env, stdout=log, stderr=log)
        try:
            self.wait_until_ready()
        except BaseException:
            self.kill_everything()
            raise

    def wait_until_ready(self, status: tuple[str, ...] = ("ok", "degraded")) -> None:
        def is_ready() -> bool:
            assert self.process.poll() is None, f"it exited:\n{self.log.read_text()[-3000:]}"
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                code, body = self.call("GET", "/readyz")
                return code == 200 and body["status"] in status
            return False

        wait_until(is_ready)

    def wait_for(self, text: str) -> None:
        """Wait until the log contains a text."""
        wait_until(lambda: text in self.log.read_text())

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the exit, and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE)

    def kill_everything(self) -> None:
        """Kill all processes, as a power failure would."""
        victims = []
        with contextlib.suppress(psutil.NoSuchProcess):
            victims += psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
        self.process.wait()
        psutil.wait_procs(victims, DEADLINE)


@contextlib.contextmanager
def running(folder: Path, **options: Any) -> Iterator[Service]:
    """Run a service, and stop it at the end in any case."""
    service = Service(folder, **options)
    try:
        yield service
    finally:
        try:
            if service.process.poll() is None:
                service.stop()
        finally:
            service.kill_everything()


class Gunicorn(LocalServer):
    """Gunicorn without `borneout serve`, as under compose."""

    def __init__(self, data_dir: Path, log: Path, conf: str, options: tuple[str, ...], env: dict[str, str]) -> None:
        self.port = free_port()
        bind = ["--bind", f"127.0.0.1:{self.port}"]
        self._command = [sys.executable, "-m", "gunicorn", "-c", conf, *bind, *options]
        self.env = {**os.environ, "BORNEOUT_DATA_DIR": str(data_dir), **env}
        self._log = log
        self.start()

    def start(self) -> None:
        """Start the processes, also after they were killed."""
        with self._log.open("ab") as stderr:
            self.process = subprocess.Popen(self._command, cwd=ROOT, env=self.env, stderr=stderr)


@contextlib.contextmanager
def gunicorn_alone(
    data_dir: Path, *options: str, log: Path, conf: str = "python:service.operations.gunicorn_conf", **env: str
) -> Iterator[Gunicorn]:
    """Run gunicorn without `serve`, and stop it at the end in any case.

    Args:
        data_dir: The data directory.
        options: Additional command line options, such as `--workers 1`.
        log: A file for its log.
        conf: Its configuration.
        env: Additional environment variables.
    """
    gunicorn = Gunicorn(data_dir, log, conf, options, env)
    try:
        yield gunicorn
        gunicorn.process.terminate()
        gunicorn.process.wait(DEADLINE)
    finally:
        gunicorn.process.kill()
        gunicorn.process.wait()


def free_port() -> int:
    """Return a free port, below those of outgoing connections, so that none of these takes it before a server does."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_768)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
