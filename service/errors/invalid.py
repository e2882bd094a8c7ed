"""Errors for invalid bodies and query parameters."""

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

    @classmethod
    def because(cls, reason: str) -> CursorExpired:
        """Return the error for a cursor that is no longer valid for this reason."""
        return cls(f"You sent a cursor, but {reason}. Start again without cursor.")


class InvalidBody(ServiceError):
    """You sent a body that does not match the schema of this call or breaks a rule; `errors` lists every problem and
    its location. Correct them and send the request again.
    """

    status = 422
    name = "invalid-body"
    title = "Invalid request body"

    @classmethod
    def at(cls, pointer: str, detail: str, code: str) -> InvalidBody:
        """Return the error for a body with one invalid place."""
        return cls(detail, errors=[FieldError(pointer=pointer, detail=detail, code=code)])


class UnreadableFile(InvalidBody):
    """You sent a file that cannot be read as NDJSON, JSON, CSV or a workbook, or that has unknown columns. Correct or
    convert it as described in `detail`, and send it again.
    """

    name = "unreadable-file"
    title = "File cannot be read"
