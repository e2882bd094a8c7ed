"""Who is signed in at the desk: a signed cookie, and in every form a token that goes with it."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from flask import Response, request
from itsdangerous import BadData, URLSafeTimedSerializer

from service.errors import Forbidden
from service.runtime import runtime
from service.secret_key import kept_secret_key
from service.sessions import Ticket, take_ticket
from service.vocabulary import Caller

COOKIE = "borneout_desk"
LIFE = dt.timedelta(hours=12)

_SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Session:
    """What the cookie says, once it is sure that we wrote it."""

    ticket: Ticket
    token: str
    """Stands in every form of the session; whoever else makes a browser send a form does not know it."""


def begin_session(response: Response, ticket: Ticket) -> None:
    """Sign in whoever gets this response, for 12 hours at most: at the desk, and where reading is closed also to read.

    The cookie goes back over https alone where it was got so: the browser says it in `Origin`, whatever proxies stand
    between. From a page of another site it is not sent at all, not even for a link to the desk.
    """
    said = {"key": str(ticket.key_id), "mark": ticket.mark, "token": secrets.token_urlsafe(16)}
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


def current_session() -> Session | None:
    """The session of the request that is answered; None without a cookie of ours that is good still."""
    try:
        said = _signer().loads(request.cookies.get(COOKIE, ""), max_age=int(LIFE.total_seconds()))
        return Session(Ticket(UUID(said["key"]), said["mark"]), said["token"])
    except BadData:
        return None


def current_reader(*, now: dt.datetime) -> Caller | None:
    """Who is signed in and asks for something that is read; no page of another site can have a browser ask as them."""
    session = current_session() if request.method in _SAFE and COOKIE in request.cookies else None
    found = None if session is None else take_ticket(runtime().db, session.ticket, now=now)
    return None if found is None else found.caller


def check_sender(session: Session | None) -> None:
    """Refuse a form that no page of the desk has sent. Before there is a session, it has no token.

    Raises:
        Forbidden: It came from a page of another site, or does not carry the session's token.
    """
    if request.method in _SAFE:
        return
    token = request.form.get("token", "")
    is_known = session is None or hmac.compare_digest(session.token.encode(), token.encode(errors="replace"))
    if not (is_known and _is_from_here()):
        raise Forbidden("This form did not come from a page of this desk, or from a session that has ended.")


def _is_from_here() -> bool:
    """Whether the browser says that one of our pages has sent this; what says nothing of it is no browser."""
    if (site := request.headers.get("Sec-Fetch-Site")) is not None:
        return site == "same-origin"
    return request.headers.get("Origin") in (None, f"http://{request.host}", f"https://{request.host}")


def _paths() -> tuple[str, str]:
    """Return the paths that a cookie is for: the desk alone, or all of the service."""
    return f"{request.script_root}/desk", request.script_root or "/"


def _signer() -> URLSafeTimedSerializer:
    settings = runtime().settings
    secret = settings.secret_key or kept_secret_key(settings.data_dir)
    how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(secret, salt=__name__, signer_kwargs=how)
