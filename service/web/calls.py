"""Parse and check a call before its view runs, and add the ETag of its result.

Bodies are strict JSON, and query strings have no repeated or unknown parameters. `Idempotency-Key` makes a call safe to
retry, and `If-Match` protects a change from overwriting another one. The decorators also document the headers.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeVar
from uuid import UUID

import marshmallow as ma
from flask import Request, Response, g, json, request
from flask_smorest import Blueprint as SmorestBlueprint
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict
from werkzeug.http import quote_etag

from service.access import idempotency
from service.access.idempotency import CallResponse, IdempotentCall
from service.errors import BadRequest, InvalidQuery, PreconditionRequired, TooLarge, UnsupportedMediaType
from service.schemas.fields import Instant
from service.schemas.loading import invalid_body, places
from service.values.documents import etag_of, parse_json
from service.values.instants import restore_plus, utc_now
from service.web.documentation import arguments_of, may_fail
from service.web.responses import body_limit
from service.web.runtime import caller, runtime

P = ParamSpec("P")
R = TypeVar("R")

_JSON = {"POST": ("application/json",), "PATCH": ("application/json", "application/merge-patch+json")}
_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)
_STORED_HEADERS = ("Content-Type", "ETag", "Location")
_IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "description": "A random string of your choice, which makes retries safe: for 24 hours the same request with the "
    "same API key returns the first response again, with `Idempotency-Replayed: true`.",
}
_IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string"},
    "description": "The `ETag` of the version that you have read; the change is rejected if there is a newer one. "
    "`*` matches any version.",
    "example": "*",
}


class Parser(FlaskParser):
    """A parser of bodies and query strings that raises our errors."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": ma.RAISE}

    def load_json(self, req: Request, schema: ma.Schema) -> object:
        """Return the body as parsed JSON."""
        if req.mimetype not in _JSON.get(req.method, _JSON["POST"]):
            raise UnsupportedMediaType("You sent a body of another type. Send it as application/json.")
        if req.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise UnsupportedMediaType("You sent a compressed body. Send it uncompressed, without Content-Encoding.")
        return parse_json(read_body(req))

    def load_querystring(self, req: Request, schema: ma.Schema) -> MultiDictProxy:
        """Return the query parameters; only those that are lists may be repeated."""
        lists = {name for name, field in schema.fields.items() if isinstance(field, ma.fields.List)}
        repeated = sorted(name for name, values in req.args.lists() if len(values) > 1 and name not in lists)
        if repeated:
            raise InvalidQuery.at(*repeated, detail="Sent more than once. Send it only once.", code="repeated")
        return MultiDictProxy(_with_plus(req.args, schema), schema)

    def handle_error(self, error: ma.ValidationError, req: Request, schema: ma.Schema, **_: object) -> NoReturn:
        """Raise our error for a body or query that is invalid, from the messages of marshmallow."""
        [(location, messages)] = error.messages_dict.items()  # webargs groups them by location
        if location == "query":
            raise InvalidQuery.of(places(messages)) from error
        raise invalid_body(messages) from error


def _with_plus(given: MultiDict[str, str], schema: ma.Schema) -> MultiDict[str, str]:
    """Restore the plus signs of UTC offsets in query parameters, which arrive as spaces if not escaped."""
    instants = {name for name, field in schema.fields.items() if isinstance(field, Instant)}
    return MultiDict(
        (name, restore_plus(value) if name in instants else value) for name, value in given.items(multi=True)
    )


def read_body(req: Request) -> bytes:
    """Return the complete body of a request.

    Werkzeug rejects a body whose Content-Length is too large, but silently truncates a chunked one.

    Raises:
        TooLarge: A chunked body is too large.
    """
    body = req.get_data()
    may_be_truncated = req.content_length is None and len(body) == req.max_content_length
    if may_be_truncated and req.environ["wsgi.input"].read(1):
        raise TooLarge(body_limit())
    return body


def strict(view: Callable[P, R]) -> Callable[P, R]:
    """Make an API view that takes no query parameters reject calls that have some."""
    takes_query = any(argument["in"] == "query" for argument in arguments_of(view))
    if takes_query or not hasattr(view, "_apidoc") or getattr(view, "is_strict", False):
        return view

    @functools.wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if request.args:
            raise InvalidQuery.at(*sorted(request.args), detail="Unknown. This call has no parameters.", code="unknown")
        return view(*args, **kwargs)

    checked.is_strict = True  # type: ignore[attr-defined]
    return checked


def tagged(view: Callable[P, object]) -> Callable[P, tuple[object, int, dict[str, str]]]:
    """Add an ETag to the response of a view, so that clients can send it as If-None-Match or If-Match."""

    @functools.wraps(view)
    def tagging(*args: P.args, **kwargs: P.kwargs) -> tuple[object, int, dict[str, str]]:
        returned = view(*args, **kwargs)
        document, status, headers = returned if isinstance(returned, tuple) else (returned, 200, {})
        return document, status, {**headers, "ETag": quote_etag(etag_of(document), weak=True)}

    tagging.is_tagged = True  # type: ignore[attr-defined]
    return tagging


def takes_if_match(view: Callable[..., R]) -> Callable[..., R]:
    """Pass the ETags in `If-Match` to a view as `if_match`; None for `*`, which matches any version."""

    @functools.wraps(view)
    def matching(*args: object, **kwargs: object) -> R:
        if "If-Match" not in request.headers:
            raise PreconditionRequired("You sent no If-Match. Send the ETag of the version that you have read.")
        tags = request.if_match
        if_match = None if tags.star_tag else frozenset(tags.as_set(include_weak=True))
        return view(*args, **kwargs, if_match=if_match)

    documented: Callable[..., R] = SmorestBlueprint.doc(parameters=[_IF_MATCH])(matching)
    return may_fail(412, 428)(documented)


def idempotent(*, hide: tuple[str, ...] = ()) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Run a view once for each Idempotency-Key, and return the stored response to a retry.

    A call without a key always runs the view. Place the decorator between `requires` and `arguments`.

    Args:
        hide: The members of the response that are not stored, such as a secret. A retry does not receive them.
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
    documented: Callable[P, Response] = SmorestBlueprint.doc(parameters=[_IDEMPOTENCY_KEY])(view)
    return may_fail(409, 422)(documented)


def sent_key() -> str | None:
    """Return the Idempotency-Key of the request, if it has one.

    Raises:
        BadRequest: The key has the wrong form.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise BadRequest("Your Idempotency-Key is not valid. Send 1 to 255 printable ASCII characters without spaces.")
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
    """Return whether a response to the caller is stored for an Idempotency-Key."""
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
