"""A request that cannot be used as it is, by whoever sent it."""

from __future__ import annotations

from collections.abc import Iterable

from service.errors.problem import FieldError, ServiceError


class MalformedJson(ServiceError):
    """The body is not one JSON value in UTF-8: it does not parse, names a member twice, holds `NaN` or `Infinity`, or
    nests without end. Correct the body; nothing was stored.
    """

    status = 400
    name = "malformed-json"
    title = "Malformed JSON"


class InvalidQuery(ServiceError):
    """A query parameter is unknown, is given twice where it may be given once, or has a value that cannot be used.
    `errors` names each one.
    """

    status = 400
    name = "invalid-query"
    title = "Invalid query parameter"

    @classmethod
    def at(cls, *parameters: str, detail: str, code: str) -> InvalidQuery:
        """The error of some parameters that have the same thing wrong with them."""
        return cls.of(FieldError(pointer=f"/{name}", detail=detail, code=code) for name in parameters)

    @classmethod
    def of(cls, places: Iterable[FieldError]) -> InvalidQuery:
        """The error of parameters that each have something wrong with them."""
        errors: list[FieldError] = [{**place, "in": "query"} for place in places]
        return cls("; ".join(f"{place['pointer'][1:]}: {place['detail']}" for place in errors), errors=errors)


class BadRequest(ServiceError):
    """The request is not HTTP that this service understands."""

    status = 400
    name = "bad-request"
    title = "Bad request"


class Unauthorized(ServiceError):
    """The call needs an API key, sent as `Authorization: Bearer bo_...`, and none was sent or the one sent is not
    valid, or no longer.
    """

    status = 401
    name = "unauthorized"
    title = "API key missing or not valid"


class Forbidden(ServiceError):
    """The API key is valid and lacks the scope that this call needs. An admin can make a key that has it."""

    status = 403
    name = "forbidden"
    title = "Scope missing"


class OwnClaim(Forbidden):
    """Who files a claim or a report on it may not alone resolve it. Another key can, or this one when an operator
    gives it the scope `resolutions:own`.
    """

    name = "own-claim"
    title = "Own claim"


class OwnDispute(Forbidden):
    """Who disputes a resolution, made it, or filed its claim or a report on it may not alone put the dispute aside.
    Another key can, or this one when an operator gives it the scope `resolutions:own`.
    """

    name = "own-dispute"
    title = "Own dispute"


class NotFound(ServiceError):
    """The path names nothing that is on record."""

    status = 404
    name = "not-found"
    title = "Not found"


class UnknownOutlet(NotFound):
    """No outlet has this slug or id, or publishes at this address. An outlet that is not on record is said to be
    unknown; none is guessed.
    """

    name = "unknown-outlet"
    title = "Unknown outlet"


class MethodNotAllowed(ServiceError):
    """The path exists and does not answer this method. The `Allow` header lists those it answers."""

    status = 405
    name = "method-not-allowed"
    title = "Method not allowed"


class RequestTimeout(ServiceError):
    """The request did not arrive in time. Nothing was done; send it again."""

    status = 408
    name = "request-timeout"
    title = "Request timeout"


class PreconditionFailed(ServiceError):
    """What is on record is no longer what `If-Match` names: somebody changed it meanwhile. Read it again, and change
    that.
    """

    status = 412
    name = "precondition-failed"
    title = "Changed meanwhile"


class TooLarge(ServiceError):
    """The body is larger than this call takes. Send less at a time."""

    status = 413
    name = "too-large"
    title = "Body too large"


class AddressTooLong(ServiceError):
    """The path and the query together are longer than this service reads, which is 8 kB. Ask for less at a time; many
    addresses are looked up with `POST /v1/outlets/lookup`.
    """

    status = 414
    name = "address-too-long"
    title = "Address too long"


class UnsupportedMediaType(ServiceError):
    """The call takes JSON: send the body with `Content-Type: application/json`."""

    status = 415
    name = "unsupported-media-type"
    title = "Unsupported media type"


class RangeNotSatisfiable(ServiceError):
    """A file of the documentation has no such part as `Range` asks for. `Content-Range` says how long it is."""

    status = 416
    name = "range-not-satisfiable"
    title = "No such part of the file"


class InvalidBody(ServiceError):
    """The body is JSON and not a valid request, or breaks a rule of the record. `errors` names every place at fault
    with a JSON pointer.
    """

    status = 422
    name = "invalid-body"
    title = "Invalid request body"

    @classmethod
    def at(cls, pointer: str, detail: str, code: str) -> InvalidBody:
        """The error of one place."""
        return cls(detail, errors=[FieldError(pointer=pointer, detail=detail, code=code)])


class IdempotencyKeyReused(ServiceError):
    """The `Idempotency-Key` was sent before with another method, path or body, by the same API key. A key stands for
    one request, byte for byte, for 24 hours: take a new one for a new request.
    """

    status = 422
    name = "idempotency-key-reused"
    title = "Idempotency-Key used for another request"


class PreconditionRequired(ServiceError):
    """A change needs `If-Match` with the `ETag` of what it changes, so that no one overwrites what they have not
    seen.
    """

    status = 428
    name = "precondition-required"
    title = "If-Match missing"


class TooManyRequests(ServiceError):
    """One API key, or one address without a key, may call so many times in a while and not more; reads and writes are
    counted apart, and so are keys that are not valid. `RateLimit-Policy` says how many, `Retry-After` in how many
    seconds there is room again.
    """

    status = 429
    name = "too-many-requests"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class HeadersTooLarge(ServiceError):
    """A header, or all of them together, is larger than this service reads."""

    status = 431
    name = "headers-too-large"
    title = "Headers too large"
