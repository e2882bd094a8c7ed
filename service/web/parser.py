"""Parsing of requests: bodies of strict JSON, and query strings without repeated or unknown parameters."""

from __future__ import annotations

from typing import IO, NoReturn

import marshmallow as ma
from flask import Request
from gunicorn.http.errors import ParseException
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from service.errors import InvalidQuery, TooLarge, UnsupportedMediaType
from service.schemas.fields import Instant
from service.schemas.loading import invalid_body, places
from service.values.documents import parse_json
from service.values.instants import restore_plus

_JSON = {"POST": ("application/json",), "PATCH": ("application/json", "application/merge-patch+json")}


class Parser(FlaskParser):
    """A parser of bodies and query strings that raises our errors."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": ma.RAISE}

    def load_json(self, req: Request, schema: ma.Schema) -> object:
        """Return the body as parsed JSON."""
        if req.mimetype not in _JSON.get(req.method, _JSON["POST"]):
            raise UnsupportedMediaType("Send the body as application/json.")
        if req.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise UnsupportedMediaType("Send the body as it is, without Content-Encoding.")
        return parse_json(read_body(req))

    def load_querystring(self, req: Request, schema: ma.Schema) -> MultiDictProxy:
        """Return the query parameters; only those that are lists may be repeated."""
        lists = {name for name, field in schema.fields.items() if isinstance(field, ma.fields.List)}
        repeated = sorted(name for name, values in req.args.lists() if len(values) > 1 and name not in lists)
        if repeated:
            raise InvalidQuery.at(*repeated, detail="Is given twice.", code="repeated")
        return MultiDictProxy(_with_plus(req.args, schema), schema)

    def handle_error(self, error: ma.ValidationError, req: Request, schema: ma.Schema, **_: object) -> NoReturn:
        """Raise the messages of marshmallow as an error of ours."""
        [(location, messages)] = error.messages_dict.items()  # webargs groups them by location
        if location == "query":
            raise InvalidQuery.of(places(messages)) from error
        raise invalid_body(messages) from error


def _with_plus(given: MultiDict[str, str], schema: ma.Schema) -> MultiDict[str, str]:
    """Return query parameters in which the offsets of instants have their plus, although it was not escaped."""
    instants = {name for name, field in schema.fields.items() if isinstance(field, Instant)}
    return MultiDict(
        (name, restore_plus(value) if name in instants else value) for name, value in given.items(multi=True)
    )


class _Chunks:
    """A chunked body from gunicorn, which validates the chunks only when they are read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stream.read(size)
        except ParseException as exc:
            raise BadRequest("The chunks of the body are malformed. Send it with a Content-Length.") from exc


def guard_body(req: Request) -> None:
    """Make reading a body fail with 400 if the client cut it off, or if its chunks are malformed."""
    if req.content_length is None:
        req.environ["wsgi.input"] = _Chunks(req.environ["wsgi.input"])
    else:
        # Gunicorn ends a truncated body as if it were complete. Without this flag Werkzeug counts the bytes.
        req.environ.pop("wsgi.input_terminated", None)


def read_body(req: Request) -> bytes:
    """Return the body.

    Werkzeug rejects a body whose Content-Length is too large, but silently truncates a chunked one.

    Raises:
        TooLarge: A chunked body is too large.
    """
    body = req.get_data()
    may_be_truncated = req.content_length is None and len(body) == req.max_content_length
    if may_be_truncated and req.environ["wsgi.input"].read(1):
        raise TooLarge(f"The body of this call may have at most {(req.max_content_length or 0) >> 20} MiB.")
    return body
