"""/.well-known/security.txt: whom to tell of a weakness (RFC 9116)"""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, Response

from service.errors import NotFound
from service.values.instants import format_instant
from service.web.runtime import runtime

blp = Blueprint("security", __name__)

_GOOD_FOR = dt.timedelta(days=180)  # a year at most, says the RFC, so that nobody trusts what was left behind


@blp.get("/.well-known/security.txt")
def get_security_contact() -> Response:
    """Whom to tell of a weakness, if the operator has said"""
    if (contact := runtime().settings.security_contact) is None:
        raise NotFound("The operator of this service has named nobody.")
    expires = dt.datetime.combine(dt.datetime.now(dt.UTC).date(), dt.time(), dt.UTC) + _GOOD_FOR
    text = f"Contact: {contact}\nExpires: {format_instant(expires)}\n"
    return Response(text, content_type="text/plain; charset=utf-8")
