"""The OpenAPI document and the list of problem types, as they are committed under openapi/."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from importlib import resources
from typing import Any, Literal, TypedDict

from flask import Flask

from service.errors import ServiceError, problem_types
from service.web.openapi_document import Document, Message, Operation, Parameter, Schema

SERVICE = {
    "summary": "The track record of news outlets",
    "description": """\
Borneout records **claims** and the **outlets** that reported them, tracks whether each claim later proved true, and
returns a **score** of how reliable an outlet has been.

A feed records claims with their reports (`POST /v1/claims`). A fact-checker resolves them with evidence
(`POST /v1/claims/{claim_id}/resolutions`). A site requests the scores (`GET /v1/outlets/{outlet}/score`).

**Formats.** Bodies are JSON objects. Instants are RFC 3339: requests may use any time zone, responses use UTC. Where
a description says so, a bare date such as `2024-03-29` is also accepted. Send the plus of an offset in a query as
`%2B`. Ids are UUIDv7. Probabilities and shares are numbers from 0 to 1. An unknown member or query parameter is an
error.

**Pages.** Lists are split into pages, each with a `next_cursor` and a `Link` header for the next one. No item of a list
is skipped or repeated while others are added.

**Retries.** A `POST` that creates something takes an `Idempotency-Key`. A `PATCH` or `DELETE` requires `If-Match`, so
that you cannot overwrite a version that you have not read.

**Access.** Reading is public unless the operator has closed it. Writing needs an API key, which the operator creates;
select *Authorize* to enter yours. Calls are limited per API key, or per IP address without one; see `RateLimit`.

**Errors.** Every error is a problem document (RFC 9457). Its `type` is the path of a page that explains the problem.

**Licence.** This document states no licence for the records. Ask the operator of the service for the terms of
reuse.""",
}
SERVERS = [{"url": "/", "description": "The service that serves this document."}]


class _Example(TypedDict):
    """The example of an operation; a test sends its request and compares the responses."""

    request: object
    responses: dict[str, object]


def render_api(app: Flask) -> str:
    """Return the OpenAPI document as text. It depends on the code only, not on settings."""
    return json.dumps(app.extensions["document"], indent=2) + "\n"


def complete_document(document: Document) -> Document:
    """Add the headers, parameters, general rules and examples that operations share."""
    components = document["components"]
    components["headers"] = {name: {"description": text, "schema": schema} for name, (text, schema) in _HEADERS.items()}
    components["parameters"] = {"IfNoneMatch": _IF_NONE_MATCH}
    problems: dict[str, object] = _read_example("problems")
    for name, response in components["responses"].items():
        _add_headers(response, *_PROBLEM_HEADERS.get(name, ()), "X-Request-ID")
        _add_example(response, problems[name.removeprefix("Problem")])
    for path in document["paths"].values():
        for parameter in path.get("parameters", ()):
            parameter["description"], parameter["example"] = _PATH_PARAMETERS[parameter["name"]]
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
_PROBLEM_HEADERS: Mapping[str, tuple[str, ...]] = {
    "Problem401": ("WWW-Authenticate",),
    **{f"Problem{status}": ("Retry-After",) for status in (409, 429, 503, 507)},
}
_HEADERS: Mapping[str, tuple[str, Schema]] = {
    "Cache-Status": (
        "Whether the score came from the cache: `borneout; hit`, `; fwd=miss` or `; fwd=bypass` (RFC 9211).",
        {"type": "string"},
    ),
    "ETag": ("The version of the content. It changes whenever the content does.", {"type": "string"}),
    "Idempotency-Replayed": ("`true` if this is the stored response to an earlier request.", {"type": "string"}),
    "Link": ("The address of the next page as `rel=next` (RFC 8288); missing on the last page.", {"type": "string"}),
    "Location": ("The path to request instead, or the path of the job.", {"type": "string"}),
    "RateLimit": (
        "The limit that applies, the number of calls left (`r`), and the seconds until the limit is reset (`t`).",
        {"type": "string"},
    ),
    "RateLimit-Policy": (
        "The limit that applies, the number of calls allowed (`q`), and its window in seconds (`w`).",
        {"type": "string"},
    ),
    "Retry-After": (
        "The seconds to wait before a retry; missing if a retry cannot succeed.",
        {"type": "integer"},
    ),
    "WWW-Authenticate": ("The authentication scheme: `Bearer`.", {"type": "string"}),
    "X-Request-ID": (
        "The id of the request in the log: the one that you sent, or else a new one.",
        {"type": "string"},
    ),
}
_IF_NONE_MATCH: Parameter = {
    "in": "header",
    "name": "If-None-Match",
    "schema": {"type": "string"},
    "description": "The `ETag` of an earlier response. If it is still current, the response is 304 without a body.",
}
_PATH_PARAMETERS: Mapping[str, tuple[str, str]] = {
    "outlet": ("The slug or id of the outlet.", "sport-bild"),
    "claim_id": ("The id of the claim, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000001"),
    "report_id": ("The id of the report, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000002"),
    "dispute_id": ("The id of the dispute, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000003"),
    "reply_id": ("The id of the reply, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000004"),
    "pending_id": ("The id of the submission, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000008"),
    "key_id": ("The id of the API key, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000005"),
    "import_id": ("The id of the import, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000007"),
    "rename_id": ("The id of the rename, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000006"),
}


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
