"""Errors for requests that are invalid or not allowed."""

from __future__ import annotations

from collections.abc import Iterable

from service.errors.problem import FieldError, ServiceError


class MalformedJson(ServiceError):
    """You sent a body that is not valid JSON in UTF-8, repeats a member, contains `NaN` or `Infinity`, or is nested too
    deeply. Correct the body and send it again.
    """

    status = 400
    name = "malformed-json"
    title = "Malformed JSON"


class InvalidQuery(ServiceError):
    """You sent a query parameter that is unknown, repeated or invalid; `errors` lists every one. Correct the parameters
    and send the request again.
    """

    status = 400
    name = "invalid-query"
    title = "Invalid query parameter"

    @classmethod
    def at(cls, *parameters: str, detail: str, code: str) -> InvalidQuery:
        """Return the error for several parameters with the same mistake."""
        return cls.of(FieldError(pointer=f"/{name}", detail=detail, code=code) for name in parameters)

    @classmethod
    def of(cls, places: Iterable[FieldError]) -> InvalidQuery:
        """Return the error for several parameters, each with its own mistake."""
        errors: list[FieldError] = [{**place, "in": "query"} for place in places]
        return cls("; ".join(f"{place['pointer'][1:]}: {place['detail']}" for place in errors), errors=errors)


class CursorExpired(ServiceError):
    """You sent a cursor that is no longer valid: the first page of the ranking is more than 15 minutes old, too much
    has changed since then, or the database was restored from a backup. Start again without `cursor`.
    """

    status = 400
    name = "cursor-expired"
    title = "Cursor expired"


class BadRequest(ServiceError):
    """You sent a request that is not valid HTTP, or that this service does not support. Correct it as described in
    `detail`.
    """

    status = 400
    name = "bad-request"
    title = "Bad request"


class NotFound(ServiceError):
    """You requested a path or an object that does not exist. Check the path and the id."""

    status = 404
    name = "not-found"
    title = "Not found"


class UnknownOutlet(NotFound):
    """You sent the slug or an address of an outlet that is not recorded. Check the slug or the address, or record the
    outlet first.
    """

    name = "unknown-outlet"
    title = "Unknown outlet"


class MethodNotAllowed(ServiceError):
    """You used a method that this path does not support. Use one of the methods in the `Allow` header."""

    status = 405
    name = "method-not-allowed"
    title = "Method not allowed"


class UnsupportedMediaType(ServiceError):
    """You sent a body with a content type or encoding that this call does not accept. Send JSON with `Content-Type:
    application/json`.
    """

    status = 415
    name = "unsupported-media-type"
    title = "Unsupported media type"


class RangeNotSatisfiable(ServiceError):
    """You requested a range beyond the end of a file. Request a range within the length in `Content-Range`."""

    status = 416
    name = "range-not-satisfiable"
    title = "Range not satisfiable"


class InvalidBody(ServiceError):
    """You sent a body that does not match the schema of this call or breaks a rule; `errors` lists every invalid place.
    Correct these places and send the request again.
    """

    status = 422
    name = "invalid-body"
    title = "Invalid request body"

    @classmethod
    def at(cls, pointer: str, detail: str, code: str) -> InvalidBody:
        """Return the error for one invalid place."""
        return cls(detail, errors=[FieldError(pointer=pointer, detail=detail, code=code)])


class UnreadableFile(InvalidBody):
    """You sent a file that cannot be read as NDJSON, JSON, CSV or a workbook, or that has unknown columns. Correct or
    convert it as described in `detail`, and send it again.
    """

    name = "unreadable-file"
    title = "File cannot be read"


class UnsupportedFormat(ServiceError):
    """You requested a format that this path does not offer. Request one of the formats in `detail`."""

    status = 501
    name = "unsupported-format"
    title = "Format not supported"
