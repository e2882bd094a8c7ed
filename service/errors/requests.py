"""Errors for requests with an address, method or format that the service does not support."""

from __future__ import annotations

from service.errors.problem import ServiceError


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


class UnsupportedFormat(ServiceError):
    """You requested a format that this path does not offer. Request one of the formats in `detail`."""

    status = 501
    name = "unsupported-format"
    title = "Format not supported"
