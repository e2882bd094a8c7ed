"""Error pages, for failed requests to pages and for browsers that request an unknown path."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from urllib.parse import quote, urlencode

from flask import Blueprint, Flask, Response, current_app, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from service import errors
from service.claims.topic_names import common_topics
from service.errors import ServiceError
from service.outlets.search import search_outlets
from service.storage.db_errors import is_unavailable
from service.values.names import slug_of
from service.web.auth import is_api_call, sends_key
from service.web.responses import UNAVAILABLE, forbid_caching, http_problem, problem, redirect_merged, redirect_read
from service.web.runtime import runtime

log = logging.getLogger(__name__)

_SIMILAR = 3
"""The number of similar pages that the page for an unknown outlet or topic suggests."""
_TOPICS = 500
"""The number of common topics among which to look for one similar to an unknown topic."""

_TEXTS: Mapping[int, tuple[str, str]] = {
    400: ("Something is wrong with this link", "Part of the address is invalid."),
    401: ("This page requires an API key", "Ask the operator of this service for one."),
    403: ("Your key does not allow this", "Sign in with a key that has the scope named below."),
    404: ("Page not found", "The address may be mistyped, or the page may no longer exist."),
    405: ("This page does not support that request", "Go back, and use one of its links or forms."),
    409: ("The record has changed", "Someone else may have edited it. Reload the page, and try again."),
    422: ("This cannot be saved", "Go back, and correct what is named below."),
    429: ("Too many requests", "Wait a moment, and try again."),
    500: ("Something went wrong", "The error was logged with the request id below. Please try again later."),
    503: ("The service is unavailable", "Please try again shortly."),
}


def show_failures(blp: Blueprint) -> None:
    """Register handlers that render the errors of a blueprint's views as pages."""
    blp.register_error_handler(ServiceError, _show)
    blp.register_error_handler(errors.OutletMerged, _show_merged)
    blp.register_error_handler(errors.ClaimMerged, _show_merged)
    blp.register_error_handler(HTTPException, _show_http)
    blp.register_error_handler(Exception, _show_unexpected)


def show_unknown_paths(app: Flask) -> None:
    """Show browsers an error page for unknown paths and methods, and other clients a problem document."""
    app.register_error_handler(NotFound, _negotiate)
    app.register_error_handler(MethodNotAllowed, _negotiate)
    app.register_error_handler(errors.NotFound, _negotiate)


def is_browser() -> bool:
    """Return whether the client accepts HTML explicitly, not only with `*/*`."""
    return any(kind == "text/html" and quality > 0 for kind, quality in request.accept_mimetypes)


def _negotiate(error: HTTPException | ServiceError) -> Response:
    if isinstance(error, NotFound) and (redirection := _show_without_slash()) is not None:
        return redirection
    if is_api_call() or not is_browser():
        response: Response = problem(error) if isinstance(error, ServiceError) else http_problem(error)
    else:
        response = _show(error) if isinstance(error, ServiceError) else _show_http(error)
    if not is_api_call():
        response.vary.add("Accept")
    return response


def _show(error: ServiceError) -> Response:
    if isinstance(error, errors.UnknownOutlet):
        return _show_unknown_outlet(error)
    if isinstance(error, errors.Unauthorized) and _may_sign_in():
        query = urlencode({"next": request.full_path.rstrip("?")})
        return forbid_caching(Response(status=303, headers={"Location": f"/desk/sign-in?{query}"}))
    response = _page(error.status, _detail(error), _similar_topics() if isinstance(error, errors.NotFound) else ())
    if isinstance(error, errors.Unauthorized):
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _detail(error: ServiceError) -> str:
    """Return the detail of an error; for an unknown claim, advice for readers instead of API clients."""
    is_claim = isinstance(error, errors.NotFound) and "claim_id" in (request.view_args or {})
    return "No claim has this address. Search for the claim by its words." if is_claim else error.detail


def _show_merged(error: errors.OutletMerged | errors.ClaimMerged) -> Response:
    """Redirect a read of a merged outlet or claim to its new page; show an error page for a sent form."""
    response = redirect_merged(error)
    return response if response.status_code < 400 else _show(error)


def _show_unknown_outlet(error: errors.UnknownOutlet) -> Response:
    """Redirect a name such as `SurveyUSA` to its outlet's page, or suggest outlets with similar names."""
    given = (request.view_args or {}).get("outlet", "")
    similar = search_outlets(runtime().db, q=given, limit=_SIMILAR)
    slug = slug_of(given)
    if slug != given and request.method in ("GET", "HEAD") and slug in (outlet.slug for outlet in similar):
        return redirect_read(outlet=slug)
    links = [(outlet.name, f"/outlets/{outlet.slug}") for outlet in similar]
    return _page(error.status, f"No outlet “{given}” is on record." if given else error.detail, links)


def _similar_topics() -> list[tuple[str, str]]:
    """Return topics similar to the unknown topic in the URL, each with the address of its page."""
    if (topic := (request.view_args or {}).get("topic")) is None:
        return []
    topics = common_topics(runtime().db, limit=_TOPICS)
    below = [each for each in topics if topic in each.split("/")]
    found = dict.fromkeys([*below, *get_close_matches(topic, topics)])
    return [(each, f"/topics/{quote(each)}") for each in found][:_SIMILAR]


def _show_without_slash() -> Response | None:
    """Return a redirect to the path without its trailing slash; None if no page has that path."""
    path = request.path.rstrip("/")
    if not path or path == request.path or request.method not in ("GET", "HEAD") or is_api_call():
        return None
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return None
    query = request.query_string.decode("ascii", "replace")
    location = quote(path, safe="/%!$&'()*+,:;=@~") + (f"?{query}" if query else "")
    return Response(status=308, headers={"Location": location, "Cache-Control": "no-cache"})


def _may_sign_in() -> bool:
    """Return whether the client is a browser that reads a page without a key, so it can sign in instead."""
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
        return _show(errors.Unavailable(UNAVAILABLE))
    log.error("Unexpected error", exc_info=error)
    return _page(500, None)


def _page(status: int, detail: str | None, similar: Sequence[tuple[str, str]] = ()) -> Response:
    """Return an error page, with links to similar pages."""
    title, words = _TEXTS.get(status, _TEXTS[400 if status < 500 else 500])
    page = render_template("failure.html", status=status, title=title, words=words, detail=detail, similar=similar)
    return forbid_caching(Response(page, status, content_type="text/html; charset=utf-8"))
