"""What a request brings: a body of strict JSON, a query string without surprises."""

from __future__ import annotations

from typing import Any, NoReturn

import marshmallow as ma
from flask import Request
from webargs.flaskparser import FlaskParser

from service.errors import InvalidQuery, TooLarge, UnsupportedMediaType
from service.schemas.loading import invalid_body, places
from service.strict_json import parse_json

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


def read_body(req: Request) -> bytes:
    """The body, of which Werkzeug refuses one that says it is too long, and silently cuts one that does not say."""
    body = req.get_data()
    unsaid = req.content_length is None and len(body) == req.max_content_length
    if unsaid and req.environ["wsgi.input"].read(1):
        raise TooLarge("A body may have 1 MiB at most.")
    return body
