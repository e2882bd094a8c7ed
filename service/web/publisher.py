"""The publisher named in responses: the operator, with the public address of the service."""

from __future__ import annotations

import ipaddress

from flask import request

from service.transfer.claimreview.published import Publisher
from service.web.runtime import runtime


def find_publisher() -> Publisher | None:
    """Return the publisher; None if the service does not know the address at which readers reach it."""
    url = public_address()
    return None if url is None else Publisher(runtime().settings.operator, url)


def public_address() -> str | None:
    """Return the URL at which readers reach the service, with the base path and no trailing slash.

    Without `BORNEOUT_PUBLIC_URL`, it is the address of the socket if the reader is on the same machine, else unknown
    (None). Request headers are never used.
    """
    settings = runtime().settings
    if (url := settings.public_url) is not None:
        return url
    host, port = request.environ.get("SERVER_NAME", ""), request.environ.get("SERVER_PORT", "")
    if settings.trusted_proxies or not (_is_loopback(host) and _is_loopback(request.remote_addr or "")):
        return None
    site = f"[{host}]" if ":" in host else host
    return f"http://{site}:{port}{settings.base_path}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
