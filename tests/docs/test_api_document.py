"""tests.support.api_document: the check of responses against the API document"""

from __future__ import annotations

from tests.support.api_document import ApiDocument, RawResponse


def test_violations_are_reported():
    """
    An undocumented status, content type or body is reported, and so is an incomplete problem document.
    """
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    not_found = {"description": "Not found", "content": {"application/problem+json": {}}}
    found = {"description": "Found", "content": {"application/json": {"schema": schema}}}
    responses = {"200": found, "404": not_found}
    document = ApiDocument({"paths": {"/v1/things/{thing}": {"get": {"responses": responses}}}, "components": {}})
    as_json = {"content-type": "application/json"}
    as_problem = {"content-type": "application/problem+json"}
    problem = b'{"type": "/problems/not-found", "title": "", "status": 404, "detail": "", "instance": ""}'
    cases = [
        (RawResponse(200, as_json, b'{"id": 1}'), None),
        (RawResponse(404, as_problem, problem), None),
        (RawResponse(200, as_json, b"{}"), 'the body does not match its schema: "id" is a required property'),
        (RawResponse(200, {"content-type": "text/html"}, b""), "the content type 'text/html' is not in the document"),
        (RawResponse(201, as_json, b'{"id": 1}'), "201 is not in the document"),
        (RawResponse(500, as_problem, problem), "500 is not in the document"),
        (RawResponse(404, as_json, problem), "404 with the content type 'application/json'"),
        (RawResponse(404, as_problem, b"<p>"), "a problem that is not JSON: b'<p>'"),
        (RawResponse(404, as_problem, b"{}"), "a problem without ['detail', 'instance', 'status', 'title', 'type']"),
    ]

    for response, expected in cases:
        assert expected == document.violation("GET", "/v1/things/7", response)
    unknown = RawResponse(500, as_problem, problem)
    assert "500 is not in the document" == document.violation("GET", "/v1/nothing", unknown)
