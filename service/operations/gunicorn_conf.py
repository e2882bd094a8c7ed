"""How gunicorn runs the API, under `borneout serve` and under compose alike. The command line wins over this file."""

import gc
import json
import os
from importlib import import_module
from socket import socket

from gunicorn import util
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import ThreadWorker

from service.environment import find_data_dir, find_port
from service.errors import AddressTooLong, BadRequest, HeadersTooLarge, InternalError
from service.operations.data_dir import METRICS, keep_files_private
from service.operations.readiness import mark_started
from service.telemetry.logs import formatter

_PROBLEMS = {kind.status: kind for kind in (AddressTooLong, HeadersTooLarge, InternalError)}
_DATA_DIR = find_data_dir(os.environ)
_METRICS = _DATA_DIR / METRICS
try:
    _PORT = find_port(os.environ)
except ValueError as exc:
    raise SystemExit(f"Error: {exc}.") from None
keep_files_private()


class LeavingWorker(ThreadWorker):  # type: ignore[misc]
    """Closes its listening socket on shutdown, so new clients are refused instead of left hanging.

    Gunicorn's own worker keeps the socket while it finishes requests: the kernel queues new connections, which are
    reset in the end.
    """

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - as gunicorn has it
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                self._take_in(listener)
                listener.close()

    def _take_in(self, listener: object) -> None:
        """Accept the connections that are already queued."""
        before = -1
        while before < self.nr_conns:
            before = self.nr_conns
            self.accept(listener)


wsgi_app = "service.app:create_app()"
bind = f"127.0.0.1:{_PORT}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = LeavingWorker
threads = 4
timeout = 30
graceful_timeout = 20
keepalive = 5
limit_request_line = 8190
raw_env = [f"PROMETHEUS_MULTIPROC_DIR={_METRICS}"]
control_socket_disable = True
# No header sets the path, the scheme or the user: BORNEOUT_BASE_PATH and BORNEOUT_TRUSTED_PROXIES say all there is.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
header_map = "drop"  # names with an underscore, which would pass for others
os.environ.pop("SCRIPT_NAME", None)  # gunicorn reads it for every request
accesslog = None  # the application logs each answer itself, with its request id
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": formatter}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "json"}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["stderr"], "propagate": False}},
}


def _write_problem(sock: socket, status: int, reason: str, detail: str) -> None:
    """Answer what is not HTTP, or too long to be read, with a problem document instead of gunicorn's HTML.

    Gunicorn has no hook for this. It also uses statuses such as 417 and 501; the API's document has 400.
    """
    kind = _PROBLEMS.get(status, BadRequest)
    body = json.dumps({**kind(detail or reason).document(), "instance": ""}).encode()
    head = f"HTTP/1.1 {kind.status} {kind.title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
    head += "X-Content-Type-Options: nosniff\r\nAccess-Control-Allow-Origin: *\r\n"
    util.write_nonblock(sock, f"{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1", "replace") + body)


util.write_error = _write_problem


def on_starting(_server: Arbiter) -> None:
    """Count from zero: what processes that are gone have left would be added to."""
    # Imported late, as below.
    from service.config import BadSetting, Settings  # noqa: PLC0415

    try:
        Settings.from_env()
    except BadSetting as exc:
        raise SystemExit(f"Error: {exc}") from None
    mark_started(_DATA_DIR)
    _METRICS.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in _METRICS.glob("*.db"):
        left.unlink()


def when_ready(_server: Arbiter) -> None:
    """Import once for all workers, while whoever calls already waits in the line.

    Not `preload_app`, which puts the application together: a worker opens the database and Redis for itself.
    """
    gc.disable()
    import_module("service.app")
    gc.freeze()  # what is imported stays: nobody has to search it for garbage, and its memory stays shared
    gc.enable()
    import_module("service.operations.schema_check").check_at_start()


def child_exit(_server: Arbiter, worker: Worker) -> None:
    """Let a process that is gone no longer count as one that lives; what it has counted stays."""
    # Imported late: prometheus_client decides when it is imported whether to use the folder.
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    mark_process_dead(worker.pid, str(_METRICS))  # type: ignore[no-untyped-call]
