"""Errors in responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import OneOf, Range

from service.schemas import shown
from service.schemas.fields import Answer

# Not a class body, because `in` is a keyword of Python.
Place = shown.schema_of(
    "Place",
    "One invalid place in a request.",
    {
        "pointer": shown.text(
            "The place as a JSON pointer (RFC 6901) into the body; for a query parameter, `/` and its name."
        ),
        "detail": shown.text("The error at this place."),
        "code": shown.text("A machine-readable name of the broken rule, such as `required`."),
        "in": ma.fields.String(
            validate=OneOf(["query"]),
            metadata={"description": "`query` for a query parameter; left out for the body."},
        ),
    },
)


class Problem(Answer):
    """A problem document (RFC 9457), which every error response contains."""

    type = shown.text(
        "The path of a page that explains this kind of problem. Use it to distinguish problems in programs."
    )
    title = shown.text("A short name of this kind of problem.")
    status = ma.fields.Integer(
        required=True, validate=Range(400, 599), metadata={"description": "The HTTP status of the response."}
    )
    detail = shown.text("The cause of the problem in this request.")
    instance = shown.text("The path of the request.")
    errors = ma.fields.List(
        ma.fields.Nested(Place),
        metadata={"description": "Every invalid place in the request; left out if the problem concerns no place."},
    )
