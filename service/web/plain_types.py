"""Rewrite the types in the API document into forms that client generators support.

apispec writes a nullable enum as an enum with null, for which openapi-python-client generates three classes. It also
makes optional query parameters nullable, although no query string contains null. openapi-typescript requires every
member of a body that has a default, so the descriptions of members state their defaults.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from service.web.openapi_document import Document

_NULL = {"type": "null"}


def simplify_types(document: Document) -> None:
    """Rewrite the types in an API document for client generators."""
    for part in _objects(document):
        if isinstance(properties := part.get("properties"), dict):
            for member in properties.values():
                _describe_default(member)
        if part.get("in") == "query":
            _drop_null(part["schema"])
        elif isinstance(values := part.get("enum"), list) and None in values:
            of_text = {"type": "string", "enum": [value for value in values if value is not None]}
            del part["type"], part["enum"]
            part["anyOf"] = [of_text, _NULL]


def _describe_default(member: object) -> None:
    """Replace the default of a member with a sentence in its description; omit null and an empty list."""
    if isinstance(member, dict) and (default := member.pop("default", None)) not in (None, []):
        text = default if isinstance(default, str) else json.dumps(default)
        member["description"] = f"{member['description']} The default is `{text}`."


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
