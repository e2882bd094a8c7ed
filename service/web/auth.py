"""Who calls, and whether they may. What checks a scope also documents that it does."""

from __future__ import annotations

import datetime as dt
import functools
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Response, after_this_request, g, request

from service.access.authenticate import KEY, find_caller
from service.errors import Forbidden, Unauthorized
from service.storage.actors import current_actor, set_actor
from service.storage.db_errors import is_unavailable
from service.values.vocabulary import Caller, Scope
from service.web.blueprint import Blueprint, may_fail, strict
from service.web.rate_limit import check_failures, count_call, count_failure
from service.web.responses import is_api_call
from service.web.runtime import runtime
from service.web.session_cookie import current_reader

SECURITY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, which begins with `bo_`. Enter the key alone: it is sent as "
    "`Authorization: Bearer bo_...`. Each operation names the scope that it requires; the scope `admin` includes all.",
}

log = logging.getLogger(__name__)

_INVALID = "This API key does not exist, was revoked or has expired. Send a valid key as Authorization: Bearer bo_..."
_READS = ("GET", "HEAD")
_BEARER = re.compile(r"(?:^|,)\s*bearer(?:[\s,]|$)", re.IGNORECASE)
_ONE_KEY = re.compile(rf"(?i:bearer)\s+({KEY.pattern})\s*", re.ASCII)


def requires(scope: Scope | None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Require an API key with a scope, or any valid key where the scope is None, and count the call.

    Reading needs no key unless the operator closed it. It then takes a key with the scope `read`, or a session of the
    desk that was begun with one.
    """

    def decorate(view: Any) -> Any:
        view = strict(view)  # here, so that a caller without the scope is told that first

        @functools.wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            is_open = scope is Scope.READ and runtime().settings.public_read
            if not is_open:
                (_authenticate_reader if scope is Scope.READ else _authenticate)()
            is_read = scope is Scope.READ or request.method in _READS
            known: Caller | None = g.key if is_open else g.caller
            count_call("reads" if is_read else "writes", None if known is None else known.key_id)
            if not is_open and scope is not None:
                check_scope(scope)
            return view(*args, **kwargs)

        needed = [] if scope is None else [scope.value]
        documented = Blueprint.doc(security=[{"apiKey": needed}, *([{}] if scope is Scope.READ else [])])
        return documented(may_fail(401, 429, *([] if scope is None else [403]))(checked))

    return decorate


def check_key() -> None:
    """Reject a call under /v1 that carries an API key which is not valid, whether or not the call needs one.

    A preflight request is let through. While the database is away, a read counts as one without a key: if it needs
    one, it is answered with 503.

    Raises:
        Unauthorized: The key is not valid.
        TooManyRequests: The address has sent too many such keys.
    """
    g.key = None
    is_preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    if not is_api_call() or is_preflight:
        return
    try:
        g.key = _find_key()
    except Exception as exc:
        if request.method not in _READS or not is_unavailable(exc):
            raise
        log.warning("The database is unavailable: %s", exc)


def sends_key() -> bool:
    """Whether the request has an `Authorization: Bearer` header; other schemes belong to a proxy and are ignored."""
    return _BEARER.search(request.headers.get("Authorization", "")) is not None


def caller() -> Caller:
    """Who sent the request that is being answered; only in views that require a scope to write."""
    found: Caller = g.caller
    return found


def admit(found: Caller) -> None:
    """Have the request that is being answered count as a key's."""
    g.caller = found
    set_actor(replace(current_actor(), key_id=found.key_id))


def check_scope(scope: Scope) -> None:
    """Make sure that whoever was admitted may do what a scope is for.

    Raises:
        Forbidden: The key has not got the scope.
    """
    if not caller().may(scope):
        raise Forbidden(f"This call needs the scope {scope}.")


def _authenticate_reader() -> None:
    """Where reading is closed, accept a key or the session of the desk, and keep the response out of shared caches."""
    after_this_request(_keep_nowhere)
    now = dt.datetime.now(dt.UTC)
    if g.key is None and (found := current_reader(now=now)) is not None:
        admit(found)
    else:
        _authenticate()


def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.vary.update(("Authorization", "Cookie"))
    return response


def _authenticate() -> None:
    if (found := g.key or _find_key()) is None:
        raise Unauthorized("Send an API key as Authorization: Bearer bo_...")
    admit(found)


def _find_key() -> Caller | None:
    """Return the owner of the key that was sent; None if none was sent.

    Raises:
        Unauthorized: The key is not valid.
        TooManyRequests: The address has sent too many such keys.
    """
    if not sends_key():
        return None
    check_failures()
    now, at = dt.datetime.now(dt.UTC), runtime()
    sent = _ONE_KEY.fullmatch(request.headers["Authorization"])
    if sent is None:
        found = None
    elif request.method in _READS:
        found = at.known_keys.find(sent[1], now=now)
    else:
        found = find_caller(at.db, sent[1], now=now)
    if found is None:
        count_failure()
        raise Unauthorized(_INVALID)
    return found
