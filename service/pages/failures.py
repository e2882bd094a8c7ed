"""Error pages: for the paths of pages, and for unknown paths if the client is a browser."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from service import errors
from service.errors import ServiceError
from service.storage.db_errors import is_unavailable
from service.web.auth import sends_key
from service.web.responses import forbid_caching, http_problem, problem, redirect_merged
from service.web.runtime import is_api_call

log = logging.getLogger(__name__)

_TEXTS: Mapping[int, tuple[str, str]] = {
    400: ("Something is wrong with this link", "A part of the address is invalid."),
    401: ("Reading needs a key here", "Ask the operator of this service for one."),
    403: ("Your key may not do that", "Sign in with a key that has the scope."),
    404: ("Nothing found here", "The address may be mistyped, or its subject was never recorded."),
    405: ("This page does not support that", "Go back and use one of its links or forms."),
    409: ("The record has changed", "Someone else may have edited it. Reload it before you decide."),
    422: ("This cannot be recorded yet", "Correct the fields below."),
    429: ("Too many requests", "Wait a little, then try again."),
    500: ("Something went wrong", "This is not your fault. The error was logged under the number below."),
    503: ("The record cannot be read right now", "Try again shortly."),
}


def show_failures(blp: Blueprint) -> None:
    """Render the errors of a blueprint as pages."""
    blp.register_error_handler(ServiceError, _show)
    blp.register_error_handler(errors.OutletMerged, redirect_merged)
    blp.register_error_handler(errors.ClaimMerged, redirect_merged)
    blp.register_error_handler(HTTPException, _show_http)
    blp.register_error_handler(Exception, _show_unexpected)


def show_unknown_paths(app: Flask) -> None:
    """Render an unknown path or method as a page for browsers, and as a problem document for other clients."""
    app.register_error_handler(NotFound, _negotiate)
    app.register_error_handler(MethodNotAllowed, _negotiate)
    app.register_error_handler(errors.NotFound, _negotiate)


def is_browser() -> bool:
    """Return whether the client explicitly accepts HTML; `*/*` does not count."""
    return any(kind == "text/html" and quality > 0 for kind, quality in request.accept_mimetypes)


def _negotiate(error: HTTPException | ServiceError) -> Response:
    if is_api_call() or not is_browser():
        response: Response = problem(error) if isinstance(error, ServiceError) else http_problem(error)
    else:
        response = _show(error) if isinstance(error, ServiceError) else _show_http(error)
    if not is_api_call():
        response.vary.add("Accept")
    return response


def _show(error: ServiceError) -> Response:
    if isinstance(error, errors.Unauthorized) and _may_sign_in():
        query = urlencode({"next": request.full_path.rstrip("?")})
        return forbid_caching(Response(status=303, headers={"Location": f"/desk/sign-in?{query}"}))
    response = _page(error.status, error.detail)
    if isinstance(error, errors.Unauthorized):
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _may_sign_in() -> bool:
    """Return whether to redirect to the sign-in page: for browsers without a key that request a page."""
    return is_browser() and request.method in ("GET", "HEAD") and not sends_key()


def _show_http(error: HTTPException) -> Response:
    if error.code is not None and error.code < 400:
        return Response(status=error.code, headers={"Location": error.get_response().headers["Location"]})
    response = _page(error.code or 500, None)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(error.valid_methods)
    return response


def _show_unexpected(error: Exception) -> Response:
    if is_unavailable(error):
        log.warning("The database is unavailable: %s", error)
        return _show(errors.Unavailable("The database cannot be reached, or is busy. Try again shortly."))
    log.error("Unexpected error", exc_info=error)
    return _page(500, None)


def _page(status: int, detail: str | None) -> Response:
    title, words = _TEXTS.get(status, _TEXTS[400 if status < 500 else 500])
    page = render_template("failure.html", status=status, title=title, words=words, detail=detail)
    return forbid_caching(Response(page, status, content_type="text/html; charset=utf-8"))
