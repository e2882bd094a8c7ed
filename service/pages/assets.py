"""/assets: the static files of pages, with a content hash in the path so that browsers can cache them"""

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
    """Return the path of a file in `static/`, with the hash of its current content."""
    return f"/assets/{_digest(name)}/{name}"


@blp.get("/assets/<digest>/<name>")
def get_asset(digest: str, name: str) -> Response:
    """Send a static file.

    If the hash in the path is that of another release, send the current file and forbid caching it.
    """
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
