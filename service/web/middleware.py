"""What every answer gets besides its body: the request's id, a log line, a count, leave to be read from any page."""

from __future__ import annotations

import functools
import logging
import re
import time
from urllib.parse import urlsplit, urlunsplit

import structlog
from flask import Flask, Response, g, request
from werkzeug.routing import RequestRedirect

from service.errors import NotFound
from service.storage.actors import UNNAMED, Actor, set_actor
from service.telemetry.metrics import count_response
from service.values.ids import new_id
from service.web.base_path import is_outside
from service.web.compression import compress
from service.web.parser import guard_body
from service.web.responses import problem

log = logging.getLogger(__name__)

_EXPOSED = "Cache-Status, ETag, Link, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
_LOOKUP = "/v1/outlets/lookup"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}", re.ASCII)


def _reject_outside() -> Response | None:
    """Answer a request for a path outside the base path as an unknown one, without a word of what is inside."""
    if not is_outside():
        return None
    request.url_rule = None  # it may look like one of ours
    return problem(NotFound("Nothing answers at this path."))


def install_middleware(app: Flask) -> None:
    """Have every answer of an application so wrapped."""
    app.before_request(_begin)
    app.before_request(_reject_outside)
    app.after_request(_end)
    app.teardown_request(lambda _: set_actor(UNNAMED))


def _begin() -> None:
    g.began_at = time.perf_counter()
    guard_body(request)
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else str(new_id())
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    set_actor(Actor(request_id=g.request_id))


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    set_browser_headers(response)
    if (standing := g.get("standing")) is not None:
        response.headers.update(standing.headers())
    _open_to_pages(response)
    _leave_out(response)
    compress(response)
    _tell(response, seconds=time.perf_counter() - g.began_at)
    return response


def _open_to_pages(response: Response) -> None:
    """Let pages of any site read, which one POST also does, and ask whether they may."""
    methods = ("GET", "HEAD", "OPTIONS", *(("POST",) if request.path == _LOOKUP else ()))
    if request.method in methods:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-None-Match, X-Request-ID"


def _leave_out(response: Response) -> None:
    """Send no more than is wanted."""
    tag, is_weak = response.get_etag()
    if tag is not None and not is_weak:
        response.set_etag(tag, weak=True)  # the same for every encoding
    # Only here, so that every answer with a tag, from wherever it came, knows when 304 is enough.
    if _is_known(response):
        response.status_code = 304
    if response.status_code < 400 and isinstance(request.routing_exception, RequestRedirect):
        response.set_data(b"")  # Werkzeug's is a page of HTML, and Flask lets no error handler see it
        there = urlsplit(response.location or "")
        path = there.path.removeprefix(request.script_root)
        response.location = urlunsplit(("", "", path, there.query, ""))  # by whatever name we were called
    if (location := response.headers.get("Location", "")).startswith("/"):
        response.headers["Location"] = request.script_root + location
    if response.calculate_content_length() == 0:
        response.headers.pop("Content-Type", None)  # Flask calls an empty body HTML


def _tell(response: Response, *, seconds: float) -> None:
    """Count the answer, and write it down."""
    route = _template(request.url_rule.rule) if request.url_rule else "none"
    count_response(request.method, route, response.status_code, seconds=seconds)
    log.info(
        "answered",
        extra={
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 2),
        },
    )


def _is_known(response: Response) -> bool:
    """Whether the client says that it has what would be sent: its tag, weak or not (RFC 9110, 13.1.2)."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200:
        return False
    tag, _ = response.get_etag()
    return tag is not None and request.if_none_match.contains_weak(tag)


@functools.cache
def _template(rule: str) -> str:
    """A route as the API's document writes it.

    >>> _template("/v1/outlets/<outlet>/score"), _template("/topics/<path:topic>")
    ('/v1/outlets/{outlet}/score', '/topics/{topic}')
    """
    return re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule)


# A page loads what this service serves and nothing else, runs no script that stands in it, and is framed by nobody.
_PAGE = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}


# Whatever else a browser is led to, a document or a picture: it shows that and does nothing.
_REST = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


_ALL = {"Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff"}


def set_browser_headers(response: Response) -> None:
    """Add the headers that go with what is sent; while it still says what that is, which a 304 does not."""
    response.headers.update(_ALL | (_PAGE if response.mimetype == "text/html" else _REST))
