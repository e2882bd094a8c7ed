"""Headers for browsers: content security policy, CORS and related headers"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service import pages
from tests.support.world import report

pytestmark = pytest.mark.sqlite_alone  # headers do not depend on the database

PAGES = Path(pages.__path__[0])
PATHS = ("/v1/outlets", "/v1/outlets/nobody", "/v1/outlets?x=1", "/v1/nothing", "/v1//outlets", "/healthz", "/")
PATHS += ("/docs", "/docs/swagger-ui.css", "/docs/nothing", "/problems/conflict", "/openapi.json", "/metrics")


def policy(response):
    """Return the content security policy of a response, by directive."""
    directives = (each.split() for each in response.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in directives}


@pytest.mark.parametrize("path", ["/docs", "/problems/conflict"])
def test_pages(shared_world, path):
    """
    A page loads only files of this service, runs no inline script or style, and cannot be framed.
    """
    response = shared_world.client.get(path)
    sources = policy(response)

    assert "text/html; charset=utf-8" == response.content_type
    assert (["'none'"], ["'self'"], ["'self'"]) == (
        sources["default-src"],
        sources["script-src"],
        sources["style-src"],
    )
    assert (["'none'"], ["'none'"], ["'self'"]) == (
        sources["frame-ancestors"],
        sources["base-uri"],
        sources["form-action"],
    )
    assert not re.search("unsafe|http|[*]", response.headers["Content-Security-Policy"])
    assert ("same-origin", "same-origin") == (
        response.headers["Cross-Origin-Opener-Policy"],
        response.headers["Cross-Origin-Resource-Policy"],
    )
    assert "camera=()" in response.headers["Permissions-Policy"]


@pytest.mark.parametrize("path", PATHS)
def test_every_response(shared_world, path):
    """
    Every response, also an error or a redirect, forbids content sniffing, loading and framing, limits the referrer, and
    may be read from any origin.
    """
    with shared_world.client.get(path) as response:
        headers = response.headers

    assert ("nosniff", "same-origin") == (headers["X-Content-Type-Options"], headers["Referrer-Policy"])
    assert (["'none'"], ["'none'"]) == (policy(response)["default-src"], policy(response)["frame-ancestors"])
    assert "*" == headers["Access-Control-Allow-Origin"]
    assert "Access-Control-Allow-Credentials" not in headers


def test_not_modified_has_the_same_policy(shared_world):
    """
    A 304 has the same policy as the full response, because its headers replace the cached ones.
    """
    with shared_world.client.get("/docs/swagger-ui.css") as first:
        tag = first.headers["ETag"]
    with shared_world.client.get("/docs/swagger-ui.css", headers={"If-None-Match": tag}) as again:
        assert 304 == again.status_code
        assert policy(first) == policy(again)


def test_errors_and_304_may_be_read(world):
    """
    Pages of other origins may read errors and 304 responses, but not the responses to writes.
    """
    world.record(report())
    tag = world.client.get("/v1/outlets/herald").headers["ETag"]
    cached = world.client.get("/v1/outlets/herald", headers={"If-None-Match": tag})
    rejected = world.client.get("/v1/keys")
    write = world.post("/v1/outlets", {"name": "Tribune"})

    assert (304, 401, 201) == (cached.status_code, rejected.status_code, write.status_code)
    assert ["*", "*"] == [each.headers["Access-Control-Allow-Origin"] for each in (cached, rejected)]
    assert "Access-Control-Allow-Origin" not in write.headers


def test_lookup_is_called_from_pages(shared_world):
    """
    CORS allows the POST that looks up outlets, which changes nothing, and no other POST.
    """
    preflight = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    preflight["Access-Control-Request-Headers"] = "authorization, content-type"
    lookup, other = (
        shared_world.client.options(path, headers=preflight).headers for path in ("/v1/outlets/lookup", "/v1/outlets")
    )
    answers = [shared_world.post("/v1/outlets/lookup", body) for body in ({"urls": []}, {})]

    assert "POST" in lookup["Access-Control-Allow-Methods"].split(", ")
    assert {"Authorization", "Content-Type"} <= set(lookup["Access-Control-Allow-Headers"].split(", "))
    assert "POST" not in other["Access-Control-Allow-Methods"]
    assert [200, 422] == [answer.status_code for answer in answers]
    assert {"*"} == {answer.headers["Access-Control-Allow-Origin"] for answer in answers}


@pytest.mark.parametrize("template", sorted(PAGES.rglob("*.html")), ids=lambda path: path.name)
def test_templates_obey_the_policy(template):
    """
    No template has an inline script, style or event handler, which the policy would block, or a file of another host.
    """
    text = template.read_text()

    # JSON-LD is data, which browsers do not run.
    assert [] == re.findall(r'<script(?![^>]*\ssrc=)(?! type="application/ld\+json">)[^>]*>', text)
    assert [] == re.findall(r"<style|\sstyle=|\son[a-z]+=", text)
    assert [] == re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(?:https?:)?//", text)
