"""Our dialect of flask-smorest: strict JSON in, problem documents out. Nobody else touches its internals."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from flask import request
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from flask_smorest.utils import prepare_response
from werkzeug.exceptions import HTTPException
from werkzeug.http import quote_etag
from werkzeug.routing import Map, UnicodeConverter

from service import errors
from service.answers import PROBLEM_JSON, http_problem, problem, send_on, unexpected_problem
from service.errors import InvalidQuery, ServiceError
from service.identity import RESERVED_SLUGS
from service.parsing import MERGE_PATCH, Parser
from service.schemas.problems import Problem
from service.versions import tag_of


class Blueprint(SmorestBlueprint):
    """Routes whose document says all that they may answer, because what answers it also says it."""

    ARGUMENTS_PARSER = Parser()

    def route(self, rule: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a view under its own name in camel case as the operationId."""
        add = super().route(rule, **options)

        def register(view: Any) -> Any:
            head, *tail = view.__name__.split("_")
            arguments = _arguments(view)
            taken = {argument["in"] for argument in arguments}
            view = strict(view)
            if getattr(view, "is_tagged", False) and "methods" not in options:
                view = self.alt_response(304, description="Not modified", success=True)(view)
            if options.get("methods") == ["PATCH"]:
                view = self.doc(requestBody=_as_merge_patch(arguments))(view)
            view = may_fail(*_always(rule, taken))(view)
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
        """Give a view, as `seen`, the tags that `If-Match` names; None where it takes whatever is there."""

        @functools.wraps(view)
        def matching(*args: Any, **kwargs: Any) -> Any:
            if "If-Match" not in request.headers:
                raise errors.PreconditionRequired("Send the ETag of what you have read as If-Match.")
            tags = request.if_match
            seen = None if tags.star_tag else frozenset(tags.as_set(include_weak=True))
            return view(*args, **kwargs, seen=seen)

        return may_fail(412, 428)(self.doc(parameters=[_IF_MATCH])(matching))

    def follows(self, view: Any) -> Any:
        """Say in the document that a view sends whoever asks for an outlet that was merged to the other one."""
        moved = "The outlet was merged into another one; `Location` is where the same is said of that one"
        return self.alt_response(308, description=moved, success=True)(view)


def may_fail(*statuses: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say in the document that a view may answer with these problems."""

    def register(view: Any) -> Any:
        for status in statuses:
            view = _ANY.alt_response(status, _component(status))(view)
        return view

    return register


_ANY = Blueprint("any", __name__)  # smorest documents by way of one, whichever it is


def strict(view: Any) -> Any:
    """Have a view of the API that takes no parameters refuse all; one that takes some, or a page, does so itself."""
    takes_query = any(argument["in"] == "query" for argument in _arguments(view))
    if takes_query or not hasattr(view, "_apidoc") or getattr(view, "is_strict", False):
        return view

    @functools.wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if request.args:
            raise InvalidQuery.at(*sorted(request.args), detail="Unknown parameter.", code="unknown")
        return view(*args, **kwargs)

    checked.is_strict = True  # type: ignore[attr-defined]
    return checked


def _arguments(view: Any) -> list[dict[str, Any]]:
    """What the document says that a view takes."""
    taken: list[dict[str, Any]] = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    return taken


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
            (Exception, unexpected_problem),
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
