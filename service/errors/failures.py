"""What goes wrong here, and not with whoever asks."""

from __future__ import annotations

from service.errors.problem import ServiceError


class InternalError(ServiceError):
    """Something went wrong in the service, not in the request. It is logged under the request id of the answer."""

    status = 500
    name = "internal-error"
    title = "Internal error"


class BadGateway(ServiceError):
    """The proxy before the service cannot reach it. Send the request again a little later; one that changes something
    may have been done, and is safe to send again with the same `Idempotency-Key`.
    """

    status = 502
    name = "bad-gateway"
    title = "Bad gateway"
    retry_after = 1


class Unavailable(ServiceError):
    """The database cannot be reached or is busy. Send the request again a little later. Where the connection was lost
    at the last moment it may have been done: sent again with its `Idempotency-Key` or `external_id`, it is not done
    twice.
    """

    status = 503
    name = "unavailable"
    title = "Temporarily unavailable"
    retry_after = 1


class Stopping(ServiceError):
    """This service, or this copy of it, was told to end, and says so at `/readyz` before it does. Other calls are
    answered as long as they arrive.
    """

    status = 503
    name = "stopping"
    title = "Stopping"
    retry_after = 1


class GatewayTimeout(ServiceError):
    """The service did not answer the proxy before it in time. What the request asked for may or may not have been done:
    look, or send it again with the same `Idempotency-Key`.
    """

    status = 504
    name = "gateway-timeout"
    title = "Gateway timeout"
    retry_after = 1


class CannotRun(RuntimeError):
    """Base of the errors that end a command, and never answer a request; the message is for who runs it."""
