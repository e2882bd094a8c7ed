"""Our dialect of flask-smorest: strict JSON in, problem documents out. Nobody else touches its internals."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, current_app, json, request, url_for
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from flask_smorest.utils import prepare_response
from werkzeug.exceptions import HTTPException
from werkzeug.http import quote_etag
from werkzeug.routing import Map, UnicodeConverter

from service import errors
from service.cache import Answer, CacheStatus, ScoreCache
from service.config import Settings
from service.db import Database, is_away
from service.errors import InvalidQuery, ServiceError
from service.identity import RESERVED_SLUGS
from service.key_uses import KeyUses
from service.known_keys import KnownKeys
from service.limits import Limiter
from service.metrics import count_score_read
from service.paging import Page, decode_cursor, encode_cursor
from service.parsing import MERGE_PATCH, Parser
from service.schemas.problems import Problem
from service.versions import tag_of

PROBLEM_JSON = "application/problem+json"

log = logging.getLogger(__name__)

# What Flask and Werkzeug refuse by themselves, as problems of ours.
_BY_STATUS: Mapping[int, type[ServiceError]] = {
    400: errors.BadRequest,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    413: errors.TooLarge,
    415: errors.UnsupportedMediaType,
    416: errors.RangeNotSatisfiable,
}


_NO_ROUTE = "Nothing answers at this path."


@dataclass(slots=True)
class Runtime:
    """What a view needs besides its arguments."""

    db: Database
    cache: ScoreCache
    settings: Settings
    uses: KeyUses = field(init=False)
    limiter: Limiter = field(init=False)
    known_keys: KnownKeys = field(init=False)

    def __post_init__(self) -> None:
        self.uses, self.limiter = KeyUses(self.cache.link), Limiter(self.cache.link)
        self.known_keys = KnownKeys(self.db)


def runtime() -> Runtime:
    """The runtime of the application that answers this request."""
    found: Runtime = current_app.extensions["runtime"]
    return found


class Blueprint(SmorestBlueprint):
    """Routes whose document says all that they may answer, because what answers it also says it."""

    ARGUMENTS_PARSER = Parser()

    def route(self, rule: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a view under its own name in camel case as the operationId."""
        add = super().route(rule, **options)

        def register(view: Any) -> Any:
            head, *tail = view.__name__.split("_")
            arguments = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
            taken = {argument["in"] for argument in arguments}
            if "query" not in taken:
                view = _without_query(view)
            if getattr(view, "is_tagged", False) and "methods" not in options:
                view = self.alt_response(304, description="Not modified", success=True)(view)
            if options.get("methods") == ["PATCH"]:
                view = self.doc(requestBody=_as_merge_patch(arguments))(view)
            for status in _always(rule, taken):
                view = self.fails(status)(view)
            return add(self.doc(operationId=head + "".join(map(str.title, tail)))(view))

        return register

    def arguments(self, schema: Any, *, location: str = "json", **kwargs: Any) -> Any:
        """Take arguments from the body or the query string; what does not fit is 422 or 400."""
        status = 400 if location == "query" else 422
        take = super().arguments(schema, location=location, error_status_code=status, **kwargs)

        def register(view: Any) -> Any:
            taking = take(view)
            # smorest names the response by http.HTTPStatus, whose names differ between Pythons.
            taking._apidoc["arguments"]["responses"][status] = _component(status)  # noqa: SLF001 - bent here only
            return taking

        return register

    def tagged(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Send what a view returns with its tag, so that a client can ask for it only when it has changed."""

        @functools.wraps(view)
        def tagging(*args: Any, **kwargs: Any) -> Any:
            returned = view(*args, **kwargs)
            document, status, headers = returned if isinstance(returned, tuple) else (returned, 200, {})
            return document, status, {**headers, "ETag": quote_etag(tag_of(document), weak=True)}

        tagging.is_tagged = True  # type: ignore[attr-defined]
        return tagging

    def changes(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Give a view, as `tags`, the tags that `If-Match` names; None where it takes whatever is there."""

        @functools.wraps(view)
        def matching(*args: Any, **kwargs: Any) -> Any:
            if "If-Match" not in request.headers:
                raise errors.PreconditionRequired("Send the ETag of what you have read as If-Match.")
            seen = request.if_match
            tags = None if seen.star_tag else frozenset(seen.as_set(include_weak=True))
            return view(*args, **kwargs, tags=tags)

        return self.fails(412, 428)(self.doc(parameters=[_IF_MATCH])(matching))

    def follows(self, view: Any) -> Any:
        """Say in the document that a view sends whoever asks for an outlet that was merged to the other one."""
        moved = "The outlet was merged into another one; `Location` is where the same is said of that one"
        return self.alt_response(308, description=moved, success=True)(view)

    def fails(self, *statuses: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Say in the document that a view may answer with these problems."""

        def register(view: Any) -> Any:
            for status in statuses:
                view = self.alt_response(status, _component(status))(view)
            return view

        return register


class UnreservedConverter(UnicodeConverter):
    """What may name an outlet in a path; at what may not, other routes answer, and only their methods are allowed."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map)
        self.regex = rf"(?!(?:{'|'.join(sorted(RESERVED_SLUGS))})\Z){self.regex}"


_IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string"},
    "description": "The `ETag` of what is changed, as it was read; `*` for whatever is there",
}


def _as_merge_patch(arguments: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The body under its other content type (RFC 7396), beside application/json."""
    [schema] = [argument["schema"] for argument in arguments if argument["in"] == "json"]
    return {"content": {MERGE_PATCH: {"schema": schema}}}


def _always(rule: str, taken: set[str]) -> Iterable[int]:
    """What any view of this form may fail with."""
    yield from (400, 414, 431, 503)
    if "<" in rule:
        yield 404
    if "json" in taken:
        yield from (413, 415)


def _without_query(view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if request.args:
            raise InvalidQuery.at(*sorted(request.args), detail="Unknown parameter.", code="unknown")
        return view(*args, **kwargs)

    return checked


def _component(status: int) -> str:
    return f"Problem{status}"


class Api(SmorestApi):
    """Turns every failure, ours or not, into a problem document, and documents them."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = None  # every failure is listed by its status instead

    def _register_error_handlers(self) -> None:
        for kind, handler in (
            (ServiceError, problem),
            (errors.OutletMerged, send_on),
            (HTTPException, http_problem),
            (Exception, _unexpected_problem),
        ):
            self._app.register_error_handler(kind, handler)

    def _register_responses(self) -> None:
        titles: dict[int, list[str]] = {}
        for kind in errors.problem_types():
            titles.setdefault(kind.status, []).append(kind.title)
        for status, named in titles.items():
            response = {"description": "; ".join(named), "schema": self.ERROR_SCHEMA}
            prepare_response(response, self.spec, PROBLEM_JSON)
            self.spec.components.response(_component(status), response, lazy=True)

    def _register_pagination_header(self) -> None:
        """Leave out smorest's own paging; ours is in the bodies and in Link."""


def problem(error: ServiceError) -> Response:
    """An error as an RFC 9457 document."""
    document = {**error.document(), "instance": request.path}
    response = Response(json.dumps(document), error.status, content_type=PROBLEM_JSON)
    if isinstance(error, errors.Unauthorized):
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def send_on(error: errors.OutletMerged) -> Response:
    """Who reads of an outlet that was merged is sent on; a change is refused, since it would hit another one (R22)."""
    if request.method not in ("GET", "HEAD"):
        return problem(error)
    arguments = {**(request.view_args or {}), "outlet": error.into}
    query = quote(request.query_string, safe="!$&'()*+,/:;=?@%-._~")
    location = url_for(str(request.endpoint), **arguments) + (f"?{query}" if query else "")
    return Response(status=308, headers={"Location": location, "Cache-Control": "no-cache"})  # it may be undone


def http_problem(error: HTTPException) -> Any:
    """What Flask or Werkzeug refused by itself, as a document; a redirect as it is."""
    headers = error.get_response().headers
    if error.code is not None and error.code < 400:
        return Response(status=error.code, headers={"Location": headers["Location"]})
    kind = _BY_STATUS.get(error.code or 500, errors.BadRequest)
    response = problem(kind(_NO_ROUTE if kind is errors.NotFound else error.description or kind.title))
    for name in ("Allow", "Content-Range"):
        if name in headers:
            response.headers[name] = headers[name]
    return response


def _unexpected_problem(error: Exception) -> Response:
    if is_away(error):
        log.warning("The database is away: %s", error)
        return problem(errors.Unavailable("The database cannot be reached, or is busy. Try again shortly."))
    log.error("Unexpected error", exc_info=error)
    return problem(errors.InternalError("Something went wrong here; it is logged under this request's id."))


def page_of(query: dict[str, Any], fetch: Callable[..., Page[Any]]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """A page of a list: its items, and where the next ones are.

    Args:
        query: What was asked: `limit`, `cursor` and the list's own filters.
        fetch: The use case, called with the filters, `after` and `limit`.
    """
    filters = {name: value for name, value in query.items() if name not in ("limit", "cursor")}
    bound_to = [request.path, filters]
    after = None if query["cursor"] is None else decode_cursor(query["cursor"], bound_to)
    page = fetch(**filters, after=after, limit=query["limit"])
    next_cursor = None if page.next is None else encode_cursor(page.next, bound_to)
    return {"items": page.items, "next_cursor": next_cursor}, 200, _link(next_cursor)


def score_response(answer: Answer, status: CacheStatus) -> Response:
    """An answer from the cache, or as good as: with its tag, and how the cache served it."""
    count_score_read(status.name.lower())
    response = Response(answer.body, content_type="application/json", headers=_link(answer.next_cursor))
    response.headers["Cache-Status"] = f"borneout; {status}"
    response.headers["Cache-Control"] = "no-cache"  # nobody on the way may serve it without asking (R20)
    response.set_etag(answer.etag, weak=True)
    return response


def _link(next_cursor: str | None) -> dict[str, str]:
    """The Link header of a list that goes on (RFC 8288)."""
    if next_cursor is None:
        return {}
    query = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    return {"Link": f'<{request.path}?{urlencode([*query, ("cursor", next_cursor)])}>; rel="next"'}
