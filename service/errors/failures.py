"""Errors caused by the service or its proxy, not by the request."""

from __future__ import annotations

from service.errors.problem import ServiceError


class InternalError(ServiceError):
    """An internal error occurred and was logged. Send the `X-Request-ID` of the response to the operator."""

    status = 500
    name = "internal-error"
    title = "Internal error"


class BadGateway(ServiceError):
    """The proxy could not reach the service, so your request may not have been processed. Send it again after
    `Retry-After` seconds, with the same `Idempotency-Key` so that it is processed only once.
    """

    status = 502
    name = "bad-gateway"
    title = "Bad gateway"
    retry_after = 1


class Unavailable(ServiceError):
    """The database is busy or unreachable, so your request may not have been processed. Send it again after
    `Retry-After` seconds, with the same `Idempotency-Key` or `external_id` so that it is processed only once.
    """

    status = 503
    name = "unavailable"
    title = "Temporarily unavailable"
    retry_after = 1


class QueryTimeout(ServiceError):
    """A database query took more than ten seconds, so your request was cancelled and nothing was changed. Try again
    later, or narrow the request to one outlet or topic.
    """

    status = 503
    name = "query-timeout"
    title = "Query took too long"
    retry_after = 10


class Stopping(ServiceError):
    """This process is shutting down, and `/readyz` returns this problem so that load balancers stop sending requests to
    it. Send requests to another process, or wait for the restart.
    """

    status = 503
    name = "stopping"
    title = "Stopping"
    retry_after = 1


class GatewayTimeout(ServiceError):
    """The service did not respond to the proxy in time, so your request may or may not have been processed. Check the
    record, or send the request again with the same `Idempotency-Key`.
    """

    status = 504
    name = "gateway-timeout"
    title = "Gateway timeout"
    retry_after = 1


class CannotRun(RuntimeError):
    """The base class of errors that end a command with a message. They never become an HTTP response."""
