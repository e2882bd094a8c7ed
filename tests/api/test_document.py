"""The API document is self-explanatory: each part has a description, and each body a valid example"""

from __future__ import annotations

import re

import pytest
from jsonschema_rs import Draft202012Validator

from service.errors import problem_types
from service.web.openapi import explain

pytestmark = pytest.mark.sqlite_alone  # the document does not depend on the database

_SENTENCE_END = re.compile(r"(?<!e\.g)(?<!i\.e)[.!?](?=\s|$)")


def _operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield f"{method.upper()} {path}", operation, [*item.get("parameters", ()), *operation["parameters"]]


def _resolved(document, part):
    """Return a part of the document, with references followed."""
    while "$ref" in part:
        *_, kind, name = part["$ref"].split("/")
        part = document["components"][kind][name]
    return part


def _bodies(document):
    """Yield every request and response with its place."""
    for name, operation, _ in _operations(document):
        if "requestBody" in operation:
            yield f"{name} request", operation["requestBody"]
        for status, response in operation["responses"].items():
            yield f"{name} {status}", _resolved(document, response)


def _properties(part, where="document"):
    """Yield every property of every schema with its place, including inline schemas."""
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict):
            yield from ((f"{where}/{name}", each) for name, each in part["properties"].items())
        for name, each in part.items():
            if name != "example":
                yield from _properties(each, f"{where}/{name}")
    elif isinstance(part, list):
        for index, each in enumerate(part):
            yield from _properties(each, f"{where}/{index}")


@pytest.fixture(scope="module")
def document(shared_world):
    """Return the document as it is served."""
    served = shared_world.get("/openapi.json").json
    for item in served["paths"].values():
        for method, operation in item.items():
            if method != "parameters":
                operation.setdefault("parameters", [])
    return served


def test_service_is_described(document):
    """
    The document describes the service, its licence and its server.
    """
    info = document["info"]

    assert "track record of news outlets" in info["summary"]
    assert "**Licence.**" in info["description"]
    assert ["/"] == [server["url"] for server in document["servers"]]
    assert all(server["description"] for server in document["servers"])
    assert all(tag["description"] for tag in document["tags"])
    assert all(scheme["description"] for scheme in document["components"]["securitySchemes"].values())


def test_every_operation_is_described(document):
    """
    Every operation has a short summary and a longer description, which names the key that it requires.
    """
    operations = list(_operations(document))

    assert len(operations) > 40
    for name, operation, _ in operations:
        assert 0 < len(operation["summary"]) <= 60, name
        assert not operation["summary"].endswith("."), name
        assert "\n\n" in operation["description"], name
        assert re.search(r"\b(Requires an|Needs no) API key\b", operation["description"]), name


def test_every_parameter_is_described(document):
    """
    Every parameter has a description, and every required one a valid example.
    """
    parameters = [
        (name, _resolved(document, each)) for name, _, parameters in _operations(document) for each in parameters
    ]

    assert len(parameters) > 100
    for name, parameter in parameters:
        assert parameter["description"].endswith("."), (name, parameter)
        if parameter.get("required"):
            Draft202012Validator(parameter["schema"], validate_formats=True).validate(parameter["example"])
        else:
            # Swagger UI would send it, and filter the list of a reader who did not ask for that.
            assert "example" not in parameter, (name, parameter)


def test_every_property_is_described(document):
    """
    Every property has a description, and every number a range or a description of its sign.
    """
    properties = list(_properties(document["components"]["schemas"]))

    assert len(properties) > 300
    assert [] == [where for where, each in properties if not each.get("description", "").endswith(".")]
    numbers = [(where, each) for where, each in properties if {"integer", "number"} & {*_types(each)}]
    assert [] == [
        where
        for where, each in numbers
        if "minimum" not in each and not re.search(r"negative|above|below|log-odds", each["description"])
    ]


def _types(schema):
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else types


def test_every_schema_is_described(document):
    """
    Every schema has a description.
    """
    assert [] == [name for name, each in document["components"]["schemas"].items() if not each["description"]]


def test_every_request_and_response_is_described(document):
    """
    Every request and response has a description and a valid example of its body.
    """
    bodies = list(_bodies(document))

    assert len(bodies) > 300
    for where, body in bodies:
        assert body["description"].endswith("."), where
        for content in body.get("content", {}).values():
            schema = {**content["schema"], "components": document["components"]}
            Draft202012Validator(schema, validate_formats=True).validate(content["example"])


def test_every_header_is_described(document):
    """
    Every header of a response has a description.
    """
    headers = document["components"]["headers"]

    assert len(headers) > 5
    assert [] == [name for name, header in headers.items() if not header["description"].endswith(".")]


@pytest.mark.parametrize("kind", list(problem_types()), ids=lambda kind: kind.name)
def test_explanations_are_short(kind):
    """
    An explanation of a problem has one or two sentences.
    """
    assert len(_SENTENCE_END.findall(explain(kind))) in (1, 2)


def _parts(part):
    """Yield every object of the document outside of examples."""
    if isinstance(part, dict):
        yield part
        for name, each in part.items():
            if name != "example":
                yield from _parts(each)
    elif isinstance(part, list):
        for each in part:
            yield from _parts(each)


def test_generators_understand_the_types(document):
    """
    Every enum has texts only, no query parameter can be null, every body has one content type, and no member has a
    default, because generated clients leave out operations with anything else, or require the member. They use the text
    of lines, which have two content types.
    """
    parts = list(_parts(document))

    assert {str} == {type(value) for part in parts if isinstance(part.get("enum"), list) for value in part["enum"]}
    assert [] == [part["name"] for part in parts if part.get("in") == "query" and "null" in str(part["schema"])]
    contents = [list(part["content"]) for part in parts if "content" in part]
    assert {1} == {len(content) for content in contents if not {"text/csv", "text/plain"} & {*content}}
    assert [] == [place for place, each in _properties(document) if "default" in each]


def test_level_is_a_number(document):
    """
    The level of an interval is a number with bounds, and its description names the values.
    """
    levels = [part["schema"] | part for part in _parts(document) if part.get("name") == "level"]

    assert levels
    for level in levels:
        assert ("number", 0.5, 0.99) == (level["type"], level["minimum"], level["maximum"])
        assert "0.5, 0.8, 0.9, 0.95 or 0.99" in level["description"]
