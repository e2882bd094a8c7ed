"""The types of the API document in the forms that client generators understand.

apispec writes a nullable enum as an enum with null, of which openapi-python-client makes three classes, and a query
parameter that may be left out as one that may be null, which no query string can be.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.web.openapi import Document

_NULL = {"type": "null"}


def simplify_types(document: Document) -> None:
    """Rewrite the types in a document."""
    for part in _objects(document):
        if part.get("in") == "query":
            _drop_null(part["schema"])
        elif isinstance(part.get("type"), str) and part.get("default", "") is None:
            del part["default"]  # null is not of the type, and stands for a missing member
        elif isinstance(values := part.get("enum"), list) and None in values:
            of_text = {"type": "string", "enum": [value for value in values if value is not None]}
            del part["type"], part["enum"]
            part["anyOf"] = [of_text, _NULL]


def _drop_null(schema: object) -> None:
    """Remove null from the types and the default of a query parameter."""
    if not isinstance(schema, dict):
        return
    if isinstance(types := schema.get("type"), list):
        [schema["type"]] = [each for each in types if each != "null"]
    if isinstance(alternatives := schema.get("anyOf"), list):
        schema["anyOf"] = [each for each in alternatives if each != _NULL]
    if schema.get("default", "") is None:
        del schema["default"]


def _objects(part: object) -> Iterator[dict[str, object]]:
    """Yield every object of a document, except in examples."""
    if isinstance(part, dict):
        yield part
        for name, member in part.items():
            if name != "example":
                yield from _objects(member)
    elif isinstance(part, list):
        for member in part:
            yield from _objects(member)
