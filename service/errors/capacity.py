"""Errors for requests that exceed the capacity of the service, not a limit of the caller."""

from __future__ import annotations

from service.errors.problem import ServiceError


class ExportsBusy(ServiceError):
    """You requested an export while this process was already sending two, which is the limit. Send the request again
    after `Retry-After` seconds, or request smaller exports with `since` or another filter.
    """

    status = 503
    name = "exports-busy"
    title = "Too many exports at once"
    retry_after = 10


class UploadRunning(ServiceError):
    """You sent a file while this process was receiving another one, but a process receives only one file at a time.
    Send the file again after `Retry-After` seconds; another process may be free.
    """

    status = 503
    name = "upload-running"
    title = "Another upload is running"
    retry_after = 1


class InsufficientStorage(ServiceError):
    """You sent a file that does not fit: the files of all unfinished imports are limited to ten times
    `BORNEOUT_MAX_IMPORT` in total. Send the file again after other imports have finished.
    """

    status = 507
    name = "insufficient-storage"
    title = "Not enough storage for the upload"
    retry_after = 60
