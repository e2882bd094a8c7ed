"""What an answer tells a browser: what its page may load and do, and who may read it."""

from __future__ import annotations

from flask import Response

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


def instruct_browser(response: Response) -> None:
    """Add the headers that go with what is sent; while it still says what that is, which a 304 does not."""
    response.headers.update(_ALL | (_PAGE if response.mimetype == "text/html" else _REST))
