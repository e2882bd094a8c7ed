"""The gunicorn configuration for `borneout serve` and compose. Command line options take precedence."""

import gc
import json
import os
from importlib import import_module
from socket import socket

from gunicorn import util
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.http import message
from gunicorn.workers.base import Worker

from service.environment import find_data_dir, find_port
from service.errors import AddressTooLong, BadRequest, HeadersTooLarge, InternalError
from service.operations.data_dir import METRICS, keep_files_private
from service.operations.gunicorn_worker import ApiWorker
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


class ResponseLogger(Logger):  # type: ignore[misc]
    """Gunicorn's logger without the access log.

    With `logconfig_dict`, gunicorn prepares a line for every response even if it writes none, which takes a tenth of
    the time of a response from memory.
    """

    def access(self, *_: object) -> None:
        """Log nothing. The application logs each response, with its request id."""


wsgi_app = "service.app:create_app()"
bind = f"127.0.0.1:{_PORT}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = ApiWorker
threads = 4
timeout = 30
graceful_timeout = 20
keepalive = 5
# Enough for a search of 1,000 characters in any script, percent-encoded, and for 200 slugs; as in deploy/nginx.conf.
# Gunicorn lowers a limit that is above its own.
limit_request_line = message.MAX_REQUEST_LINE = 32_768
raw_env = [f"PROMETHEUS_MULTIPROC_DIR={_METRICS}"]
control_socket_disable = True
# No header may set the path, the scheme or the user; see BORNEOUT_BASE_PATH and BORNEOUT_TRUSTED_PROXIES.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
header_map = "drop"  # header names with an underscore, which WSGI would confuse with others
os.environ.pop("SCRIPT_NAME", None)  # gunicorn would apply it to every request
logger_class = ResponseLogger
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": formatter}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "json"}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["stderr"], "propagate": False}},
}


def _write_problem(sock: socket, status: int, reason: str, detail: str) -> None:
    """Send a problem document for a request that gunicorn cannot parse, instead of gunicorn's HTML.

    Gunicorn has no hook for this. The API returns 400 where gunicorn would return a status such as 417 or 501.
    """
    kind = _PROBLEMS.get(status, BadRequest)
    body = json.dumps({**kind(detail or reason).document(), "instance": ""}).encode()
    head = f"HTTP/1.1 {kind.status} {kind.title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
    head += "X-Content-Type-Options: nosniff\r\nAccess-Control-Allow-Origin: *\r\n"
    util.write_nonblock(sock, f"{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1", "replace") + body)


util.write_error = _write_problem


def on_starting(_server: Arbiter) -> None:
    """Check the settings, and delete the metrics of an earlier run, which would add to the new ones."""
    # Imported late, because prometheus_client reads PROMETHEUS_MULTIPROC_DIR when it is imported.
    from service.config import BadSetting, Settings  # noqa: PLC0415

    try:
        Settings.from_env()
    except BadSetting as exc:
        raise SystemExit(f"Error: {exc}") from None
    mark_started(_DATA_DIR)
    _METRICS.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in _METRICS.glob("*.db"):
        file.unlink()


def when_ready(_server: Arbiter) -> None:
    """Import the application once for all workers, and check the schema, before workers are forked.

    Unlike with `preload_app`, each worker creates its own application with its own connections to the database and to
    Redis.
    """
    gc.disable()
    import_module("service.app")
    gc.freeze()  # garbage collection would write to the memory that the workers share
    gc.enable()
    import_module("service.operations.schema_check").check_at_start()


def post_worker_init(worker: Worker) -> None:
    """Let requests that wait for changes use at most a quarter of the worker's threads."""
    worker.wsgi.extensions["runtime"].waits.at_most = worker.cfg.threads // 4


def child_exit(_server: Arbiter, worker: Worker) -> None:
    """Remove the metric gauges of a worker that has ended; its counters are kept."""
    # Imported late, as above.
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    mark_process_dead(worker.pid, str(_METRICS))  # type: ignore[no-untyped-call]
