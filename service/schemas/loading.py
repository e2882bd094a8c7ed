"""Validate data against a schema, and report each error with a JSON pointer to its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import marshmallow as ma

from service.errors import FieldError, InvalidBody

_CODES = {
    "Missing data for required field.": "required",
    "Unknown field.": "unknown",
    "Field may not be null.": "null",
    "Cannot be changed. Withdraw the report, and file it again.": "fixed",
}


def load(schema: ma.Schema, data: Any) -> Any:
    """Validate data against a schema, and return the deserialized result.

    Raises:
        InvalidBody: The data do not match the schema; all errors are listed at once.
    """
    try:
        return schema.load(data)
    except ma.ValidationError as exc:
        raise invalid_body(exc.messages) from exc


def invalid_body(messages: object) -> InvalidBody:
    """Return the error for a body that marshmallow rejected with these messages."""
    return InvalidBody(
        "The body does not match the schema of this call. Correct the places listed under `errors`.",
        errors=list(places(messages)),
    )


def places(messages: object, pointer: str = "") -> Iterator[FieldError]:
    """Yield marshmallow's messages as errors, each with a JSON pointer to its place (RFC 6901)."""
    if isinstance(messages, dict):
        for key, nested in messages.items():
            # marshmallow uses `_schema` for errors about the whole object, and for an unknown member of that name.
            whole = key == "_schema" and nested != ["Unknown field."]
            step = "" if whole else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from places(nested, pointer + step)
    elif isinstance(messages, list):
        for message in messages:
            yield FieldError(pointer=pointer, detail=str(message), code=_CODES.get(message, "invalid"))
