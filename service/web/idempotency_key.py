"""`Idempotency-Key`: what marks a view as one whose call may be sent again also documents it."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import re
from collections.abc import Callable
from typing import Any

from flask import Response, json, request

from service.access import idempotency
from service.access.idempotency import CallResponse, IdempotentCall
from service.errors import BadRequest
from service.web.auth import caller
from service.web.blueprint import Blueprint, may_fail
from service.web.parser import read_body
from service.web.runtime import runtime

_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")
_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "description": "A random string of your choice, which makes retries safe: for 24 hours the same request with the "
    "same API key returns the first response again, with `Idempotency-Replayed: true`.",
}


def idempotent(*, hide: tuple[str, ...] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Do what a view does only once for an Idempotency-Key; a call without one is done each time.

    It stands between the scope that the view requires and the arguments that it takes.

    Args:
        hide: Members of the answer that are not shown again.
    """

    def decorate(view: Any) -> Any:
        @functools.wraps(view)
        def replaying(*args: Any, **kwargs: Any) -> Any:
            if "Idempotency-Key" not in request.headers:
                return view(*args, **kwargs)
            answer, replayed = idempotency.run_once(
                runtime().db,
                _call(),
                run=lambda: _answer(view(*args, **kwargs)),
                redact=functools.partial(_without, hide),
                now=dt.datetime.now(dt.UTC),
            )
            response = Response(answer.body, answer.status, answer.headers)
            if replayed:
                response.headers["Idempotency-Replayed"] = "true"
            return response

        return may_fail(409, 422)(Blueprint.doc(parameters=[_PARAMETER])(replaying))

    return decorate


def _call() -> IdempotentCall:
    key = request.headers["Idempotency-Key"]
    if not _KEY.fullmatch(key):
        raise BadRequest("An Idempotency-Key has 1 to 255 printable ASCII characters and no space.")
    api_key = caller().key_id
    assert api_key is not None  # noqa: S101 - who calls over HTTP has one
    asked = f"{request.method} {request.full_path}\n".encode() + read_body(request)
    return IdempotentCall(api_key, key, hashlib.sha256(asked).hexdigest())


def _answer(response: Response) -> CallResponse:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return CallResponse(response.status_code, response.get_data(), headers)


def _without(members: tuple[str, ...], answer: CallResponse) -> CallResponse:
    if not members:
        return answer
    shown = {name: value for name, value in json.loads(answer.body).items() if name not in members}
    return CallResponse(answer.status, json.dumps(shown).encode(), answer.headers)
