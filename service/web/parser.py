"""What a request brings: a body of strict JSON, a query string without surprises."""

from __future__ import annotations

from typing import IO, Any, NoReturn

import marshmallow as ma
from flask import Request
from gunicorn.http.errors import ParseException
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest

from service.errors import InvalidQuery, TooLarge, UnsupportedMediaType
from service.schemas.loading import invalid_body, places
from service.values.strict_json import parse_json

MERGE_PATCH = "application/merge-patch+json"

_JSON = {"POST": ("application/json",), "PATCH": ("application/json", MERGE_PATCH)}


class Parser(FlaskParser):
    """Reads bodies and query strings; what is wrong with them becomes an error of ours."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": ma.RAISE}

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        if req.mimetype not in _JSON.get(req.method, _JSON["POST"]):
            raise UnsupportedMediaType("Send the body as application/json.")
        if req.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise UnsupportedMediaType("Send the body as it is, without Content-Encoding.")
        return parse_json(read_body(req))

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        repeating = {name for name, field in schema.fields.items() if isinstance(field, ma.fields.List)}
        twice = sorted(name for name, values in req.args.lists() if len(values) > 1 and name not in repeating)
        if twice:
            raise InvalidQuery.at(*twice, detail="Is given twice.", code="repeated")
        return super().load_querystring(req, schema)

    def handle_error(self, error: ma.ValidationError, req: Request, schema: ma.Schema, **_: Any) -> NoReturn:
        # webargs files the messages under the location they are about.
        [(location, messages)] = error.messages_dict.items()
        if location == "query":
            raise InvalidQuery.of(places(messages)) from error
        raise invalid_body(messages) from error


class _Chunks:
    """A chunked body from gunicorn, which looks at the chunks only when they are read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stream.read(size)
        except ParseException as exc:
            raise BadRequest("The chunks of the body are malformed. Send it with a Content-Length.") from exc


def guard_body(req: Request) -> None:
    """Have a body refused with 400 when the client cut it off, or when its chunks are malformed."""
    if req.content_length is None:
        req.environ["wsgi.input"] = _Chunks(req.environ["wsgi.input"])
    else:
        # Gunicorn ends a body that was cut off as if it were whole. Without this flag Werkzeug counts the bytes.
        req.environ.pop("wsgi.input_terminated", None)


def read_body(req: Request) -> bytes:
    """The body, of which Werkzeug refuses one that says it is too long, and silently cuts one that does not say."""
    body = req.get_data()
    unsaid = req.content_length is None and len(body) == req.max_content_length
    if unsaid and req.environ["wsgi.input"].read(1):
        raise TooLarge("A body may have 1 MiB at most.")
    return body
