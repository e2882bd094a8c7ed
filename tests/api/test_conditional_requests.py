"""ETag, If-None-Match, HEAD and OPTIONS"""

from __future__ import annotations

import pytest

from tests.support.world import assert_problem, report

pytestmark = pytest.mark.sqlite_alone  # headers do not depend on the database


@pytest.fixture
def paths(world):
    claim = world.record()
    return [f"/v1/claims/{claim['id']}", "/v1/outlets/herald", "/v1/outlets/herald/score"]


def test_not_modified(world, paths):
    """
    A response that the client has cached is not sent again: 304, with the ETag and without a body.
    """
    for path in paths:
        tag = world.get(path).headers["ETag"]

        again = world.get(path, headers={"If-None-Match": f'"other", {tag}'})

        assert (304, b"", tag) == (again.status_code, again.data, again.headers["ETag"])
        assert tag.startswith('W/"')


def test_tags_are_compared_weakly(world, paths):
    """
    If-None-Match also matches an ETag without `W/`, and `*`, for GET and HEAD.
    """
    for path in paths:
        tag = world.get(path).headers["ETag"]
        for known in (tag, tag.removeprefix("W/"), "*"):
            for ask in (world.client.get, world.client.head):
                answer = ask(path, headers={"If-None-Match": known})
                assert (304, b"", tag) == (answer.status_code, answer.data, answer.headers["ETag"])


def test_conditions_of_other_methods_are_ignored(world, paths):
    """
    Reads ignore If-Match and If-Modified-Since, and changes ignore If-None-Match.
    """
    for path in paths:
        plain = world.get(path)
        for name, value in (("If-Match", '"other"'), ("If-Modified-Since", "Fri, 01 Jan 2999 00:00:00 GMT")):
            answer = world.get(path, headers={name: value})
            assert (200, plain.headers["ETag"]) == (answer.status_code, answer.headers["ETag"])
            assert plain.json.keys() == answer.json.keys()
    changed = world.patch(paths[1], {"name": "New"}, headers={"If-Match": "*", "If-None-Match": "*"})
    assert (200, "New") == (changed.status_code, changed.json["name"])
    assert_problem(world.get("/v1/outlets/nobody", headers={"If-None-Match": "*"}), 404, "unknown-outlet")


def test_modified(world, paths):
    """
    A changed object has another ETag and is sent.
    """
    tags = {path: world.get(path).headers["ETag"] for path in paths}
    world.post(paths[0] + "/reports", {"outlet": "herald", "published_at": "2026-01-02T00:00:00Z", "stance": "deny"})
    world.patch("/v1/outlets/herald", {"name": "New"}, headers={"If-Match": "*"})
    world.resolve({"id": paths[0].rsplit("/", 1)[1]}, "true")

    for path, tag in tags.items():
        answer = world.get(path, headers={"If-None-Match": tag})

        assert (200, True) == (answer.status_code, answer.headers["ETag"] != tag)


def test_head(world):
    """
    HEAD has the status and the headers of GET, without a body.
    """
    world.resolve(world.record(report()), "true")
    paths = [
        "/v1/outlets",
        "/v1/outlets/herald",
        "/v1/outlets/nobody",
        "/v1/claims",
        "/v1/outlets/herald/score",
        "/v1/scores?x",
    ]
    for path in paths:
        if "score" in path:
            world.get(path)  # so that both requests hit the cache
        got, head = world.get(path), world.client.head(path)
        headers = [
            {
                name: value
                for name, value in response.headers.items()
                if name not in ("X-Request-ID", "Date", "RateLimit")
            }
            for response in (got, head)
        ]

        assert (got.status_code, headers[0], b"") == (head.status_code, headers[1], head.data), path


def test_options(world, paths):
    """
    OPTIONS lists the methods of a path, and the methods and headers that CORS allows.
    """
    answer = world.client.options(paths[0], headers={"Origin": "https://example.org"})

    assert {"GET", "HEAD", "OPTIONS", "PATCH"} == set(answer.headers["Allow"].split(", "))
    assert "*" == answer.headers["Access-Control-Allow-Origin"]
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    assert "If-None-Match" in answer.headers["Access-Control-Allow-Headers"]
    assert (b"", False) == (answer.data, "Content-Type" in answer.headers)
