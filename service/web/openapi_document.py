"""Types for the parts of the OpenAPI document that we complete after smorest has generated it."""

from __future__ import annotations

from typing import TypedDict


class MediaType(TypedDict, total=False):
    """A body in one content type."""

    schema: object
    example: object


Reference = TypedDict("Reference", {"$ref": str})


class Schema(TypedDict, total=False):
    """The JSON schema of a value."""

    type: str
    description: str
    example: object


Message = TypedDict(
    "Message",
    {"$ref": str, "description": str, "headers": dict[str, Reference], "content": dict[str, MediaType]},
    total=False,
)
"""The body of a request, or a response."""
Parameter = TypedDict(
    "Parameter",
    {"$ref": str, "in": str, "name": str, "schema": Schema, "description": str, "example": object},
    total=False,
)


class Operation(TypedDict, total=False):
    """A method of a path."""

    operationId: str
    description: str
    security: list[dict[str, list[str]]]
    parameters: list[Parameter]
    requestBody: Message
    responses: dict[str, Message]


class PathItem(TypedDict, total=False):
    """The operations of a path, with the parameters that they share."""

    parameters: list[Parameter]
    get: Operation
    post: Operation
    patch: Operation
    delete: Operation


class Components(TypedDict):
    """The shared parts of the document that operations refer to."""

    schemas: dict[str, Schema]
    responses: dict[str, Message]
    headers: dict[str, Parameter]
    parameters: dict[str, Parameter]


class Document(TypedDict):
    """The parts of the OpenAPI document that we read or change."""

    components: Components
    paths: dict[str, PathItem]
