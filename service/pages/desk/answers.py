"""Parse the forms and queries of the pages on which editors answer submissions and disputes."""

from __future__ import annotations

from flask import request
from marshmallow import Schema
from marshmallow.validate import Range

from service.errors import InvalidBody
from service.schemas.fields import MAX_PAGE, Count, PageQuery
from service.schemas.loading import load

_WORDS = {
    "reason": "Enter a reason of at most 2,000 characters.",
    "verified": "Enter how you verified that the outlet sent the reply, in at most 500 characters.",
}
"""The error message for each field of these forms."""


class AnswersQuery(PageQuery):
    """The query of a list of submissions or disputes, whose pages are shorter than those of the API."""

    limit = Count(load_default=20, validate=Range(1, MAX_PAGE))


def read_answer(schema: Schema, name: str) -> str:
    """Return the validated text of a form that has a single field.

    Raises:
        InvalidBody: The field is blank or too long.
    """
    try:
        text: str = load(schema, {name: request.form.get(name, "").strip()})[name]
    except InvalidBody as exc:
        raise InvalidBody.at(f"/{name}", _WORDS[name], "invalid") from exc
    return text
