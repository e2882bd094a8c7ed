"""The metrics and the log lines of all responses."""

from __future__ import annotations

import atexit
import datetime as dt
import functools
import json
import threading
import time
from typing import TextIO

from prometheus_client import Counter, Histogram

from service.telemetry.logs import REDACTED, SECRET
from service.telemetry.metrics import REQUESTS, SCORE_READS, SECONDS

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BATCH_SECONDS = 0.1
_LOGGER = "service.web.middleware"


class ResponseLog:
    """A log with one line for each response. A thread writes the lines in batches.

    The logging library and structlog would take longer for a line than all other work for a cached response.
    """

    def __init__(self) -> None:
        self.stream: TextIO | None = None
        """The stream to write to; None until the logs are set up."""
        self._lines: list[str] = []
        self._thread: threading.Thread | None = None
        atexit.register(self.flush)

    def add(self, line: str) -> None:
        self._lines.append(line)
        if self._thread is None or not self._thread.is_alive():  # a fork does not copy threads
            self._thread = threading.Thread(target=self._write_batches, name="response log", daemon=True)
            self._thread.start()

    def flush(self) -> None:
        """Write all pending lines to the stream now."""
        lines, self._lines = self._lines, []
        if lines and self.stream is not None:
            self.stream.write("".join(lines))
            self.stream.flush()

    def _write_batches(self) -> None:
        while True:
            time.sleep(_BATCH_SECONDS)
            self.flush()


RESPONSES = ResponseLog()
"""The log of the responses of this process."""


def observe_response(*, method: str, route: str, path: str, status: int, seconds: float, request_id: str) -> None:
    """Count a response, and log it within a tenth of a second if the logs are set up.

    Args:
        method: The HTTP method; an unknown one is counted as `other`.
        route: The template of the path, for the metrics. Paths themselves would create unlimited time series.
        path: The path, for the log.
        status: The status of the response.
        seconds: The duration of the request.
        request_id: The id of the request.
    """
    requests, durations = _series(method if method in _METHODS else "other", route, status)
    requests.inc()
    durations.observe(seconds)
    if RESPONSES.stream is None:
        return
    # Formatted by hand, because a JSON encoder takes longer than all other work for a cached response.
    moment = dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")
    line = (
        f'{{"method": {json.dumps(method)}, "path": {json.dumps(path)}, "status": {status}, '
        f'"milliseconds": {seconds * 1000:.2f}, "event": "answered", "request_id": "{request_id}", "level": "info", '
        f'"logger": "{_LOGGER}", "timestamp": "{moment}"}}\n'
    )
    RESPONSES.add(SECRET.sub(REDACTED, line))


@functools.cache  # its arguments have few values, and finding the labels takes longer than counting
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), SECONDS.labels(method, route)


def count_score_read(cache: str) -> None:
    """Count a response with scores, by cache status: `hit`, `miss`, `bypass` or `uncached`."""
    _score_reads(cache).inc()


@functools.cache
def _score_reads(cache: str) -> Counter:
    return SCORE_READS.labels(cache)
