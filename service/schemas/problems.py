"""How errors are told."""

from __future__ import annotations

import marshmallow as ma

from service.schemas.fields import Answer


class Place(Answer):
    """Where in the request something is wrong."""

    pointer = ma.fields.String(required=True, metadata={"description": "JSON pointer (RFC 6901) into the body"})
    detail = ma.fields.String(required=True)
    code = ma.fields.String(required=True)


class Problem(Answer):
    """An RFC 9457 problem document."""

    type = ma.fields.String(required=True, metadata={"description": "A path that answers with an explanation"})
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    instance = ma.fields.String(required=True)
    errors = ma.fields.List(ma.fields.Nested(Place))
