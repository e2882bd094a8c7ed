"""Strange requests by the hundred, as `python -m bench.fuzz` sends them by the hundred thousand"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from werkzeug.test import create_environ, run_wsgi_app

from bench.fuzz import fuzz
from bench.promise import Answer, Promise
from bench.stranger import Request, Stranger
from service.vocabulary import Scope

REQUESTS = 300


def ask_of(app):
    """Asks an application as gunicorn does, without a connection between."""

    def ask(request):
        target = request.target.replace("\xff", "%FF")  # gunicorn refuses what is not ASCII
        path, _, query = target.partition("#")[0].partition("?")
        environ = create_environ(method=request.method, headers=request.headers, data=request.body)
        environ |= {"PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query}
        body, status, headers = run_wsgi_app(app, environ, buffered=True)
        sent = b"" if request.method == "HEAD" else b"".join(body)  # the server's work, not the application's
        return Answer(int(status.split()[0]), {name.lower(): value for name, value in headers}, sent)

    return ask


def test_strange_requests(world):
    """
    Whatever is sent, on either database, the answer is one that the document has, and none is a 500.
    """
    keys = [world.secret, *(world.with_scopes(scope).secret for scope in Scope if scope is not Scope.ADMIN)]
    spared = frozenset(key["id"] for key in world.get("/v1/keys?limit=200").json["items"])
    for number in range(8):
        claim = world.record(external_id=f"bridge-{number}")
        if number % 2:
            world.resolve(claim, "true")
    promise = Promise(world.app.extensions["document"])

    found = fuzz(ask_of(world.app), promise, Stranger(promise, keys, 20261122, spared=spared), REQUESTS)

    assert {} == found.breaches
    assert REQUESTS == found.counts.total()
    assert len({status for _, _, status in found.counts}) >= 12


def test_breach_is_seen():
    """
    An answer that the document does not have is told: its status, its type, its body, or what it says of a problem.
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


def test_request_is_drawn_again():
    """
    The same seed, given the same answers, draws the same requests.
    """
    operation = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    promise = Promise({"paths": {"/v1/things/{thing}": {"post": operation}}})
    first, again = (Stranger(promise, ["bo_x"], 7) for _ in range(2))
    drawn = [first.draw() for _ in range(50)]

    assert drawn == [again.draw() for _ in range(50)]
    assert all(isinstance(request, Request) for request in drawn)
