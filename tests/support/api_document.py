"""Checks whether raw responses conform to the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

import jsonschema_rs

from service.errors import problem_types

_UNREADABLE = (400, 414, 431)
"""Statuses of gunicorn for a request that it cannot parse, on any path."""
_OUTSIDE = (200, 206, 302, 303, 304, 308, 404, 405, 416, *_UNREADABLE)
"""Statuses allowed on a path that the document does not have: a page, a file, a redirect, or nothing."""
_EMPTY = (204, 304)
_PROBLEM = "application/problem+json"
_STATUS_OF = {f"/problems/{kind.name}": kind.status for kind in problem_types()}


class RawResponse(NamedTuple):
    """A response; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


class ApiDocument:
    """The OpenAPI document, which responses are checked against."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        # A literal path takes precedence over one with a parameter.
        paths = sorted(document["paths"], key=lambda path: path.count("{"))
        self._routes = [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path) for path in paths]
        self._validators: dict[int, jsonschema_rs.Validator] = {}

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield each operation with its method and path; HEAD mirrors GET."""
        for path, item in self.document["paths"].items():
            for method in item.keys() - {"parameters"}:
                yield method.upper(), path, item[method]

    def route(self, target: str) -> str | None:
        """Return the path template that matches a request's target, or None."""
        path = unquote(target.partition("#")[0].partition("?")[0], errors="replace")
        return next((route for pattern, route in self._routes if pattern.fullmatch(path)), None)

    def violation(self, method: str, target: str, response: RawResponse, *, thorough: bool = True) -> str | None:
        """Return how a response violates the document; None if it conforms.

        Args:
            method: The method of the request.
            target: Its path, with its query if it has one.
            response: The response.
            thorough: Whether to validate the body of a success, which is slow.
        """
        route = self.route(target)
        item = self.document["paths"].get(route, {})
        operation = item.get("get" if method == "HEAD" else method.lower())
        if response.status >= 400 and (route or target.startswith("/v1/")):
            return self._status_violation(item, operation, response) or _problem_violation(method, response)
        if operation is None:
            is_allowed = response.status in _OUTSIDE if route is None else (method, response.status) == ("OPTIONS", 200)
            return None if is_allowed else f"{response.status} of a path that is not in the document"
        if str(response.status) not in operation["responses"]:
            # Werkzeug redirects a path with a doubled slash.
            return None if response.status == 308 and "//" in target else f"{response.status} is not in the document"
        if method == "HEAD" or response.status in _EMPTY:
            return f"an unexpected body: {response.body[:100]!r}" if response.body else None
        return self._body_violation(operation["responses"][str(response.status)], response, thorough=thorough)

    def _status_violation(self, item: dict[str, Any], operation: Any, response: RawResponse) -> str | None:
        if response.status in _UNREADABLE:
            return None
        if operation is None:
            is_allowed = response.status in ((404, 405) if item else (404, 405, 308))
        else:
            is_allowed = str(response.status) in operation["responses"]
        return None if is_allowed else f"{response.status} is not in the document"

    def _body_violation(self, documented: dict[str, Any], response: RawResponse, *, thorough: bool) -> str | None:
        content = self.resolved(documented).get("content", {})
        if not content:
            return None
        if response.content_type not in content:
            return f"the content type {response.content_type!r} is not in the document"
        if not thorough or response.content_type != "application/json":
            return None
        try:
            self._validator(content[response.content_type]["schema"]).validate(json.loads(response.body))
        except (ValueError, jsonschema_rs.ValidationError) as exc:
            message = exc.message if isinstance(exc, jsonschema_rs.ValidationError) else str(exc)
            return f"the body does not match its schema: {message[:200]}"
        return None

    def resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        """Return a part of the document, with its references followed."""
        while "$ref" in part:
            found: Any = self.document
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found
        return part

    def _validator(self, schema: dict[str, Any]) -> jsonschema_rs.Validator:
        if id(schema) not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            self._validators[id(schema)] = jsonschema_rs.Draft202012Validator(whole)
        return self._validators[id(schema)]


def _problem_violation(method: str, response: RawResponse) -> str | None:
    """Return how an error violates RFC 9457 or problems.md; None if it conforms."""
    if response.content_type != _PROBLEM:
        return f"{response.status} with the content type {response.content_type!r}"
    if method == "HEAD":
        return "an unexpected body" if response.body else None
    try:
        document = json.loads(response.body)
    except ValueError:
        return f"a problem that is not JSON: {response.body[:100]!r}"
    if missing := {"type", "title", "status", "detail", "instance"} - document.keys():
        return f"a problem without {sorted(missing)}"
    if not response.status == document["status"] == _STATUS_OF.get(document["type"]):
        return f"{response.status} with the problem {document['type']} of status {document['status']}"
    return None
