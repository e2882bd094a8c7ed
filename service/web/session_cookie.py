"""The session of an editor at the desk: a signed cookie, and the check that a form came from one of our pages."""

from __future__ import annotations

import datetime as dt
import hashlib
from uuid import UUID

from flask import Response, request
from itsdangerous import BadData, URLSafeTimedSerializer

from service.access.sessions import Ticket, find_editor
from service.errors import Forbidden
from service.values.vocabulary import Caller
from service.web.runtime import runtime
from service.web.secret_key import kept_secret_key

COOKIE = "borneout_desk"
LIFE = dt.timedelta(hours=12)

_SAFE = ("GET", "HEAD", "OPTIONS")
_PORTS = {"http": ":80", "https": ":443"}
"""What an origin leaves out, and a proxy may put into `Host`."""


def begin_session(response: Response, ticket: Ticket) -> None:
    """Sign in whoever gets this response, for 12 hours at most: at the desk, and where reading is closed also to read.

    The cookie goes back over https alone where it was got so: the browser says it in `Origin`, whatever proxies stand
    between. From a page of another site it is not sent at all, not even for a link to the desk.
    """
    said = {"key": str(ticket.key_id), "mark": ticket.mark}
    is_https = request.is_secure or request.headers.get("Origin", "").startswith("https://")
    desk, everywhere = _paths()
    path, other = (desk, everywhere) if runtime().settings.public_read else (everywhere, desk)
    response.set_cookie(
        COOKIE, _signer().dumps(said), max_age=LIFE, path=path, secure=is_https, httponly=True, samesite="Strict"
    )
    response.delete_cookie(COOKIE, path=other, httponly=True, samesite="Strict")  # from before reading was closed


def end_session(response: Response) -> None:
    """Have the browser forget."""
    for path in _paths():
        response.delete_cookie(COOKIE, path=path, httponly=True, samesite="Strict")


def current_ticket() -> Ticket | None:
    """Return the ticket in the request's cookie; None without a cookie of ours that is still good."""
    try:
        said = _signer().loads(request.cookies.get(COOKIE, ""), max_age=int(LIFE.total_seconds()))
        return Ticket(UUID(said["key"]), said["mark"])
    except BadData:
        return None


def current_reader(*, now: dt.datetime) -> Caller | None:
    """Who is signed in and asks for something that is read; no page of another site can have a browser ask as them."""
    ticket = current_ticket() if request.method in _SAFE and COOKIE in request.cookies else None
    found = None if ticket is None else find_editor(runtime().db, ticket, now=now)
    return None if found is None else found.caller


def check_sender() -> None:
    """Refuse a form that did not come from one of our pages.

    Raises:
        Forbidden: The browser does not say that it did.
    """
    if request.method not in _SAFE and not _is_from_here():
        raise Forbidden("This form did not come from a page of this desk. Open the page again, and send it from there.")


def _is_from_here() -> bool:
    """Return whether the browser says that one of our pages sent this request.

    Browsers send `Sec-Fetch-Site` over https, and `Origin` always. The scheme is not compared: a proxy may end TLS.
    """
    if (site := request.headers.get("Sec-Fetch-Site")) is not None:
        return site == "same-origin"
    scheme, _, place = request.headers.get("Origin", "").partition("://")
    return scheme in _PORTS and place == request.host.lower().removesuffix(_PORTS[scheme])


def _paths() -> tuple[str, str]:
    """Return the paths that a cookie is for: the desk alone, or all of the service."""
    return f"{request.script_root}/desk", request.script_root or "/"


def _signer() -> URLSafeTimedSerializer:
    settings = runtime().settings
    secret = settings.secret_key or kept_secret_key(settings.data_dir)
    how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(secret, salt=__name__, signer_kwargs=how)
