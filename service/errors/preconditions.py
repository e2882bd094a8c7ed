"""Errors for requests with an outdated or missing `If-Match`, or with a reused `Idempotency-Key`."""

from __future__ import annotations

from service.errors.problem import ServiceError


class PreconditionFailed(ServiceError):
    """You tried to change an outdated version: the object was changed after you read it. Read it again, and send the
    change with the new `ETag`.
    """

    status = 412
    name = "precondition-failed"
    title = "Version out of date"


class IdempotencyKeyReused(ServiceError):
    """You sent an `Idempotency-Key` that your API key used in the last 24 hours with a different method, path or body.
    Use a new key for each new request.
    """

    status = 422
    name = "idempotency-key-reused"
    title = "Idempotency-Key used for another request"


class PreconditionRequired(ServiceError):
    """You sent a change without `If-Match`, which is required so that you do not overwrite a version that you have not
    read. Send the `ETag` of the version that you read, or `*` for any version.
    """

    status = 428
    name = "precondition-required"
    title = "If-Match missing"
