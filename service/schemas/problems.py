"""Errors in responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import OneOf, Range

from service.schemas import shown
from service.schemas.fields import Answer

# Not a class body, because `in` is a keyword of Python.
Place = shown.schema_of(
    "Place",
    "One place in a request that is wrong.",
    {
        "pointer": shown.text(
            "The place as a JSON pointer (RFC 6901) into the body; for a query parameter, `/` and its name."
        ),
        "detail": shown.text("The error at this place."),
        "code": shown.text("A short name of the rule that it breaks, for programs, such as `required`."),
        "in": ma.fields.String(
            validate=OneOf(["query"]),
            metadata={"description": "`query` for a query parameter; missing for the body."},
        ),
    },
)


class Problem(Answer):
    """A problem document (RFC 9457), which every error response contains."""

    type = shown.text(
        "The path of a page that explains this kind of problem. Programs should use it to distinguish problems."
    )
    title = shown.text("The kind of problem in a few words.")
    status = ma.fields.Integer(
        required=True, validate=Range(400, 599), metadata={"description": "The HTTP status of the response."}
    )
    detail = shown.text("The cause of the problem in this request.")
    instance = shown.text("The path of the request.")
    errors = ma.fields.List(
        ma.fields.Nested(Place),
        metadata={
            "description": "Every place in the request that is wrong; missing if the problem is not about places."
        },
    )
