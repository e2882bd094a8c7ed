"""What browsers are told of answers: what pages may load, and who may read what"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service import pages
from tests.support.world import report

pytestmark = pytest.mark.sqlite_alone  # headers, which no database has to do with

PAGES = Path(pages.__path__[0])
PATHS = ("/v1/outlets", "/v1/outlets/nobody", "/v1/outlets?x=1", "/v1/nothing", "/v1//outlets", "/healthz", "/")
PATHS += ("/docs", "/docs/swagger-ui.css", "/docs/nothing", "/problems/conflict", "/openapi.json", "/metrics")


def policy(response):
    """The content security policy of an answer, by directive."""
    directives = (each.split() for each in response.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in directives}


@pytest.mark.parametrize("path", ["/docs", "/problems/conflict"])
def test_pages(standing_world, path):
    """
    A page may load what this service serves, runs no script or style that stands in it, and cannot be framed.
    """
    response = standing_world.client.get(path)
    said = policy(response)

    assert "text/html; charset=utf-8" == response.content_type
    assert (["'none'"], ["'self'"], ["'self'"]) == (said["default-src"], said["script-src"], said["style-src"])
    assert (["'none'"], ["'none'"], ["'self'"]) == (said["frame-ancestors"], said["base-uri"], said["form-action"])
    assert not re.search("unsafe|http|[*]", response.headers["Content-Security-Policy"])
    assert ("same-origin", "same-origin") == (
        response.headers["Cross-Origin-Opener-Policy"],
        response.headers["Cross-Origin-Resource-Policy"],
    )
    assert "camera=()" in response.headers["Permissions-Policy"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer(standing_world, path):
    """
    No answer is taken for something else than it says it is, loads anything from elsewhere, or tells where one
    comes from; all may be read from any page, errors and redirects too.
    """
    with standing_world.client.get(path) as response:
        headers = response.headers

    assert ("nosniff", "same-origin") == (headers["X-Content-Type-Options"], headers["Referrer-Policy"])
    assert (["'none'"], ["'none'"]) == (policy(response)["default-src"], policy(response)["frame-ancestors"])
    assert "*" == headers["Access-Control-Allow-Origin"]
    assert "Access-Control-Allow-Credentials" not in headers


def test_what_a_browser_has_keeps_its_policy(standing_world):
    """
    A 304, whose headers replace those that a browser has kept, says the same as the answer before.
    """
    with standing_world.client.get("/docs/swagger-ui.css") as first:
        tag = first.headers["ETag"]
    with standing_world.client.get("/docs/swagger-ui.css", headers={"If-None-Match": tag}) as again:
        assert 304 == again.status_code
        assert policy(first) == policy(again)


def test_refused_and_limited_may_be_read(world):
    """
    A page elsewhere sees why it was refused, and what is known already; what it would write, it cannot.
    """
    world.record(report())
    tag = world.client.get("/v1/outlets/herald").headers["ETag"]
    known = world.client.get("/v1/outlets/herald", headers={"If-None-Match": tag})
    refused = world.client.get("/v1/keys")
    write = world.post("/v1/outlets", {"name": "Tribune"})

    assert (304, 401, 201) == (known.status_code, refused.status_code, write.status_code)
    assert ["*", "*"] == [each.headers["Access-Control-Allow-Origin"] for each in (known, refused)]
    assert "Access-Control-Allow-Origin" not in write.headers


def test_lookup_is_called_from_pages(standing_world):
    """
    A page of another site may look up outlets, which takes a POST and changes nothing; it may send no other POST.
    """
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "authorization, content-type"
    lookup, other = (
        standing_world.client.options(path, headers=asked).headers for path in ("/v1/outlets/lookup", "/v1/outlets")
    )
    answers = [standing_world.post("/v1/outlets/lookup", body) for body in ({"urls": []}, {})]

    assert "POST" in lookup["Access-Control-Allow-Methods"].split(", ")
    assert {"Authorization", "Content-Type"} <= set(lookup["Access-Control-Allow-Headers"].split(", "))
    assert "POST" not in other["Access-Control-Allow-Methods"]
    assert [200, 422] == [answer.status_code for answer in answers]
    assert {"*"} == {answer.headers["Access-Control-Allow-Origin"] for answer in answers}


@pytest.mark.parametrize("template", sorted(PAGES.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_needs_an_exception(template):
    """
    No page has a script, a style or a handler in it, which the policy would keep from working, nor names another host.
    """
    text = template.read_text()

    assert [] == re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text)
    assert [] == re.findall(r"<style|\sstyle=|\son[a-z]+=", text)
    assert [] == re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(?:https?:)?//", text)
