"""/.well-known/security.txt: the contact for reports of vulnerabilities (RFC 9116)"""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, Response

from service.errors import NotFound
from service.values.instants import format_instant, utc_now
from service.web.runtime import runtime

blp = Blueprint("security", __name__)

_VALIDITY = dt.timedelta(days=180)  # the RFC recommends less than a year, so that abandoned files expire


@blp.get("/.well-known/security.txt")
def get_security_contact() -> Response:
    """Return the contact for vulnerabilities, if the operator has set one."""
    if (contact := runtime().settings.security_contact) is None:
        raise NotFound("The operator of this service has set no security contact.")
    expires = dt.datetime.combine(utc_now().date(), dt.time(), dt.UTC) + _VALIDITY
    text = f"Contact: {contact}\nExpires: {format_instant(expires)}\n"
    return Response(text, content_type="text/plain; charset=utf-8")
