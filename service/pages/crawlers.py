"""/robots.txt and /favicon.ico, which crawlers and browsers request from every site"""

from __future__ import annotations

from flask import Blueprint, Response, request

from service.pages.assets import send_asset
from service.web.publisher import public_address
from service.web.runtime import runtime

blp = Blueprint("crawlers", __name__)

# Pages with unlimited variants (past days, pairs of outlets, searches), and pages that need a secret link or a session.
_DISALLOWED = ("/*?*as_of=", "/compare", "/search", "/submissions", "/desk")
_MAX_AGE = 86400  # seconds


@blp.get("/robots.txt")
def get_robots() -> Response:
    """Return the paths that crawlers may not visit (RFC 9309), and the address of the sitemap."""
    paths = _DISALLOWED if runtime().settings.public_read else ("/",)
    lines = ["User-agent: *", *(f"Disallow: {request.script_root}{path}" for path in paths)]
    if runtime().settings.public_read and (site := public_address()) is not None:
        lines.append(f"Sitemap: {site}/sitemap.xml")
    response = Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = f"max-age={_MAX_AGE}"
    return response


@blp.get("/favicon.ico")
def get_icon() -> Response:
    """Return the icon for browsers that request this path instead of the path in the page."""
    response = send_asset("icon.svg")
    response.headers["Cache-Control"] = f"max-age={_MAX_AGE}"
    return response
