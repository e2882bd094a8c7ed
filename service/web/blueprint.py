"""Our dialect of flask-smorest: strict JSON in, problem documents out. No other module touches its internals."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import marshmallow as ma
from flask import request
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from flask_smorest.utils import prepare_response
from werkzeug.exceptions import HTTPException
from werkzeug.http import quote_etag
from werkzeug.routing import Map, UnicodeConverter

from service import errors
from service.errors import InvalidQuery, ServiceError
from service.schemas.problems import Problem
from service.values.documents import etag_of
from service.values.ids import RESERVED_SLUGS
from service.web.parser import MERGE_PATCH, Parser
from service.web.responses import PROBLEM_JSON, http_problem, problem, send_on, unexpected_problem


class Blueprint(SmorestBlueprint):
    """Routes that document every response they can send, because the code that sends it also documents it."""

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
                view = not_modified(view)
            if options.get("methods") == ["PATCH"]:
                view = self.doc(requestBody=_as_merge_patch(arguments))(view)
            view = may_fail(*_always(rule, taken))(view)
            return add(self.doc(operationId=head + "".join(map(str.title, tail)))(view))

        return register

    def arguments(self, schema: Any, *, location: str = "json", **kwargs: Any) -> Any:
        """Take arguments from the body or the query string; invalid ones cause a 422 or a 400."""
        status = 400 if location == "query" else 422
        if location == "json":
            kwargs["description"] = describe_schema(schema)
        take = super().arguments(schema, location=location, error_status_code=status, **kwargs)

        def register(view: Any) -> Any:
            taking = take(view)
            # smorest names the response by http.HTTPStatus, whose names differ between Pythons.
            taking._apidoc["arguments"]["responses"][status] = _component(status)  # noqa: SLF001 - bent here only
            return taking

        return register

    def response(self, status_code: int, schema: Any = None, *, description: str = "", **kwargs: Any) -> Any:
        """Serialize what a view returns; without a description, the one of the schema is documented."""
        description = description or describe_schema(schema)
        return super().response(status_code, schema, description=description, **kwargs)

    def tagged(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Send an ETag with what a view returns, so that a client can request it only if it has changed."""

        @functools.wraps(view)
        def tagging(*args: Any, **kwargs: Any) -> Any:
            returned = view(*args, **kwargs)
            document, status, headers = returned if isinstance(returned, tuple) else (returned, 200, {})
            return document, status, {**headers, "ETag": quote_etag(etag_of(document), weak=True)}

        tagging.is_tagged = True  # type: ignore[attr-defined]
        return tagging

    def changes(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Pass the tags in `If-Match` to a view as `if_match`; None for `*`, which matches any version."""

        @functools.wraps(view)
        def matching(*args: Any, **kwargs: Any) -> Any:
            if "If-Match" not in request.headers:
                raise errors.PreconditionRequired("Send the ETag of what you have read as If-Match.")
            tags = request.if_match
            if_match = None if tags.star_tag else frozenset(tags.as_set(include_weak=True))
            return view(*args, **kwargs, if_match=if_match)

        return may_fail(412, 428)(self.doc(parameters=[_IF_MATCH])(matching))

    def follows(self, view: Any) -> Any:
        """Document that a view redirects from a merged outlet to the outlet it was merged into."""
        moved = "The outlet was merged into another one; `Location` is the same path for that outlet."
        return self.alt_response(308, description=moved, success=True)(view)


def not_modified(view: Any) -> Any:
    """Document that a view responds with 304 if the client already has the current version."""
    unchanged = "The version named in `If-None-Match` is still current. There is no body."
    return _ANY.alt_response(304, description=unchanged, success=True)(view)


def describe_schema(schema: type[ma.Schema]) -> str:
    """Return the docstring of a schema, with one line for each paragraph."""
    return "\n\n".join(" ".join(each.split()) for each in inspect.cleandoc(schema.__doc__ or "").split("\n\n"))


def may_fail(*statuses: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Document that a view may respond with these problems."""

    def register(view: Any) -> Any:
        for status in statuses:
            view = _ANY.alt_response(status, _component(status))(view)
        return view

    return register


_ANY = Blueprint("any", __name__)  # smorest documents views through a blueprint; any will do


def strict(view: Any) -> Any:
    """Reject every query parameter for a view of the API that takes none; other views check theirs themselves."""
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
    """Return the arguments of a view as they are documented."""
    taken: list[dict[str, Any]] = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    return taken


class UnreservedConverter(UnicodeConverter):
    """A path segment that can name an outlet; reserved words match other routes, with their methods only."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map)
        self.regex = rf"(?!(?:{'|'.join(sorted(RESERVED_SLUGS))})\Z){self.regex}"


_IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string"},
    "description": "The `ETag` of the version that you have read; the change is rejected if there is a newer one. "
    "`*` matches any version.",
    "example": "*",
}


def _as_merge_patch(arguments: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the body under its second content type (RFC 7396), in addition to application/json."""
    [schema] = [argument["schema"] for argument in arguments if argument["in"] == "json"]
    return {"content": {MERGE_PATCH: {"schema": schema}}}


def _always(rule: str, taken: set[str]) -> Iterable[int]:
    """Return the statuses with which any view of this form can fail."""
    yield from (400, 414, 431, 503)
    if "<" in rule:
        yield 404
    if "json" in taken:
        yield from (413, 415)


def _component(status: int) -> str:
    return f"Problem{status}"


class Api(SmorestApi):
    """The API, which turns every failure into a problem document and documents them."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = None  # each failure is listed by its status instead

    def render(self) -> dict[str, Any]:
        """Return the OpenAPI document, in which each schema is described by its docstring."""
        document: dict[str, Any] = self.spec.to_dict()
        for (schema, *_), name in self.ma_plugin.converter.refs.items():
            document["components"]["schemas"][name]["description"] = describe_schema(schema)
        return document

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
            response = {"description": f"{'; '.join(named)}.", "schema": self.ERROR_SCHEMA}
            prepare_response(response, self.spec, PROBLEM_JSON)
            self.spec.components.response(_component(status), response, lazy=True)

    def _register_pagination_header(self) -> None:
        """Omit smorest's pagination header; our pagination is in the bodies and in Link."""
