"""Responses that views share: problems, redirects and pages of a list."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

from flask import Response, json, request, url_for
from werkzeug.exceptions import (
    ClientDisconnected,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
)

from service import errors
from service.errors import ServiceError
from service.errors.problem import ProblemDocument
from service.storage.cursors import decode_cursor, encode_cursor
from service.storage.db_errors import is_unavailable
from service.storage.paging import Page, PageRequest

T = TypeVar("T")

PROBLEM_JSON = "application/problem+json"
NO_ROUTE = "This path does not exist. Check its spelling."
UNAVAILABLE = "The database is busy or unreachable. Send the request again in a moment."

log = logging.getLogger(__name__)

# The problem for each error that Flask or Werkzeug raises.
_BY_STATUS: Mapping[int, type[ServiceError]] = {
    400: errors.BadRequest,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    413: errors.TooLarge,
    415: errors.UnsupportedMediaType,
    416: errors.RangeNotSatisfiable,
}


def problem(error: ServiceError) -> Response:
    """Return an error as a problem document (RFC 9457)."""
    response = Response(json.dumps(problem_document(error)), error.status, content_type=PROBLEM_JSON)
    if isinstance(error, errors.Unauthorized):
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def problem_document(error: ServiceError) -> ProblemDocument:
    """Return the problem document of an error in the current request."""
    document = error.document()
    document["type"] = request.script_root + document["type"]
    document["instance"] = request.script_root + request.path
    return document


def redirect_merged(error: errors.OutletMerged | errors.ClaimMerged) -> Response:
    """Redirect a read of a merged outlet or claim to its merge target, and reject a change (R22, R22a)."""
    parameter = "outlet" if isinstance(error, errors.OutletMerged) else "claim_id"
    if request.method not in ("GET", "HEAD") or parameter not in (request.view_args or {}):
        return problem(error)
    return redirect_read(**{parameter: str(error.into)})


def redirect_read(**arguments: str) -> Response:
    """Redirect a read to the same view with other arguments and the same query."""
    query = quote(request.query_string, safe="!$&'()*+,/:;=?@%-._~")
    path = url_for(str(request.endpoint), **{**(request.view_args or {}), **arguments}).removeprefix(
        request.script_root
    )
    location = path + (f"?{query}" if query else "")
    # Merges and renames can be undone, so caches must revalidate the redirect.
    return Response(status=308, headers={"Location": location, "Cache-Control": "no-cache"})


def http_problem(error: HTTPException) -> Response:
    """Return an error of Flask or Werkzeug as a problem document; a redirect stays a redirect."""
    headers = error.get_response().headers
    if error.code is not None and error.code < 400:
        return Response(status=error.code, headers={"Location": headers["Location"]})
    kind = _BY_STATUS.get(error.code or 500, errors.BadRequest)
    response = problem(kind(_detail_of(error)))
    for name in ("Allow", "Content-Range"):
        if name in headers:
            response.headers[name] = headers[name]
    return response


def _detail_of(error: HTTPException) -> str:
    """Return our text for an error that Flask or Werkzeug raised."""
    match error:
        case NotFound():
            return NO_ROUTE
        case MethodNotAllowed():
            methods = ", ".join(sorted(error.valid_methods or ()))
            return f"You sent {request.method}, which this path does not support. Use one of these methods: {methods}."
        case RequestEntityTooLarge():
            return body_limit()
        case ClientDisconnected():
            return "You sent a body that is shorter than its Content-Length. Send the whole body."
        case _:
            return error.description or "You sent a request that is not valid."


def body_limit() -> str:
    """Return the text of the error for a body that exceeds the size limit of the call."""
    limit = (request.max_content_length or 0) >> 20
    return f"You sent a body of more than {limit} MiB, the limit of this call. Split it into several requests."


def unexpected_problem(error: Exception) -> Response:
    """Return an unexpected error as a problem: 503 if the database is unavailable, else 500."""
    if is_unavailable(error):
        log.warning("The database is unavailable: %s", error)
        return problem(errors.Unavailable(UNAVAILABLE))
    log.error("Unexpected error", exc_info=error)
    return problem(errors.InternalError("An unexpected error occurred. It was logged under the id of this request."))


def forbid_caching(response: Response) -> Response:
    """Forbid caching and compression of a response, so that it may contain a secret."""
    response.headers["Cache-Control"] = "no-store"
    return response


@dataclass(frozen=True, slots=True)
class CursorPage(Generic[T]):
    """A page of a list, with the cursor of the next page."""

    items: Sequence[T]
    next_cursor: str | None


PageResponse: TypeAlias = tuple[CursorPage[T], int, dict[str, str]]
"""A page with its status and headers, as a view returns it."""


def page_of(query: PageRequest, fetch: Callable[..., Page[T]]) -> PageResponse[T]:
    """Return a page of a list, with a Link header to the next page.

    Args:
        query: The query: `limit`, `cursor` and the filters of the list.
        fetch: The use case, called with the filters, `after` and `limit`.
    """
    filters = {name: value for name, value in query.items() if name not in ("limit", "cursor")}
    bound_to = [request.path, filters]
    after = None if query["cursor"] is None else decode_cursor(query["cursor"], bound_to)
    page = fetch(**filters, after=after, limit=query["limit"])
    next_cursor = None if page.next is None else encode_cursor(page.next, bound_to)
    return CursorPage(page.items, next_cursor), 200, link_next(next_cursor)


def link_next(next_cursor: str | None) -> dict[str, str]:
    """Return the Link header to the next page (RFC 8288); no header for the last page."""
    if next_cursor is None:
        return {}
    query = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    path = request.script_root + request.path
    return {"Link": f'<{path}?{urlencode([*query, ("cursor", next_cursor)])}>; rel="next"'}
