"""Compression of responses by Flask-Compress, for all but those that may hold a secret."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_compress import Compress

_ALGORITHMS = ("zstd", "br", "gzip")
SMALLEST = 1000  # bytes
TYPES = (
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
_compress = Compress()


def set_up_compression(app: Flask) -> None:
    """Configure Flask-Compress for an application, whose responses go through `compress`."""
    app.config.from_mapping(
        COMPRESS_ALGORITHM=_ALGORITHMS,
        COMPRESS_ALGORITHM_STREAMING=_ALGORITHMS,
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=False,  # service.web.middleware compares the tags
        COMPRESS_MIMETYPES=TYPES,
        COMPRESS_MIN_SIZE=SMALLEST,
        COMPRESS_REGISTER=False,
    )
    _compress.init_app(app)


def compress(response: Response) -> None:
    """Compress a response as the client accepts, unless it says `no-store`, sets a cookie or is a part of a file.

    The length of a compressed response tells something about its content (the BREACH attack). So whatever holds a
    secret says `no-store`: the desk with its tokens, the sign-in page, `/v1/keys`, `/v1/me`.
    """
    if response.cache_control.no_store or "Set-Cookie" in response.headers or "Content-Range" in response.headers:
        return
    # Flask-Compress would use an encoding that the client forbids with `q=0`.
    wanted = (*_ALGORITHMS, "identity")
    asked = ((name.lower(), quality) for name, quality in request.accept_encodings)
    accepted = [f"{name};q={quality}" for name, quality in asked if name in wanted and quality > 0]
    request.environ["HTTP_ACCEPT_ENCODING"] = ", ".join(accepted)
    if response.is_streamed and hasattr(response.response, "close"):
        response.call_on_close(response.response.close)  # its compressed form does not close the file
    status = response.status_code
    if status >= 400:
        response.status_code = 200  # for Flask-Compress, which does not compress errors
    _compress.after_request(response)
    response.status_code = status
    if "Content-Encoding" in response.headers:
        response.headers.pop("Accept-Ranges", None)
