"""The middleware of every request and response: ids, headers, 304, compression, metrics and the log."""

from __future__ import annotations

import functools
import re
import time
from typing import IO
from urllib.parse import urlsplit, urlunsplit
from wsgiref.types import WSGIEnvironment

import structlog
from flask import Flask, Response, current_app, g, request
from flask_compress import Compress
from gunicorn.http.errors import ParseException
from uuid_utils import uuid4
from werkzeug.exceptions import BadRequest
from werkzeug.routing import RequestRedirect

from service.telemetry.responses import observe_response

ROUTE = "borneout.route"
"""The key in the WSGI environment of the path template, such as `/v1/outlets/{outlet}/score`."""
COMPRESSED_FROM = 1000  # bytes
COMPRESSED_TYPES = (
    "application/atom+xml",
    "application/javascript",
    "application/json",
    "application/ld+json",
    "application/problem+json",
    "application/x-ndjson",
    "application/xml",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/plain",
)

_ALGORITHMS = ("zstd", "br", "gzip")
_EXPOSED = "Cache-Status, ETag, Link, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
_LOOKUP = "/v1/outlets/lookup"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}", re.ASCII)
# A page loads only what this service serves, runs no inline script, and cannot be framed.
_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Anything else that a browser may display, such as a document or a picture, loads nothing and runs nothing.
_OTHER_HEADERS = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
_ALL_HEADERS = {"Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff"}

_compress = Compress()


def set_up_middleware(app: Flask) -> None:
    """Add the middleware to an application."""
    app.config.from_mapping(
        COMPRESS_ALGORITHM=_ALGORITHMS,
        COMPRESS_ALGORITHM_STREAMING=_ALGORITHMS,
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=False,  # `_answer_condition` does
        COMPRESS_MIMETYPES=COMPRESSED_TYPES,
        COMPRESS_MIN_SIZE=COMPRESSED_FROM,
        COMPRESS_REGISTER=False,
    )
    _compress.init_app(app)
    app.before_request(_begin_request)
    app.after_request(_complete_response)


def _begin_request() -> None:
    g.began_at = time.perf_counter()
    g.runtime = current_app.extensions["runtime"]
    _guard_body()
    g.request_id = request_id_in(request.environ)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


class _Chunks:
    """A chunked request body that raises our error if gunicorn finds a malformed chunk while reading it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stream.read(size)
        except ParseException as exc:
            raise BadRequest("You sent a body with malformed chunks. Send it with a Content-Length.") from exc


def _guard_body() -> None:
    """Make reading a body fail with 400 if the client cut it off, or if its chunks are malformed."""
    if request.content_length is None:
        request.environ["wsgi.input"] = _Chunks(request.environ["wsgi.input"])
    else:
        # Gunicorn ends a truncated body as if it were complete. Without this flag Werkzeug counts the bytes.
        request.environ.pop("wsgi.input_terminated", None)


def request_id_in(environ: WSGIEnvironment) -> str:
    """Return the request id that the client sent if it is valid, else a new one."""
    sent = environ.get("HTTP_X_REQUEST_ID", "")
    return sent if _REQUEST_ID.fullmatch(sent) else str(uuid4())


def _complete_response(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    _add_security_headers(response)
    if (limit := g.get("limit")) is not None:
        response.headers.update(limit.headers())
    _add_cors_headers(response)
    _answer_condition(response)
    _complete_location(response)
    if response.status_code == 204:
        response.set_data(b"")  # smorest serialises the None of the view
    if not response.is_streamed and response.calculate_content_length() == 0:
        response.headers.pop("Content-Type", None)  # Flask declares an empty body as HTML
    _compress_body(response)
    _record(response, seconds=time.perf_counter() - g.began_at)
    return response


def _add_security_headers(response: Response) -> None:
    """Add security headers by content type, before `_answer_condition`: a 304 has no content type."""
    by_type = _PAGE_HEADERS if response.mimetype == "text/html" else _OTHER_HEADERS
    for name, value in (_ALL_HEADERS | by_type).items():
        response.headers.setdefault(name, value)
    if g.get("may_be_framed", False) and response.status_code == 200:
        policy = response.headers["Content-Security-Policy"]
        response.headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", "frame-ancestors *")


def allow_framing() -> None:
    """Allow any site to show the current response in a frame; it must have no form and no script."""
    g.may_be_framed = True


def _add_cors_headers(response: Response) -> None:
    """Allow pages of any site to read responses to GET, and to the POST that looks up outlets."""
    methods = ("GET", "HEAD", "OPTIONS", *(("POST",) if request.path == _LOOKUP else ()))
    if request.method in methods:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-None-Match, X-Request-ID"


def _answer_condition(response: Response) -> None:
    """Make the ETag weak, because compression changes the bytes, and send 304 if it is in `If-None-Match`."""
    tag, is_weak = response.get_etag()
    if tag is None:
        return
    if not is_weak:
        response.set_etag(tag, weak=True)
    is_read = request.method in ("GET", "HEAD") and response.status_code == 200
    if is_read and request.if_none_match.contains_weak(tag):  # RFC 9110, 13.1.2
        response.status_code = 304


def _complete_location(response: Response) -> None:
    """Add the base path to `Location`, and make the redirects of Werkzeug relative to the host."""
    if response.status_code < 400 and isinstance(request.routing_exception, RequestRedirect):
        response.set_data(b"")  # an HTML page, which no error handler of Flask can replace
        target = urlsplit(response.location or "")
        path = target.path.removeprefix(request.script_root)
        response.location = urlunsplit(("", "", path, target.query, ""))
    if (location := response.headers.get("Location", "")).startswith("/"):
        response.headers["Location"] = request.script_root + location


def _compress_body(response: Response) -> None:
    """Compress a response as `Accept-Encoding` allows, unless it has a secret or is a part of a file.

    The length of a compressed response can reveal a secret in it (the BREACH attack). Every response with a secret
    therefore sets a cookie or is `no-store`: the desk with its tokens, the sign-in page, `/v1/keys`, `/v1/me`.
    """
    if response.cache_control.no_store or "Set-Cookie" in response.headers or "Content-Range" in response.headers:
        return
    # Flask-Compress would use an encoding that the client forbids with `q=0`.
    supported = (*_ALGORITHMS, "identity")
    requested = ((name.lower(), quality) for name, quality in request.accept_encodings)
    accepted = [f"{name};q={quality}" for name, quality in requested if name in supported and quality > 0]
    request.environ["HTTP_ACCEPT_ENCODING"] = ", ".join(accepted)
    if response.is_streamed and hasattr(response.response, "close"):
        response.call_on_close(response.response.close)  # the compressed stream does not close the file
    status = response.status_code
    if status >= 400:
        response.status_code = 200  # for Flask-Compress, which does not compress errors
    _compress.after_request(response)
    response.status_code = status
    if "Content-Encoding" in response.headers:
        response.headers.pop("Accept-Ranges", None)


def _record(response: Response, *, seconds: float) -> None:
    """Count and log the response."""
    route = _template(request.url_rule.rule) if request.url_rule else "none"
    request.environ[ROUTE] = route
    observe_response(
        method=request.method,
        route=route,
        path=request.path,
        status=response.status_code,
        seconds=seconds,
        request_id=g.request_id,
    )


@functools.cache
def _template(rule: str) -> str:
    """Return the path template of a route in the notation of OpenAPI.

    >>> _template("/v1/outlets/<outlet>/score"), _template("/topics/<path:topic>")
    ('/v1/outlets/{outlet}/score', '/topics/{topic}')
    """
    return re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule)
