"""Read an editor's answer to a submission or a dispute, and the query of their lists."""

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
"""The message for each invalid field."""


class AnswersQuery(PageQuery):
    """A page of submissions or disputes, shorter than a page of the API."""

    limit = Count(load_default=20, validate=Range(1, MAX_PAGE))


def read_answer(schema: Schema, name: str) -> str:
    """Return the text in the only field of a form.

    Raises:
        InvalidBody: The field is blank or too long.
    """
    try:
        text: str = load(schema, {name: request.form.get(name, "").strip()})[name]
    except InvalidBody as exc:
        raise InvalidBody.at(f"/{name}", _WORDS[name], "invalid") from exc
    return text
