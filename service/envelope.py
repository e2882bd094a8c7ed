"""What every answer carries besides its body: the request's id, a log line, and leave to be read from any page."""

from __future__ import annotations

import logging
import re
import time

import structlog
from flask import Flask, Response, g, request

from service.identity import new_id

log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}", re.ASCII)


def wrap_answers(app: Flask) -> None:
    """Make an application do so."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.began_at = time.perf_counter()
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else str(new_id())
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.method in ("GET", "HEAD", "OPTIONS"):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "Cache-Status, ETag, Link, X-Request-ID"
        # Only here, so that every answer with a tag, from wherever it came, knows when 304 is enough.
        response.make_conditional(request)
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, If-None-Match, X-Request-ID"
    if response.content_length == 0:
        response.headers.pop("Content-Type", None)  # Flask calls an empty body HTML
    log.info(
        "answered",
        extra={
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "milliseconds": round((time.perf_counter() - g.began_at) * 1000, 2),
        },
    )
    return response
