"""How errors are told."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import OneOf

from service.schemas.fields import Answer

# Not a class body, because `in` is a word of Python's.
Place = Answer.from_dict(
    {
        "pointer": ma.fields.String(
            required=True, metadata={"description": "JSON pointer (RFC 6901) into the body; for a query, its parameter"}
        ),
        "detail": ma.fields.String(required=True),
        "code": ma.fields.String(required=True),
        "in": ma.fields.String(validate=OneOf(["query"]), metadata={"description": "Only for query parameters"}),
    },
    name="Place",
)


class Problem(Answer):
    """An RFC 9457 problem document."""

    type = ma.fields.String(required=True, metadata={"description": "A path that answers with an explanation"})
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    instance = ma.fields.String(required=True)
    errors = ma.fields.List(ma.fields.Nested(Place))
