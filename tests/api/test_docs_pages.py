"""/docs, /openapi.json and /problems/{name}"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from service.errors import problem_types
from tests.support.world import assert_problem

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.sqlite_alone  # these pages do not depend on the database


def test_docs_load_only_own_files(shared_world):
    """
    The documentation loads only files of this service, and all of them exist.
    """
    page = shared_world.client.get("/docs")
    named = re.findall(r'<(?:script src|link rel="(?:stylesheet|icon)" href)="([^"]+)"', page.text)

    for path in named:
        with shared_world.client.get(path) as response:
            assert 200 == response.status_code, path

    assert "text/html; charset=utf-8" == page.content_type
    assert "//" not in " ".join(named)
    assert len(named) >= 4


def test_script_of_the_docs(shared_world):
    """
    The documentation shows the document of this service and calls no external validator.
    """
    [path] = re.findall(r'src="(/assets/[^"]+/docs\.js)"', shared_world.client.get("/docs").text)
    with shared_world.client.get(path) as response:
        script = response.text

    assert '"openapi.json"' in script
    assert "validatorUrl: null" in script


@pytest.mark.parametrize(
    "path",
    [
        "/docs/nothing.js",
        "/docs/%00",
        "/docs/..%2f__init__.py",
        "/docs/..",
        "/assets/0/../docs.py",
        "/assets/0/%2e%2e/docs.py",
        "/static/docs.js",
    ],
)
def test_no_such_file(shared_world, path):
    """
    A path that is not a file of the documentation causes a 404, and no file outside of its folder is served.
    """
    assert_problem(shared_world.client.get(path), 404, "not-found")


def test_no_such_part_of_a_file(shared_world):
    """
    A range beyond the end of a file causes a 416 with a problem document.
    """
    response = shared_world.client.get("/docs/swagger-ui.css", headers={"Range": "bytes=99999999-"})

    assert_problem(response, 416, "range-not-satisfiable")
    assert "Range not satisfiable" == response.json["title"]
    assert response.headers["Content-Range"].startswith("bytes */")


def test_document(shared_world):
    """
    The served API document equals the committed one.
    """
    response = shared_world.client.get("/openapi.json")

    assert "application/json" == response.content_type
    assert json.loads((ROOT / "openapi" / "openapi.json").read_text()) == response.json


@pytest.mark.parametrize("kind", list(problem_types()), ids=lambda kind: kind.name)
def test_problem_type(shared_world, kind):
    """
    Every problem type has a page with its explanation.
    """
    response = shared_world.client.get(f"/problems/{kind.name}")

    assert (200, "text/html; charset=utf-8") == (response.status_code, response.content_type)
    assert f"<h1>{kind.title}</h1>" in response.text
    assert '<a class="brand" href="/">' in response.text
    assert str(kind.status) in response.text


def test_names_in_an_explanation(shared_world):
    """
    Code in an explanation is formatted as code.
    """
    text = shared_world.client.get("/problems/bad-gateway").text

    assert "<code>Idempotency-Key</code>" in text
    assert "`" not in text


def test_unknown_problem_type(shared_world):
    """
    The page of an unknown problem type is a 404.
    """
    assert_problem(shared_world.client.get("/problems/nothing"), 404, "not-found")
