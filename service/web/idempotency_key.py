"""`Idempotency-Key`: the decorator that makes a call safe to retry also documents the header."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable
from typing import ParamSpec
from uuid import UUID

from flask import Response, g, json, request

from service.access import idempotency
from service.access.idempotency import CallResponse, IdempotentCall
from service.errors import BadRequest
from service.values.instants import utc_now
from service.web.blueprint import Blueprint, may_fail
from service.web.parser import read_body
from service.web.runtime import caller, runtime

P = ParamSpec("P")

_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)
_STORED_HEADERS = ("Content-Type", "ETag", "Location")
_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "description": "A random string of your choice, which makes retries safe: for 24 hours the same request with the "
    "same API key returns the first response again, with `Idempotency-Replayed: true`.",
}


def idempotent(*, hide: tuple[str, ...] = ()) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Run a view once for each Idempotency-Key, and replay its response on a retry; without a key, run it every time.

    Place it between `requires` and `arguments`.

    Args:
        hide: The members of the response that are not stored, so that a replay does not contain them.
    """

    def decorate(view: Callable[P, Response]) -> Callable[P, Response]:
        @functools.wraps(view)
        def replaying(*args: P.args, **kwargs: P.kwargs) -> Response:
            if (key := sent_key()) is None:
                return view(*args, **kwargs)
            return replay_or_run(key, read_body(request), lambda: view(*args, **kwargs), hide=hide)

        return takes_key(replaying)

    return decorate


def takes_key(view: Callable[P, Response]) -> Callable[P, Response]:
    """Document that a view takes an Idempotency-Key."""
    documented: Callable[P, Response] = Blueprint.doc(parameters=[_PARAMETER])(view)
    return may_fail(409, 422)(documented)


def sent_key() -> str | None:
    """Return the Idempotency-Key of the request, if it has one.

    Raises:
        BadRequest: The key has the wrong form.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise BadRequest("An Idempotency-Key has 1 to 255 printable ASCII characters and no space.")
    return key


def replay_or_run(key: str, body: bytes, run: Callable[[], Response], *, hide: tuple[str, ...] = ()) -> Response:
    """Run a call and store its response, or return the stored response of the first call with this key.

    Args:
        key: The Idempotency-Key.
        body: The body of the request, or a hash of it.
        run: The function that carries out the call.
        hide: The members of the response that are not stored.
    """
    content = f"{request.method} {request.full_path}\n".encode() + body
    stored, replayed = idempotency.run_once(
        runtime().db,
        IdempotentCall(_caller_key(), key, hashlib.sha256(content).hexdigest()),
        run=lambda: _captured(run()),
        redact=functools.partial(_without, hide),
        stored=g.get("stored_response"),
        now=utc_now(),
    )
    response = Response(stored.body, stored.status, stored.headers)
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def was_used(key: str) -> bool:
    """Return whether a response is stored for an Idempotency-Key."""
    return idempotency.has_response(runtime().db, _caller_key(), key, now=utc_now())


def _caller_key() -> UUID:
    key_id = caller().key_id
    assert key_id is not None  # noqa: S101 - every caller over HTTP has a key
    return key_id


def _captured(response: Response) -> CallResponse:
    headers = {name: response.headers[name] for name in _STORED_HEADERS if name in response.headers}
    return CallResponse(response.status_code, response.get_data(), headers)


def _without(members: tuple[str, ...], stored: CallResponse) -> CallResponse:
    if not members:
        return stored
    shown = {name: value for name, value in json.loads(stored.body).items() if name not in members}
    return CallResponse(stored.status, json.dumps(shown).encode(), stored.headers)
