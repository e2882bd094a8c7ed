"""Who calls, and whether they may. What checks a scope also documents that it does."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, after_this_request, g, request

from service import keys
from service.actors import current_actor, set_actor
from service.errors import Forbidden, Unauthorized
from service.runtime import runtime
from service.session_cookie import current_reader
from service.throttle import check_failures, count_call, count_failure
from service.vocabulary import Caller, Scope
from service.web import Blueprint, may_fail, strict

SECURITY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, which begins with `bo_`. Enter the key alone: it is sent as "
    "`Authorization: Bearer bo_...`. Each operation names the scope that it requires; the scope `admin` includes all.",
}


def requires(scope: Scope) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a view answer only callers that have a scope, and not too often.

    Reading is open unless the operator closed it: then it takes a key with the scope `read`, or a session of the desk
    that was begun with one.
    """

    def decorate(view: Any) -> Any:
        view = strict(view)  # here, so that who may not call is told that first

        @functools.wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            is_open = scope is Scope.READ and runtime().settings.public_read
            if not is_open:
                (_authenticate_reader if scope is Scope.READ else _authenticate)()
            is_read = scope is Scope.READ or request.method in ("GET", "HEAD")
            count_call("reads" if is_read else "writes", _reader() if is_open else g.caller.key_id)
            if not is_open:
                check_scope(scope)
            return view(*args, **kwargs)

        documented = Blueprint.doc(security=[{"apiKey": [scope.value]}, *([{}] if scope is Scope.READ else [])])
        return documented(may_fail(401, 403, 429)(checked))

    return decorate


def caller() -> Caller:
    """Who sent the request that is being answered; only in views that require a scope to write."""
    found: Caller = g.caller
    return found


def admit(found: Caller, *, now: dt.datetime) -> None:
    """Have the request that is being answered count as a key's."""
    g.caller = found
    if found.key_id is not None:
        runtime().uses.note(found.key_id, now=now)
    set_actor(replace(current_actor(), key_id=found.key_id))


def check_scope(scope: Scope) -> None:
    """Make sure that whoever was admitted may do what a scope is for.

    Raises:
        Forbidden: The key has not got the scope.
    """
    if not caller().may(scope):
        raise Forbidden(f"This call needs the scope {scope}.")


def _authenticate_reader() -> None:
    """Where reading is closed, take the session of the desk where no key is sent; what is read is for them alone."""
    after_this_request(_keep_nowhere)
    now = dt.datetime.now(dt.UTC)
    if "Authorization" in request.headers or (found := current_reader(now=now)) is None:
        _authenticate()
    else:
        admit(found, now=now)


def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.vary.update(("Authorization", "Cookie"))
    return response


def _authenticate() -> None:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise Unauthorized("Send an API key as Authorization: Bearer bo_...")
    check_failures()
    now = dt.datetime.now(dt.UTC)
    if (found := keys.find_caller(runtime().db, secret.strip(), now=now)) is None:
        count_failure()
        raise Unauthorized("This is not an API key, or no longer one.")
    admit(found, now=now)


def _reader() -> UUID | None:
    """The key that a read is counted for where none is needed: one that was good a minute ago will do."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    return runtime().known_keys.find(secret.strip()) if kind.lower() == "bearer" else None
