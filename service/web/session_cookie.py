"""The cookies of an editor's session: a signed one for the session, and one for skipped claims."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from binascii import Error as BadBase64
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from flask import Response, request
from itsdangerous import BadData, URLSafeTimedSerializer

from service.access.sessions import Ticket, find_editor
from service.values.vocabulary import Caller
from service.web.form_origin import SAFE_METHODS, is_https
from service.web.runtime import runtime
from service.web.secret_key import secret_key

COOKIE = "borneout_desk"
LIFE = dt.timedelta(hours=12)

_SKIPPED = "borneout_skipped"
_MOST_SKIPPED = 150
"""The number of skipped claims that fit in a cookie."""


def begin_session(response: Response, ticket: Ticket) -> None:
    """Set a session cookie for 12 hours: for the desk, or for all pages if public reading is closed.

    If the form was sent over https, the cookie is sent only over https. `Origin` shows this even behind proxies that
    terminate TLS. The cookie is `SameSite=Strict`, so requests that come from other sites do not include it, even if
    they follow a link to the desk.
    """
    content = {"key": str(ticket.key_id), "mark": ticket.mark}
    desk, everywhere = _paths()
    path, other = (desk, everywhere) if runtime().settings.public_read else (everywhere, desk)
    response.set_cookie(
        COOKIE, _signer().dumps(content), max_age=LIFE, path=path, secure=is_https(), httponly=True, samesite="Strict"
    )
    remember_skipped(response, [])
    response.delete_cookie(COOKIE, path=other, httponly=True, samesite="Strict")  # from before reading was closed


def end_session(response: Response) -> None:
    """Delete the session cookie."""
    for path in _paths():
        response.delete_cookie(COOKIE, path=path, httponly=True, samesite="Strict")
    remember_skipped(response, [])


def skipped_claims() -> list[UUID]:
    """Return the ids of the claims skipped in this session, oldest first; none if the cookie is malformed."""
    with suppress(BadBase64, ValueError):
        ids = base64.urlsafe_b64decode(request.cookies.get(_SKIPPED, ""))
        return [UUID(bytes=ids[at : at + 16]) for at in range(0, len(ids), 16)]
    return []


def remember_skipped(response: Response, claims: Sequence[UUID]) -> None:
    """Store the ids of the claims skipped in this session in a cookie, at most the latest 150."""
    desk, _ = _paths()
    if claims:
        ids = base64.urlsafe_b64encode(b"".join(claim.bytes for claim in claims[-_MOST_SKIPPED:])).decode()
        response.set_cookie(_SKIPPED, ids, max_age=LIFE, path=desk, secure=is_https(), httponly=True, samesite="Strict")
    elif _SKIPPED in request.cookies:
        response.delete_cookie(_SKIPPED, path=desk, httponly=True, samesite="Strict")


def current_ticket() -> Ticket | None:
    """Return the ticket of the API key that signed in, from the session cookie; None without a valid one."""
    try:
        content = _signer().loads(request.cookies.get(COOKIE, ""), max_age=int(LIFE.total_seconds()))
        return Ticket(UUID(content["key"]), content["mark"])
    except BadData:
        return None


def current_reader(*, now: dt.datetime) -> Caller | None:
    """Return the caller who signed in, if the request is a read in a valid session; else None."""
    ticket = current_ticket() if request.method in SAFE_METHODS and COOKIE in request.cookies else None
    editor = None if ticket is None else find_editor(runtime().db, ticket, now=now)
    return None if editor is None else editor.caller


def _paths() -> tuple[str, str]:
    """Return the two possible paths of a session cookie: that of the desk and that of the whole service."""
    return f"{request.script_root}/desk", request.script_root or "/"


def _signer() -> URLSafeTimedSerializer:
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(secret_key(runtime().settings), salt=__name__, signer_kwargs=options)
