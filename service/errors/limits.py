"""Errors for requests that exceed a limit of size, time or number."""

from __future__ import annotations

from service.errors.problem import ServiceError


class RequestTimeout(ServiceError):
    """Your request did not arrive completely in time, so it was not processed. Send it again."""

    status = 408
    name = "request-timeout"
    title = "Request timeout"


class TooLarge(ServiceError):
    """You sent a body that is larger than this call accepts. Split it into several requests."""

    status = 413
    name = "too-large"
    title = "Body too large"


class AddressTooLong(ServiceError):
    """You sent a path and query of more than 32 kB. Send several smaller requests, or look up many addresses with `POST
    /v1/outlets/lookup`.
    """

    status = 414
    name = "address-too-long"
    title = "Address too long"


class TooManyRequests(ServiceError):
    """You exceeded a rate limit, which applies per API key, or per IP address for requests without a key. Send the
    request again after `Retry-After` seconds; `RateLimit-Policy` shows the limit.
    """

    status = 429
    name = "too-many-requests"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class TooManyImports(TooManyRequests):
    """You tried to start an import while your API key has five unfinished imports, which is the limit. Wait until one
    of them has finished, or cancel one.
    """

    name = "too-many-imports"
    title = "Too many unfinished imports"


class TooManySubmissions(TooManyRequests):
    """You tried to send a dispute or a reply through a public form, but five submissions had already been sent from
    your IP address within a day, or 500 were waiting for an editor. Send it again later, or contact the operator.
    """

    name = "too-many-submissions"
    title = "Too many submissions"


class HeadersTooLarge(ServiceError):
    """You sent a header that is too large, or too many headers. Send fewer or shorter headers."""

    status = 431
    name = "headers-too-large"
    title = "Headers too large"
