"""Extensions of flask-smorest: all responses are documented, and all failures are problem documents."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Concatenate, ParamSpec, TypeVar

import marshmallow as ma
from flask import Response, request
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from flask_smorest.utils import prepare_response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, UnicodeConverter

from service import errors
from service.errors import ServiceError
from service.schemas.problems import Problem
from service.values.ids import RESERVED_SLUGS
from service.web.calls import Parser, strict, tagged, takes_if_match
from service.web.documentation import arguments_of, component_name, describe_schema, may_fail, not_modified
from service.web.openapi_document import Document
from service.web.responses import PROBLEM_JSON, http_problem, problem, redirect_merged, unexpected_problem

P = ParamSpec("P")
R = TypeVar("R")
Loaded = TypeVar("Loaded")


class Blueprint(SmorestBlueprint):
    """A blueprint that documents every response that its routes can send."""

    ARGUMENTS_PARSER = Parser()
    tagged = staticmethod(tagged)
    changes = staticmethod(takes_if_match)

    def route(
        self, rule: str, *, methods: list[str] | None = None, longest: int | None = None
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Register a view at a path, and document it; its operationId is its name in camel case.

        Args:
            rule: The path.
            methods: The methods; None for GET.
            longest: The size limit of the body in bytes; None for the limit of the application.
        """
        add = super().route(rule, **({} if methods is None else {"methods": methods}))

        def register(view: Callable[P, R]) -> Callable[P, R]:
            head, *tail = view.__name__.split("_")
            arguments = arguments_of(view)
            locations = {argument["in"] for argument in arguments}
            view = strict(view)
            if getattr(view, "is_tagged", False) and methods is None:
                view = not_modified(view)
            view = may_fail(*_common_failures(rule, locations))(view)
            if longest is not None:
                view = _allow_body(view, longest)
            registered: Callable[P, R] = add(self.doc(operationId=head + "".join(map(str.title, tail)))(view))
            return registered

        return register

    def arguments(
        self, schema: type[ma.Schema], *, location: str = "json"
    ) -> Callable[[Callable[Concatenate[Loaded, P], R]], Callable[P, R]]:
        """Pass the parsed body or query string to a view; respond with 422 or 400 if it is invalid.

        Args:
            schema: The schema of the body or query string.
            location: `json` for the body, `query` for the query string.
        """
        status = 400 if location == "query" else 422
        described = {"description": describe_schema(schema)} if location == "json" else {}
        # One instance for all requests, because creating a schema takes longer than loading most queries with it.
        load = super().arguments(schema(), location=location, error_status_code=status, **described)

        def register(view: Callable[Concatenate[Loaded, P], R]) -> Callable[P, R]:
            loading: Callable[P, R] = load(view)
            # smorest names the response after http.HTTPStatus, whose names differ between versions of Python.
            vars(loading)["_apidoc"]["arguments"]["responses"][status] = component_name(status)
            return loading

        return register

    def response(
        self,
        status_code: int,
        schema: type[ma.Schema] | None = None,
        *,
        description: str = "",
        headers: dict[str, dict[str, str]] | None = None,
    ) -> Callable[[Callable[P, object]], Callable[P, Response]]:
        """Serialise and document the result of a view; the default description is that of the schema."""
        if schema is not None and not description:
            description = describe_schema(schema)
        add = super().response(status_code, schema, description=description, headers=headers)

        def register(view: Callable[P, object]) -> Callable[P, Response]:
            responding: Callable[P, Response] = add(view)
            return responding

        return register

    def alt_response(
        self,
        status_code: int,
        response: str | None = None,
        *,
        schema: type[ma.Schema] | None = None,
        description: str | None = None,
        success: bool = False,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Document another response of a view."""
        add = super().alt_response(status_code, response, schema=schema, description=description, success=success)

        def register(view: Callable[P, R]) -> Callable[P, R]:
            documented: Callable[P, R] = add(view)
            return documented

        return register

    def takes_file(self, description: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Document that the body of a request is a file of any content type."""
        file = {"schema": {"type": "string", "format": "binary"}}
        body = {"description": description, "required": True, "content": {"application/octet-stream": file}}
        document = self.doc(requestBody=body)

        def register(view: Callable[P, R]) -> Callable[P, R]:
            documented: Callable[P, R] = document(view)
            return documented

        return register

    def follows(self, view: Callable[P, R]) -> Callable[P, R]:
        """Document that a view redirects from a merged outlet or claim to the one it was merged into."""
        kind = "claim" if "claim_id" in inspect.signature(view).parameters else "outlet"
        moved = f"The {kind} was merged into another one; `Location` is the same path for that {kind}."
        return self.alt_response(308, description=moved, success=True)(view)


def _allow_body(view: Callable[P, R], longest: int) -> Callable[P, R]:
    """Set the size limit of request bodies for a view."""

    @functools.wraps(view)
    def allowing(*args: P.args, **kwargs: P.kwargs) -> R:
        request.max_content_length = longest
        return view(*args, **kwargs)

    return allowing


class UnreservedConverter(UnicodeConverter):
    """A converter for path segments that name an outlet. It excludes the reserved words of other routes."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map)
        self.regex = rf"(?!(?:{'|'.join(sorted(RESERVED_SLUGS))})\Z){self.regex}"


def _common_failures(rule: str, locations: set[str]) -> Iterable[int]:
    """Return the statuses of failures that are possible for any view with this path and these arguments."""
    yield from (400, 414, 431, 503)
    if "<" in rule:
        yield 404
    if "json" in locations:
        yield from (413, 415)


class Api(SmorestApi):
    """The API, which responds to every failure with a problem document and documents these responses."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = None  # each failure is listed by its status instead

    def render(self) -> Document:
        """Return the OpenAPI document, in which each schema is described by its docstring."""
        document: Document = self.spec.to_dict()
        for (schema, *_), name in self.ma_plugin.converter.refs.items():
            document["components"]["schemas"][name]["description"] = describe_schema(schema)
        return document

    def _register_error_handlers(self) -> None:
        for kind, handler in (
            (ServiceError, problem),
            (errors.OutletMerged, redirect_merged),
            (errors.ClaimMerged, redirect_merged),
            (HTTPException, http_problem),
            (Exception, unexpected_problem),
        ):
            self._app.register_error_handler(kind, handler)

    def _register_responses(self) -> None:
        titles: dict[int, list[str]] = {}
        for kind in errors.problem_types():
            titles.setdefault(kind.status, []).append(kind.title)
        for status, of_status in titles.items():
            response = {"description": f"{'; '.join(of_status)}.", "schema": self.ERROR_SCHEMA}
            prepare_response(response, self.spec, PROBLEM_JSON)
            self.spec.components.response(component_name(status), response, lazy=True)

    def _register_pagination_header(self) -> None:
        """Omit smorest's pagination header; our pagination is in the bodies and in Link."""
