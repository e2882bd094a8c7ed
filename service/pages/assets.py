"""/assets: the static files of pages. Their paths contain a hash of the content, so browsers may cache them forever."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from service.errors import NotFound

blp = Blueprint("assets", __name__)

_FOLDER = Path(__file__).parent / "static"
_ONE_YEAR = 365 * 86400  # seconds


@functools.cache
def asset_url(name: str) -> str:
    """Return the path of the current version of a file in `static/`."""
    return f"/assets/{_digest(name)}/{name}"


@blp.get("/assets/<digest>/<name>")
def get_asset(digest: str, name: str) -> Response:
    """Send a static file. For the hash of another release, the current file is sent and must not be cached."""
    if not (_FOLDER / name).is_file():
        raise NotFound(f"There is no asset {name!r}.")
    response = send_asset(name)
    is_current = digest == _digest(name)
    response.headers["Cache-Control"] = f"public, max-age={_ONE_YEAR}, immutable" if is_current else "no-store"
    return response


def send_asset(name: str) -> Response:
    """Return a response with a file in `static/`, which must exist."""
    return send_from_directory(_FOLDER, name)


@functools.cache
def _digest(name: str) -> str:
    return hashlib.sha256((_FOLDER / name).read_bytes()).hexdigest()[:16]
