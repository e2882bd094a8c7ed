"""Who calls, and whether they may. What checks a scope also documents that it does."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from typing import Any

from flask import g, request

from service import keys
from service.errors import Forbidden, Unauthorized
from service.vocabulary import Caller, Scope
from service.web import Blueprint, runtime

SECURITY_SCHEME = {"type": "http", "scheme": "bearer", "description": "An API key: `bo_...`"}


def requires(scope: Scope) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a view answer only callers that have a scope. Reading is open unless the operator closed it."""

    def decorate(view: Any) -> Any:
        @functools.wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if scope is not Scope.READ or not runtime().settings.public_read:
                g.caller = _authenticated()
                if not g.caller.may(scope):
                    raise Forbidden(f"This call needs the scope {scope}.")
            return view(*args, **kwargs)

        documented = Blueprint.doc(security=[{"apiKey": [scope.value]}, *([{}] if scope is Scope.READ else [])])
        return documented(_FAILS.fails(401, 403)(checked))

    return decorate


def caller() -> Caller:
    """Who sent the request that is being answered; only in views that require a scope to write."""
    found: Caller = g.caller
    return found


_FAILS = Blueprint("auth", __name__)


def _authenticated() -> Caller:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise Unauthorized("Send an API key as Authorization: Bearer bo_...")
    now = dt.datetime.now(dt.UTC)
    if (found := keys.find_caller(runtime().db, secret.strip(), now=now)) is None:
        raise Unauthorized("This is not an API key, or no longer one.")
    if found.key_id is not None:
        runtime().uses.note(found.key_id, now=now)
    return found
