"""/assets: the pages' own files under a hash of their content, so that a browser may keep them for ever."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from service.errors import NotFound

blp = Blueprint("assets", __name__)

_FOLDER = Path(__file__).parent / "static"
_FOR_EVER = 365 * 86400  # seconds


@functools.cache
def asset_url(name: str) -> str:
    """Where a file of `static/` is served, as it is now."""
    return f"/assets/{_digest(name)}/{name}"


@blp.get("/assets/<digest>/<name>")
def get_asset(digest: str, name: str) -> Response:
    """A file of the pages; one that is asked for by the hash of another release is given as it is, and not kept"""
    if not (_FOLDER / name).is_file():
        raise NotFound("The pages have no such file.")
    response = send_asset(name)
    is_same = digest == _digest(name)
    response.headers["Cache-Control"] = f"public, max-age={_FOR_EVER}, immutable" if is_same else "no-store"
    return response


def send_asset(name: str) -> Response:
    """Return a file of `static/`, which must exist."""
    return send_from_directory(_FOLDER, name)


@functools.cache
def _digest(name: str) -> str:
    return hashlib.sha256((_FOLDER / name).read_bytes()).hexdigest()[:16]
