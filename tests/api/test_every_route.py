"""Rules for every route: documentation, keys, problems and headers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openapi_spec_validator
import pytest

from service.errors import problem_types
from service.web.openapi import render_problems
from tests.support.contract import ARGUMENTS
from tests.support.world import assert_problem

pytestmark = pytest.mark.sqlite_alone  # these requests do not reach the database

ANY_KEY = {"getMe", "getImport", "listImports", "listImportResults", "cancelImport"}
"""The operations that require a key with any scope."""
ROOT = Path(__file__).parents[2]


def routes(app, prefix="/v1"):
    """Yield each route as its path with arguments, its path in the document, and its method."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            if rule.rule.startswith(prefix):
                name = re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"{\1}", rule.rule)
                yield name.format(**ARGUMENTS), name, method


def test_document_is_valid(shared_world):
    """
    The document is valid OpenAPI 3.1.
    """
    openapi_spec_validator.validate(shared_world.app.extensions["document"])


def test_every_route_is_documented(shared_world):
    """
    Every route under /v1 is documented with a unique name, a summary, its errors and the scope that it requires.
    """
    document = shared_world.app.extensions["document"]
    operations = [document["paths"][name][method.lower()] for _, name, method in routes(shared_world.app)]

    names = [operation["operationId"] for operation in operations]

    assert len(names) == len(set(names)) > 40
    for operation in operations:
        assert operation["summary"], operation
        takes_any_key = operation["operationId"] in ANY_KEY
        errors = {"400", "401", "429", "503"} | (set() if takes_any_key else {"403"})
        assert errors <= operation["responses"].keys(), operation["operationId"]
        assert takes_any_key is (not operation["security"][0]["apiKey"]), operation["operationId"]


def test_every_documented_path_is_a_route(shared_world):
    """
    Every documented operation is a route.
    """
    existing = {(name, method.lower()) for _, name, method in routes(shared_world.app, "/")}
    paths = shared_world.app.extensions["document"]["paths"]

    assert (
        set()
        == {(path, method) for path, item in paths.items() for method in item if method != "parameters"} - existing
    )


def test_committed_documents(shared_world):
    """
    The documents committed under openapi/ are the ones that the code generates.
    """
    committed = json.loads((ROOT / "openapi/openapi.json").read_text())

    assert shared_world.app.extensions["document"] == committed
    assert render_problems() == (ROOT / "openapi/problems.md").read_text()


def test_problem_types_are_listed():
    """
    Every problem type has a unique name and a heading in openapi/problems.md.
    """
    names = [kind.name for kind in problem_types()]
    headings = re.findall(r"^## /problems/(.+)$", (ROOT / "openapi/problems.md").read_text(), re.MULTILINE)

    assert names == headings
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v2/outlets",
        "/v1/outlets/",
        "/v1/claims/x/y",
        "/nothing",
        "/v1/%00",
        "/v1/%ff%fe",
        "/%2e%2e/etc/passwd",
        "/v1/outlets/nobody/score/",
        "/v1/" + "a/" * 2000,
    ],
)
def test_unknown_route(shared_world, path):
    """
    An unknown path causes a 404 with a problem document.
    """
    for method in ("GET", "POST", "DELETE"):
        assert_problem(shared_world.client.open(path, method=method), 404, "not-found")


@pytest.mark.parametrize("path", ["/v1//outlets", "/v1/outlets//nobody", "/v1///scores"])
def test_path_with_doubled_slashes(shared_world, path):
    """
    A path with doubled slashes redirects to the normal path, without an HTML body.
    """
    response = shared_world.client.get(path)

    assert (308, re.sub("//+", "/", path)) == (
        response.status_code,
        response.headers["Location"],
    )
    assert "*" == response.headers["Access-Control-Allow-Origin"]
    assert "html" not in response.text + response.headers.get("Content-Type", "")


def test_parameter_without_a_key(shared_world):
    """
    Without the required key the response is a 401, even if the parameters are also wrong.
    """
    path = "/v1/keys/0192aa00-0000-7000-8000-000000000000?x=1"

    assert_problem(shared_world.client.get(path), 401, "unauthorized")
    assert_problem(shared_world.get(path), 400, "invalid-query", "/x")


def test_wrong_method(shared_world):
    """
    An unsupported method causes a 405 that lists the supported ones.
    """
    adapter = shared_world.app.url_map.bind("localhost")
    for path in {path for path, *_ in routes(shared_world.app, "/")}:
        allowed = set(adapter.allowed_methods(path))  # more than one rule may match a path
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - allowed:
            response = shared_world.client.open(path, method=method, headers=shared_world.headers)
            assert_problem(response, 405, "method-not-allowed")
            assert allowed == set(response.headers["Allow"].split(", ")), path


def test_request_id(shared_world):
    """
    The X-Request-ID of a request is returned; an invalid one is replaced.
    """
    good = ["a", "0192aa00-0000-7000-8000-000000000000", "A-Za.z0:9_/+=", "x" * 128]
    bad = ["", "x" * 129, "a b", "ä", "<script>", 'a"b', "a\tb", "\x80"]

    returned = [
        shared_world.client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] for given in good
    ]
    replaced = [
        shared_world.client.get("/nothing", headers={"X-Request-ID": given}).headers["X-Request-ID"] for given in bad
    ]

    assert good == returned
    assert len(bad) == len(set(replaced) - set(bad))
    assert all(re.fullmatch("[0-9a-f-]{36}", request_id) for request_id in replaced)


def test_no_query_parameter_is_ignored(shared_world):
    """
    Every route rejects unknown parameters.
    """
    for path, name, method in routes(shared_world.app):
        response = shared_world.client.open(
            f"{path}?levle=0.9&x=1", method=method, headers=shared_world.headers, json={}
        )
        assert (400, "/problems/invalid-query") == (response.status_code, response.json["type"])
        assert {"/levle", "/x"} <= {place["pointer"] for place in response.json["errors"]}, name
        assert {"query"} == {place["in"] for place in response.json["errors"]}, name


def test_no_parameter_is_given_twice(shared_world):
    """
    Every route rejects a repeated parameter, unless the parameter is a list.
    """
    tested = 0
    for name, item in shared_world.app.extensions["document"]["paths"].items():
        for parameter in item.get("get", {}).get("parameters", ()):
            if parameter.get("in") == "query" and parameter["schema"].get("type") != "array":
                twice = [(parameter["name"], "1")] * 2
                response = shared_world.get(name.format(**ARGUMENTS), query_string=twice)
                assert_problem(response, 400, "invalid-query", f"/{parameter['name']}")
                tested += 1
    assert tested > 40
