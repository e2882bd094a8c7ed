"""Failures of the service or its proxy, not of the request."""

from __future__ import annotations

from service.errors.problem import ServiceError


class InternalError(ServiceError):
    """An internal error occurred and was logged. Send the `X-Request-ID` of the response to the operator."""

    status = 500
    name = "internal-error"
    title = "Internal error"


class BadGateway(ServiceError):
    """The proxy could not reach the service, so the request may not have been carried out. Send it again after
    `Retry-After` seconds; with the same `Idempotency-Key` it is carried out only once.
    """

    status = 502
    name = "bad-gateway"
    title = "Bad gateway"
    retry_after = 1


class Unavailable(ServiceError):
    """The database is busy or cannot be reached, so the request may not have been carried out. Send it again after
    `Retry-After` seconds; with the same `Idempotency-Key` or `external_id` it is carried out only once.
    """

    status = 503
    name = "unavailable"
    title = "Temporarily unavailable"
    retry_after = 1


class QueryTimeout(ServiceError):
    """One database query of this request took more than ten seconds, so the request was cancelled; nothing was
    changed. Try again later, or narrow the request to one outlet or topic.
    """

    status = 503
    name = "query-timeout"
    title = "Query took too long"
    retry_after = 10


class ExportsBusy(ServiceError):
    """You tried to start an export while this process was already sending two of them. Send the request again after
    `Retry-After` seconds, or narrow the exports with `since` or another filter.
    """

    status = 503
    name = "exports-busy"
    title = "Too many exports at once"
    retry_after = 10


class Stopping(ServiceError):
    """This process is shutting down, and `/readyz` reports it so that load balancers send no more requests. Send
    requests to another process, or wait for the restart.
    """

    status = 503
    name = "stopping"
    title = "Stopping"
    retry_after = 1


class UploadRunning(ServiceError):
    """You sent a file to a process that is already receiving another one, and each process receives one file at a time.
    Send it again after `Retry-After` seconds; another process may answer then.
    """

    status = 503
    name = "upload-running"
    title = "Another upload is running"
    retry_after = 1


class GatewayTimeout(ServiceError):
    """The service did not respond to the proxy in time, so the request may or may not have been carried out. Check, or
    send it again with the same `Idempotency-Key`.
    """

    status = 504
    name = "gateway-timeout"
    title = "Gateway timeout"
    retry_after = 1


class InsufficientStorage(ServiceError):
    """You sent a file for which there is no room, because the files of unfinished imports may take up at most ten
    times `BORNEOUT_MAX_IMPORT` in total. Send it again when other imports have finished.
    """

    status = 507
    name = "insufficient-storage"
    title = "No room for the upload"
    retry_after = 60


class CannotRun(RuntimeError):
    """Base of the errors that end a command, with a message for its user. They never become a response."""
