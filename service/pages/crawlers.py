"""/robots.txt and /favicon.ico: what crawlers and browsers ask every site for"""

from __future__ import annotations

from flask import Blueprint, Response, request

from service.pages.assets import send_asset
from service.web.runtime import runtime

blp = Blueprint("crawlers", __name__)

# Pages without an end: every day of the past, every pair of outlets, every text.
_CLOSED = ("/*?*as_of=", "/compare", "/search", "/desk")
_LIFE = 86400  # seconds


@blp.get("/robots.txt")
def get_robots() -> Response:
    """Which pages crawlers may visit (RFC 9309)"""
    paths = _CLOSED if runtime().settings.public_read else ("/",)
    lines = ["User-agent: *", *(f"Disallow: {request.script_root}{path}" for path in paths)]
    response = Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = f"max-age={_LIFE}"
    return response


@blp.get("/favicon.ico")
def get_icon() -> Response:
    """The icon, for those who do not look in a page for it"""
    response = send_asset("icon.svg")
    response.headers["Cache-Control"] = f"max-age={_LIFE}"
    return response
