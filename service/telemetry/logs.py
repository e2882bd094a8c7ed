"""Logs on standard error: one JSON object per line, with the request id and without API keys."""

from __future__ import annotations

import atexit
import datetime as dt
import json
import logging
import re
import sys
import threading
import time
from typing import Any, TextIO

import structlog

_SECRET = re.compile(r"bo_[A-Za-z0-9_-]{20,}", re.ASCII)

_BATCH_SECONDS = 0.1
_RESPONSE_LOGGER = "service.web.middleware"

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def formatter() -> logging.Formatter:
    """Return a formatter that renders records of the standard library as JSON."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
            _without_secrets,
        ],
    )


def _without_secrets(_logger: Any, _name: str, line: Any) -> str:
    """Redact API keys, which clients sometimes send in a path or another place that is logged.

    >>> _without_secrets(None, "", '{"path": "/v1/keys/bo_0123456789abcdefghij"}')
    '{"path": "/v1/keys/bo_***"}'
    """
    return _SECRET.sub("bo_***", line)


class _ResponseLog:
    """The lines about responses, one for each, which a thread writes in batches.

    The logging library and structlog take longer for a line than the rest of a cached response.
    """

    def __init__(self) -> None:
        self.stream: TextIO | None = None
        self._lines: list[str] = []
        self._thread: threading.Thread | None = None
        atexit.register(self.flush)

    def add(self, line: str) -> None:
        self._lines.append(line)
        if self._thread is None or not self._thread.is_alive():  # a fork does not copy threads
            self._thread = threading.Thread(target=self._write_batches, name="response log", daemon=True)
            self._thread.start()

    def flush(self) -> None:
        """Write all lines now."""
        lines, self._lines = self._lines, []
        if lines and self.stream is not None:
            self.stream.write("".join(lines))
            self.stream.flush()

    def _write_batches(self) -> None:
        while True:
            time.sleep(_BATCH_SECONDS)
            self.flush()


_responses = _ResponseLog()
flush_responses = _responses.flush


def log_response(*, method: str, path: str, status: int, seconds: float, request_id: str) -> None:
    """Log a response as a line of JSON, if the logs are set up. It is written within a tenth of a second."""
    if _responses.stream is None:
        return
    # Formatted by hand, because an encoder takes longer than the rest of a response from memory.
    moment = dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")
    line = (
        f'{{"method": {json.dumps(method)}, "path": {json.dumps(path)}, "status": {status}, '
        f'"milliseconds": {seconds * 1000:.2f}, "event": "answered", "request_id": "{request_id}", "level": "info", '
        f'"logger": "{_RESPONSE_LOGGER}", "timestamp": "{moment}"}}\n'
    )
    _responses.add(_without_secrets(None, "", line))


def set_up_logs(level: int = logging.INFO) -> None:
    """Send all logs to standard error."""
    _responses.stream = sys.stderr if level <= logging.INFO else None
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
