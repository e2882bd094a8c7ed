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


class Unauthorized(ServiceError):
    """You sent no API key where one is required, or a key that is unknown, expired or revoked. Send a valid key as
    `Authorization: Bearer bo_...`; calls that need no key also work without one.
    """

    status = 401
    name = "unauthorized"
    title = "API key missing or not valid"


class Forbidden(ServiceError):
    """You sent a valid API key without the scope that this call requires. Use a key with that scope; an admin can
    create one.
    """

    status = 403
    name = "forbidden"
    title = "Scope missing"


class OwnClaim(Forbidden):
    """You tried to resolve a claim that your key filed or reported on, or to change such a claim or its reports after
    it was resolved. Use another key, or ask the operator for the scope `resolutions:own`.
    """

    name = "own-claim"
    title = "Own claim"


class FiledByAnother(Forbidden):
    """You tried to change or withdraw a claim or report that another key filed, or to change the text, group or due
    date of a claim on which another key has a report. Use a key with the scope `resolutions:write`.
    """

    name = "filed-by-another"
    title = "Filed by another key"


class ResolutionInEffect(Forbidden):
    """You tried to change a resolved claim, to change or withdraw a report on it, or to add a report that would replace
    an outlet's stance. Use a key with the scope `resolutions:write`, or dispute the resolution if it is wrong.
    """

    name = "resolution-in-effect"
    title = "Resolution in effect"


class OwnDispute(Forbidden):
    """You tried to close or refuse a dispute that involves your own key: it filed the dispute, the resolution, the
    claim or a report on it. Use another key, or ask the operator for the scope `resolutions:own`.
    """

    name = "own-dispute"
    title = "Own dispute"


class NotFound(ServiceError):
    """You requested a path that does not exist, or an object that is not recorded. Check the path and the id."""

    status = 404
    name = "not-found"
    title = "Not found"


class UnknownOutlet(NotFound):
    """You named an outlet that is not recorded, or an address that belongs to no recorded outlet. Check the slug or the
    address, or record the outlet first.
    """

    name = "unknown-outlet"
    title = "Unknown outlet"


class MethodNotAllowed(ServiceError):
    """You used a method that this path does not support. Use one of the methods in the `Allow` header."""

    status = 405
    name = "method-not-allowed"
    title = "Method not allowed"


class RequestTimeout(ServiceError):
    """Your request did not arrive completely in time, so it was not processed. Send it again."""

    status = 408
    name = "request-timeout"
    title = "Request timeout"


class PreconditionFailed(ServiceError):
    """You tried to change an outdated version: the object was changed after you read it. Read it again, and send the
    change with the new `ETag`.
    """

    status = 412
    name = "precondition-failed"
    title = "Version out of date"


class TooLarge(ServiceError):
    """You sent a body that is larger than this call accepts. Split it into several requests."""

    status = 413
    name = "too-large"
    title = "Body too large"


class AddressTooLong(ServiceError):
    """You sent a path and query of more than 32 kB. Request less at a time, or look up many addresses with `POST
    /v1/outlets/lookup`.
    """

    status = 414
    name = "address-too-long"
    title = "Address too long"


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


class IdempotencyKeyReused(ServiceError):
    """You sent an `Idempotency-Key` that your API key used in the last 24 hours with a different method, path or body.
    Use a new key for each new request.
    """

    status = 422
    name = "idempotency-key-reused"
    title = "Idempotency-Key used for another request"


class PreconditionRequired(ServiceError):
    """You sent a change without `If-Match`, which protects versions that you have not read from being overwritten. Send
    the `ETag` of the version that you read, or `*` for any version.
    """

    status = 428
    name = "precondition-required"
    title = "If-Match missing"


class TooManyRequests(ServiceError):
    """You exceeded a rate limit, which applies per API key, or per IP address without one. Send the request again after
    `Retry-After` seconds; `RateLimit-Policy` shows the limit.
    """

    status = 429
    name = "too-many-requests"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class TooManyImports(TooManyRequests):
    """You tried to start an import while your API key has five unfinished ones, which is the limit. Wait until one of
    them has finished, or cancel one.
    """

    name = "too-many-imports"
    title = "Too many unfinished imports"


class TooManySubmissions(TooManyRequests):
    """You sent a dispute or a reply with a public form, but your IP address has sent five within a day, or 500 are
    waiting for an editor. Send it again later, or contact the operator.
    """

    name = "too-many-submissions"
    title = "Too many submissions"


class HeadersTooLarge(ServiceError):
    """You sent a header that is too large, or too many headers. Send fewer or shorter headers."""

    status = 431
    name = "headers-too-large"
    title = "Headers too large"


class UnsupportedFormat(ServiceError):
    """You requested a format that this path does not offer. Request one of the formats in `detail`."""

    status = 501
    name = "unsupported-format"
    title = "Format not supported"
