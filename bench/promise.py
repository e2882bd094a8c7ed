"""What the API's document promises of an answer, and whether one keeps it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

import jsonschema_rs

from service.errors import problem_types

_OPTIONS = "OPTIONS"
_REFUSED = (400, 414, 431)
"""How gunicorn answers what it cannot read, whatever the path."""
_ELSEWHERE = (200, 206, 302, 303, 304, 308, 404, 405, 416, *_REFUSED)
"""What a path may answer that the document does not know: a page, a file, a redirect, or nothing."""
_EMPTY = (204, 304)
_PROBLEM = "application/problem+json"
_STATUS_OF = {f"/problems/{kind.name}": kind.status for kind in problem_types()}


class Answer(NamedTuple):
    """What came back; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


class Promise:
    """The document, as answers are held against it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        # What is spelt out wins over what is named by a part of the path.
        named = sorted(document["paths"], key=lambda path: path.count("{"))
        self._routes = [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path) for path in named]
        self._validators: dict[int, jsonschema_rs.Validator] = {}

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Each method and path of the document, and what it says of them; HEAD mirrors GET."""
        for path, item in self.document["paths"].items():
            for method in item.keys() - {"parameters"}:
                yield method.upper(), path, item[method]

    def route(self, target: str) -> str | None:
        """The path of the document that answers a request's, if any does."""
        path = unquote(target.partition("#")[0].partition("?")[0], errors="replace")
        return next((route for pattern, route in self._routes if pattern.fullmatch(path)), None)

    def breach(self, method: str, target: str, answer: Answer, *, thorough: bool = True) -> str | None:
        """In what an answer is not as promised; None if it is.

        Args:
            method: The method of the request.
            target: Its path, with its query if it has one.
            answer: What came back.
            thorough: Whether to hold the body of a success against its schema, which takes a while.
        """
        route = self.route(target)
        item = self.document["paths"].get(route, {})
        operation = item.get("get" if method == "HEAD" else method.lower())
        if answer.status >= 400 and (route or target.startswith("/v1/")):
            return self._status_breach(item, operation, answer) or _problem_breach(method, answer)
        if operation is None:
            may_be = answer.status in _ELSEWHERE if route is None else (method, answer.status) == (_OPTIONS, 200)
            return None if may_be else f"{answer.status} of a path that is not in the document"
        if str(answer.status) not in operation["responses"]:
            # Werkzeug leads a doubled slash to the path that was meant.
            return None if answer.status == 308 and "//" in target else f"{answer.status} is not in the document"
        if method == "HEAD" or answer.status in _EMPTY:
            return f"a body where there should be none: {answer.body[:100]!r}" if answer.body else None
        return self._body_breach(operation["responses"][str(answer.status)], answer, thorough=thorough)

    def _status_breach(self, item: dict[str, Any], operation: Any, answer: Answer) -> str | None:
        if answer.status in _REFUSED:
            return None
        if operation is None:
            may_be = answer.status in ((404, 405) if item else (404, 405, 308))
        else:
            may_be = str(answer.status) in operation["responses"]
        return None if may_be else f"{answer.status} is not in the document"

    def _body_breach(self, response: dict[str, Any], answer: Answer, *, thorough: bool) -> str | None:
        response = self.resolved(response)
        content = response.get("content", {})
        if not content:
            return None
        if answer.kind not in content:
            return f"the content type {answer.kind!r} is not in the document"
        if not thorough or answer.kind != "application/json":
            return None
        try:
            self._validator(content[answer.kind]["schema"]).validate(json.loads(answer.body))
        except (ValueError, jsonschema_rs.ValidationError) as exc:
            said = exc.message if isinstance(exc, jsonschema_rs.ValidationError) else str(exc)
            return f"the body is not as the document has it: {said[:200]}"
        return None

    def resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        """A part of the document itself, where it is only referred to."""
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


def _problem_breach(method: str, answer: Answer) -> str | None:
    """In what a refusal is not a problem document as RFC 9457 and problems.md have them."""
    if answer.kind != _PROBLEM:
        return f"{answer.status} with the content type {answer.kind!r}"
    if method == "HEAD":
        return "a body where there should be none" if answer.body else None
    try:
        document = json.loads(answer.body)
    except ValueError:
        return f"a problem that is not JSON: {answer.body[:100]!r}"
    if missing := {"type", "title", "status", "detail", "instance"} - document.keys():
        return f"a problem without {sorted(missing)}"
    if not answer.status == document["status"] == _STATUS_OF.get(document["type"]):
        return f"{answer.status} with the problem {document['type']} of status {document['status']}"
    return None
