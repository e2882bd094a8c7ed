"""Bodies that cannot be parsed: no input causes a 500"""

from __future__ import annotations

import io
import json

import pytest

from service.values.vocabulary import Scope
from tests.support.request_bodies import CLAIMS, OUTLETS, VALID
from tests.support.world import assert_problem

pytestmark = pytest.mark.sqlite_alone  # these requests do not reach the database


MALFORMED = [
    (b"", [""]),
    (b" ", [""]),
    (b"{", [""]),
    (b"{'name': 1}", [""]),
    (b'{"name": "a"} x', [""]),
    (b'{"name": "a",}', [""]),
    (b'{"name": "\xff"}', [""]),
    ('\ufeff{"name": "a"}'.encode(), [""]),
    ('{"name": "a"}'.encode("utf-16"), [""]),
    (b'{"name": NaN}', ["/name"]),
    (b'{"domains": [1, Infinity, -Infinity]}', ["/domains/1", "/domains/2"]),
    (b'{"name": "a", "name": "b"}', ["/name"]),
    (b'{"a/b~c": {"x": 1, "x": 1}, "y": 1, "y": NaN}', ["/a~1b~0c/x", "/y"]),
    (b'{"na\\u006de": "a", "name": "a"}', ["/name"]),
    (b"[" * 100_000, [""]),
    (b"[" * 100_000 + b"]" * 100_000, [""]),
    (b'{"name":' * 100_000, [""]),
    (b'{"a":' * 5000 + b"1" + b"}" * 5000, [""]),
    (b'{"name": "a\nb"}', [""]),
    (b'{"name": "\\ud8"}', [""]),
    (b'{"n": 01}', [""]),
    (b'{"n": 0x1}', [""]),
    (b'{"n": 1_0}', [""]),
    (b'{"n": .5}', [""]),
]


@pytest.mark.parametrize(
    ("body", "pointers"), MALFORMED, ids=lambda value: str(value)[:30] if isinstance(value, bytes) else ""
)
def test_malformed(shared_world, urls, body, pointers):
    """
    A body that is not strict JSON causes a 400 on every call, with pointers to the errors where possible.
    """
    for url in urls.values():
        response = shared_world.post(url, data=body, content_type="application/json")
        assert_problem(response, 400, "malformed-json", *pointers)


@pytest.mark.parametrize("depth", [50, 400, 900, 990, 1000, 2000])
def test_deep(shared_world, depth):
    """
    A deeply nested body causes a 400 or a 422, whatever its depth.
    """
    for opening, inner, closing in (("[", "", "]"), ('{"a":', "1", "}")):
        nested = opening * depth + inner + closing * depth
        for body in (nested, f'{{"text": {nested}}}', f'{{"reports": [{nested}], "tags": {nested}}}'):
            response = shared_world.post(CLAIMS, data=body, content_type="application/json")
            assert response.status_code in (400, 422), response.text


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"5", b"true", b'"text"', b"[{}]", b"1e400", b'"\\ud800"', b'[{"name": "a"}]']
)
def test_not_an_object(shared_world, urls, body):
    """
    JSON that is not an object causes a 422 about the whole body.
    """
    for url in urls.values():
        assert_problem(shared_world.post(url, data=body, content_type="application/json"), 422, "invalid-body", "")


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/problem+json",
        "application/x-ndjson",
        "json",
        "application/jsonx",
    ],
)
def test_wrong_content_type(shared_world, urls, content_type):
    """
    A body with another content type than JSON causes a 415.
    """
    for call, url in urls.items():
        response = shared_world.post(url, data=json.dumps(VALID[call]), content_type=content_type)
        assert_problem(response, 415, "unsupported-media-type")


def test_content_type_with_parameters(shared_world):
    """
    The case and the parameters of the content type are ignored.
    """
    for content_type in ("application/json; charset=utf-8", "Application/JSON"):
        response = shared_world.post(OUTLETS, data="{}", content_type=content_type)
        assert_problem(response, 422, "invalid-body", "/name")


def test_too_large(shared_world, urls):
    """
    A body of 1 MiB is read, and a larger one causes a 413.
    """
    for url in urls.values():
        for size, status, name in ((2**20 + 1, 413, "too-large"), (2**20, 400, "malformed-json")):
            body = b'{"name": "' + b"a" * (size - 10)
            response = shared_world.post(url, data=body, content_type="application/json")
            assert (status, f"/problems/{name}") == (response.status_code, response.json["type"])


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        (b"{}".ljust(2**20), 422, "invalid-body"),
        (b"{}".ljust(2**20) + b"x", 413, "too-large"),
        (b"{}".ljust(2**20 + 2**19), 413, "too-large"),
    ],
    ids=["limit", "garbage", "longer"],
)
def test_too_large_in_chunks(shared_world, urls, body, status, name):
    """
    A chunked body over 1 MiB also causes a 413, and is never truncated.
    """
    headers = {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    for url in urls.values():
        sent = io.BytesIO(body)
        terminated = {"wsgi.input_terminated": True}  # as gunicorn sets it
        response = shared_world.post(url, headers=headers, input_stream=sent, environ_overrides=terminated)
        assert (status, f"/problems/{name}") == (response.status_code, response.json["type"])


def test_order_of_checks(shared_world):
    """
    The key is checked first, then its scope, then the body.
    """
    writer = shared_world.with_scopes(Scope.CLAIMS_WRITE)

    assert_problem(shared_world.client.post(OUTLETS, data=b"{"), 401, "unauthorized")
    assert_problem(writer.post(OUTLETS, data=b"{"), 403, "forbidden")
    assert_problem(shared_world.post(OUTLETS, data=b"{"), 415, "unsupported-media-type")


@pytest.mark.parametrize("body", [b"[]", b"1", b'"a"', b"null"])
def test_body_that_is_no_object(shared_world, body):
    """
    A body that is JSON but not an object is rejected, and the problem says which kind of value to send.
    """
    headers = shared_world.headers | {"Content-Type": "application/json"}
    response = shared_world.client.post(OUTLETS, data=body, headers=headers)

    assert_problem(response, 422, "invalid-body", "")
    assert "Not a JSON object. Send an object in braces." == response.json["errors"][0]["detail"]
