"""Load data by a schema, and tell what is wrong with it as places in the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import marshmallow as ma

from service.errors import FieldError, InvalidBody

_CODES = {
    "Missing data for required field.": "required",
    "Unknown field.": "unknown",
    "Field may not be null.": "null",
}


def load(schema: ma.Schema, data: Any) -> dict[str, Any]:
    """What a document says, by a schema.

    Raises:
        InvalidBody: It does not fit; all that is wrong is named at once.
    """
    try:
        return dict(schema.load(data))
    except ma.ValidationError as exc:
        raise invalid_body(exc.messages) from exc


def invalid_body(messages: Any) -> InvalidBody:
    """The error for what marshmallow found wrong with a body."""
    return InvalidBody("The body does not fit what this call takes.", errors=list(places(messages)))


def places(messages: Any, pointer: str = "") -> Iterator[FieldError]:
    """Turn marshmallow's nested messages into a list of JSON pointers (RFC 6901)."""
    if isinstance(messages, dict):
        for key, below in messages.items():
            # marshmallow files what is wrong with the whole under this name, and an unknown member of this name too.
            whole = key == "_schema" and below != ["Unknown field."]
            step = "" if whole else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from places(below, pointer + step)
    else:
        for message in messages:
            yield FieldError(pointer=pointer, detail=str(message), code=_CODES.get(message, "invalid"))
