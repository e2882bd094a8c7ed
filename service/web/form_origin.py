"""The origin of a form: whether one of our pages sent it (CSRF), and whether it was sent over https."""

from __future__ import annotations

from flask import request

from service.errors import Forbidden

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_PORTS = {"http": ":80", "https": ":443"}
"""The default ports, which an origin omits and a proxy may add to `Host`."""


def check_sender() -> None:
    """Reject a form that was not sent from one of our pages.

    Raises:
        Forbidden: The browser does not confirm the origin of the form.
    """
    if request.method not in SAFE_METHODS and not _is_same_origin():
        raise Forbidden(
            "This form was not sent from a page of this service. Open the page again, and send it from there."
        )


def _is_same_origin() -> bool:
    """Return whether the browser confirms that one of our pages sent this request.

    Browsers send `Sec-Fetch-Site` over https, and always send `Origin`. The scheme is not compared, because a proxy may
    terminate TLS.
    """
    if (site := request.headers.get("Sec-Fetch-Site")) is not None:
        return site == "same-origin"
    scheme, _, host = request.headers.get("Origin", "").partition("://")
    return scheme in _PORTS and host == request.host.lower().removesuffix(_PORTS[scheme])


def is_https() -> bool:
    """Return whether a form was sent over https. Behind a proxy, only `Origin` shows it."""
    return request.is_secure or request.headers.get("Origin", "").startswith("https://")
