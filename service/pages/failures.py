"""Error pages: for the paths of pages, and for unknown paths if the client is a browser."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from urllib.parse import quote, urlencode

from flask import Blueprint, Flask, Response, current_app, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from service import errors
from service.claims.topics import common_topics
from service.errors import ServiceError
from service.outlets.search import search_outlets
from service.storage.db_errors import is_unavailable
from service.values.names import slug_of
from service.web.auth import is_api_call, sends_key
from service.web.responses import forbid_caching, http_problem, problem, redirect_merged, redirect_read
from service.web.runtime import runtime

log = logging.getLogger(__name__)

_SIMILAR = 3
"""The number of similar pages that the page for an unknown outlet or topic suggests."""
_TOPICS = 500
"""The number of topics that are compared with an unknown one."""

_TEXTS: Mapping[int, tuple[str, str]] = {
    400: ("Something is wrong with this link", "A part of the address is invalid."),
    401: ("Reading needs a key here", "Ask the operator of this service for one."),
    403: ("Your key may not do that", "Sign in with a key that has the scope."),
    404: ("Nothing found here", "The address may be mistyped, or nothing is recorded under it."),
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
    blp.register_error_handler(errors.OutletMerged, _show_merged)
    blp.register_error_handler(errors.ClaimMerged, _show_merged)
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
    response = _page(error.status, error.detail, _similar_topics() if isinstance(error, errors.NotFound) else ())
    if isinstance(error, errors.Unauthorized):
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _show_merged(error: errors.OutletMerged | errors.ClaimMerged) -> Response:
    """Redirect to the page about the other outlet or claim, or show an error for a form."""
    response = redirect_merged(error)
    return response if response.status_code < 400 else _show(error)


def _show_unknown_outlet(error: errors.UnknownOutlet) -> Response:
    """Redirect to the outlet whose slug is written differently, such as `SurveyUSA`, or suggest similar outlets."""
    given = (request.view_args or {}).get("outlet", "")
    similar = search_outlets(runtime().db, q=given, limit=_SIMILAR)
    slug = slug_of(given)
    if slug != given and request.method in ("GET", "HEAD") and slug in (outlet.slug for outlet in similar):
        return redirect_read(outlet=slug)
    links = [(outlet.name, f"/outlets/{outlet.slug}") for outlet in similar]
    return _page(error.status, f"No outlet “{given}” is on record." if given else error.detail, links)


def _similar_topics() -> list[tuple[str, str]]:
    """Return the topics similar to the unknown one in the address, each with the address of its page."""
    if (topic := (request.view_args or {}).get("topic")) is None:
        return []
    topics = common_topics(runtime().db, limit=_TOPICS)
    below = [each for each in topics if topic in each.split("/")]
    found = dict.fromkeys([*below, *get_close_matches(topic, topics)])
    return [(each, f"/topics/{quote(each)}") for each in found][:_SIMILAR]


def _show_without_slash() -> Response | None:
    """Redirect a page with a slash at its end to its path; return None if there is no such page."""
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


def _page(status: int, detail: str | None, similar: Sequence[tuple[str, str]] = ()) -> Response:
    """Return the page of an error, with the names and addresses of similar pages."""
    title, words = _TEXTS.get(status, _TEXTS[400 if status < 500 else 500])
    page = render_template("failure.html", status=status, title=title, words=words, detail=detail, similar=similar)
    return forbid_caching(Response(page, status, content_type="text/html; charset=utf-8"))
