"""bench.promise: whether an answer is one that the API's document has"""

from __future__ import annotations

from bench.promise import Answer, Promise


def test_breach_is_seen():
    """
    An answer that the document does not have is reported: its status, its type, its body, or a member of a problem.
    """
    shape = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    gone = {"description": "Gone", "content": {"application/problem+json": {}}}
    fine = {"description": "Fine", "content": {"application/json": {"schema": shape}}}
    promise = Promise(
        {"paths": {"/v1/things/{thing}": {"get": {"responses": {"200": fine, "404": gone}}}}, "components": {}}
    )
    kept = {"content-type": "application/json"}
    problem = {"content-type": "application/problem+json"}
    missing = b'{"type": "/problems/not-found", "title": "", "status": 404, "detail": "", "instance": ""}'
    answers = [
        (Answer(200, kept, b'{"id": 1}'), None),
        (Answer(404, problem, missing), None),
        (Answer(200, kept, b"{}"), 'the body is not as the document has it: "id" is a required property'),
        (Answer(200, {"content-type": "text/html"}, b""), "the content type 'text/html' is not in the document"),
        (Answer(201, kept, b'{"id": 1}'), "201 is not in the document"),
        (Answer(500, problem, missing), "500 is not in the document"),
        (Answer(404, kept, missing), "404 with the content type 'application/json'"),
        (Answer(404, problem, b"<p>"), "a problem that is not JSON: b'<p>'"),
        (Answer(404, problem, b"{}"), "a problem without ['detail', 'instance', 'status', 'title', 'type']"),
    ]

    for answer, said in answers:
        assert said == promise.breach("GET", "/v1/things/7", answer)
    assert "500 is not in the document" == promise.breach("GET", "/v1/nothing", Answer(500, problem, missing))
