"""The OpenAPI document and the list of problem types, as they are committed under openapi/."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from importlib import resources
from typing import Any, Literal, TypedDict

from flask import Flask

from service.errors import ServiceError, problem_types
from service.web.openapi_document import Document, Message, Operation
from service.web.openapi_parts import HEADERS, IF_NONE_MATCH, PATH_PARAMETERS, PROBLEM_HEADERS


class _Example(TypedDict):
    """The example of an operation; a test sends its request and compares the responses."""

    request: object
    responses: dict[str, object]


def render_api(app: Flask) -> str:
    """Return the OpenAPI document as text. It depends on the code only, not on settings."""
    return json.dumps(app.extensions["document"], indent=2) + "\n"


def complete_document(document: Document) -> Document:
    """Add headers, parameters, general rules and examples to the operations of the OpenAPI document."""
    components = document["components"]
    components["headers"] = {name: {"description": text, "schema": schema} for name, (text, schema) in HEADERS.items()}
    components["parameters"] = {"IfNoneMatch": IF_NONE_MATCH}
    problems: dict[str, object] = _read_example("problems")
    for name, response in components["responses"].items():
        _add_headers(response, *PROBLEM_HEADERS.get(name, ()), "X-Request-ID")
        _add_example(response, problems[name.removeprefix("Problem")])
    for path in document["paths"].values():
        for parameter in path.get("parameters", ()):
            parameter["description"], parameter["example"] = PATH_PARAMETERS[parameter["name"]]
        for method in _METHODS:
            if method in path:
                _complete_operation(path[method], is_patch=method == "patch")
    return document


def _complete_operation(operation: Operation, *, is_patch: bool) -> None:
    names = {parameter.get("name") for parameter in operation.get("parameters", ())}
    paragraphs = [" ".join(each.split()) for each in operation["description"].split("\n\n")]
    operation["description"] = "\n\n".join([*paragraphs, " ".join(_general_rules(operation, names, is_patch=is_patch))])
    for parameter in operation.get("parameters", ()):
        if "example" in parameter["schema"]:
            parameter["example"] = parameter["schema"].pop("example")  # where Swagger UI finds it
    if "304" in operation["responses"]:
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IfNoneMatch"})
    example: _Example = _read_example(operation["operationId"])
    if "requestBody" in operation:
        _add_example(operation["requestBody"], example["request"])
    for status, response in operation["responses"].items():
        if "$ref" not in response:
            _add_headers(response, *_headers_of(operation, names, status), "X-Request-ID")
            _add_example(response, example["responses"].get(status))


def _general_rules(operation: Operation, names: AbstractSet[str | None], *, is_patch: bool) -> Iterator[str]:
    """Yield a sentence for each convention that the operation follows."""
    match operation.get("security"):
        case [{"apiKey": []}]:
            yield "Requires an API key with any scope."
        case [{"apiKey": [scope]}, {"apiKey": [other]}]:
            yield f"Requires an API key with the scope `{scope}` or `{other}`."
        case [{"apiKey": [scope]}]:
            yield f"Requires an API key with the scope `{scope}`."
        case [{"apiKey": [scope]}, {}]:
            yield f"Needs no API key, unless the operator has closed public reading; then it needs the scope `{scope}`."
        case _:
            yield "Needs no API key and is never rate limited."
    if "cursor" in names:
        yield "Send `next_cursor` as `cursor` to get the next page."
    if "Idempotency-Key" in names:
        yield "Send an `Idempotency-Key` to make retries safe."
    if is_patch:
        # Not listed as a second content type, because client generators leave out operations with two.
        yield "The body is a merge patch (RFC 7396); `application/merge-patch+json` is also accepted."
    if "If-Match" in names:
        yield "Send the `ETag` of the version that you have read as `If-Match`."
    if "304" in operation["responses"]:
        yield "Send the `ETag` of an earlier response as `If-None-Match` to receive a 304 if nothing has changed."


def _headers_of(operation: Operation, names: AbstractSet[str | None], status: str) -> Iterator[str]:
    """Yield the headers of a response that is not a problem."""
    if "security" in operation:
        yield from ("RateLimit", "RateLimit-Policy")
    if "Idempotency-Key" in names:
        yield "Idempotency-Replayed"
    if "304" in operation["responses"] and status in ("200", "304"):
        yield "ETag"
    if "cursor" in names and status == "200":
        yield "Link"
    if status in ("202", "308"):
        yield "Location"


def _add_headers(message: Message, *names: str) -> None:
    headers = message.setdefault("headers", {})
    headers.update({name: {"$ref": f"#/components/headers/{name}"} for name in names})


def _add_example(message: Message, example: object) -> None:
    content = message.get("content", {})
    for media_type, body in content.items():
        # An operation that returns several content types has an example of each.
        body["example"] = example[media_type] if isinstance(example, dict) and media_type in example else example


def _read_example(name: str) -> Any:
    """Return the content of a file in `service/schemas/examples`."""
    return json.loads(resources.files("service.schemas").joinpath("examples", f"{name}.json").read_text("utf-8"))


_METHODS: tuple[Literal["get", "post", "patch", "delete"], ...] = ("get", "post", "patch", "delete")


def render_problems() -> str:
    """Return a page with one heading for each problem type, with its status and its explanation."""
    parts = ["# Problem types\n\nGenerated by `borneout openapi`. Each is the `type` of an RFC 9457 document.\n"]
    parts += [
        f"## /problems/{kind.name}\n\n{kind.title} ({kind.status}). {explain(kind)}\n" for kind in problem_types()
    ]
    return "\n".join(parts)


def explain(kind: type[ServiceError]) -> str:
    """Return the explanation of a problem type as one paragraph."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split())
