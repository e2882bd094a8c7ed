"""The document explains itself: everything in it has a description, and every body an example that is valid"""

from __future__ import annotations

import re

import pytest
from jsonschema_rs import Draft202012Validator

from service.errors import problem_types
from service.web.openapi import explain

pytestmark = pytest.mark.sqlite_alone  # nothing here is in a database

_SENTENCE_END = re.compile(r"(?<!e\.g)(?<!i\.e)[.!?](?=\s|$)")
_ODD = re.compile(
    # Archaisms, personified machinery, and the voice that the document had once.
    r"borne out|held against|told apart|too few claims to say|passed? on from|through time|known since|in truth"
    r"|rests? on\b|a circle|merge of a merge|who (writes|calls|asks|may|does|files|disputes|reads)\b|whoever|is told"
    r"|said to be|meanwhile|for good\b|heard of|nobody|somebody|on record already|put on record|so many|hence\b"
    r"|thereof|\blest\b|\bbe it\b|goes? on\b|stands? (in|on|for)\b|\blets? \w+ in\b"
    # Broken words, and clauses in place of a subject.
    r"|\w- \w|^(get|say|tell) (how|what|which|whether|that)\b|(^|[.:] )(what|who|how|where) [^?]*$",
    re.IGNORECASE | re.MULTILINE,
)


def _operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield f"{method.upper()} {path}", operation, [*item.get("parameters", ()), *operation["parameters"]]


def _resolved(document, part):
    """A part of the document, or what it refers to."""
    while "$ref" in part:
        *_, kind, name = part["$ref"].split("/")
        part = document["components"][kind][name]
    return part


def _bodies(document):
    """Every request and response with a body, by where it is."""
    for name, operation, _ in _operations(document):
        if "requestBody" in operation:
            yield f"{name} request", operation["requestBody"]
        for status, response in operation["responses"].items():
            yield f"{name} {status}", _resolved(document, response)


def _texts(part, where="document"):
    """Every text for readers, by where it is; examples are data."""
    if isinstance(part, dict):
        for name, each in part.items():
            if isinstance(each, str) and name in ("title", "summary", "description"):
                yield f"{where}/{name}", each
            elif name != "example":
                yield from _texts(each, f"{where}/{name}")
    elif isinstance(part, list):
        for index, each in enumerate(part):
            yield from _texts(each, f"{where}/{index}")


def _properties(part, where="document"):
    """Every property of every schema, by where it is, wherever a schema is written."""
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
def document(standing_world):
    """The document as the service serves it."""
    served = standing_world.get("/openapi.json").json
    for item in served["paths"].values():
        for method, operation in item.items():
            if method != "parameters":
                operation.setdefault("parameters", [])
    return served


def test_service_is_described(document):
    """
    The document says what the service is, on which terms, and where it is.
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
    Every operation has a short summary, and a description that says more and who may call it.
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
    Every parameter has a description, and a required one has an example that is valid.
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
            # Swagger UI would send it, and a reader would get a filtered list without asking for one.
            assert "example" not in parameter, (name, parameter)


def test_every_property_is_described(document):
    """
    Every property has a description, and every number in a response a range or a sign in words.
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
    Every schema says what it is.
    """
    assert [] == [name for name, each in document["components"]["schemas"].items() if not each["description"]]


def test_every_request_and_response_is_described(document):
    """
    Every request and response has a description, and an example of its body that is valid.
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


def test_plain_english(document):
    """
    No text of the document, and no explanation of a problem type, uses a phrase that a reader would have to translate.
    """
    texts = [*_texts(document), *((kind.name, f"{kind.title}. {explain(kind)}") for kind in problem_types())]

    assert len(texts) > 800
    assert [] == [(where, text) for where, text in texts if _ODD.search(text)]


@pytest.mark.parametrize("text", ["What the key may do.", "Get how often it was right", "Whoever does so vouches."])
def test_odd_english_is_found(text):
    """
    The check of the English finds sentences that the document used to have.
    """
    assert _ODD.search(text)


@pytest.mark.parametrize("kind", list(problem_types()), ids=lambda kind: kind.name)
def test_explanations_are_short(kind):
    """
    An explanation of a problem has one or two sentences.
    """
    assert len(_SENTENCE_END.findall(explain(kind))) in (1, 2)
