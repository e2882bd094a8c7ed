"""Queries with unknown parameters or invalid values"""

from __future__ import annotations

import pytest

from tests.support.world import assert_problem

QUERIES = [
    ("/v1/outlets", "limit", ["0", "201", "-1", "1.0", "1e1", "", " 5", "+5", "\uff15", "x", "9" * 400, "%00", "1_0"]),
    ("/v1/outlets", "q", ["", "%20", "%00", "a%00b", "x" * 201]),
    ("/v1/outlets/search", "q", ["", "%20", "%00", "x" * 201]),
    ("/v1/outlets", "kind", ["", "Newspaper", "blog", "%00"]),
    ("/v1/outlets", "parent", ["", "nobody", "x" * 81, "%00", "%ff"]),
    ("/v1/claims", "status", ["", "closed", "OPEN", "%00"]),
    ("/v1/claims", "verdict", ["", "True", "null", "%00"]),
    ("/v1/claims", "outlet", ["", "nobody", "%00", "x" * 81]),
    ("/v1/claims", "topic", ["", "%00", "x" * 101, "a//b", "a/b/c/d/e/f"]),
    ("/v1/claims", "resolves_before", ["", "2026-02-30", "2026-01-01T00:00:00", "2026-W01-4", "%00"]),
    ("/v1/claims", "resolves_before", ["0001-01-01T00:00:00%2B03:00"]),
    ("/v1/outlets/herald/reports", "limit", ["0", "201", "%00"]),
    ("/v1/outlets/herald/score", "level", ["", "0", "1", "0.7", "NaN", "inf", "1e400", "x", "%00", "90", "-0.9"]),
    ("/v1/outlets/herald/score", "as_of", ["", "now", "2026-01-01T00:00:00", "9999-12-31T23:59:59-01:00", "%00"]),
    ("/v1/outlets/herald/score", "as_of", ["2999-01-01T00:00:00Z", "2999-01-01"]),
    ("/v1/outlets/herald/score", "basis", ["", "all", "%00"]),
    ("/v1/outlets/herald/score", "topic", ["", "%00", "x" * 101, "a//b", "a/b/c/d/e/f"]),
    ("/v1/scores", "min_resolved", ["", "0", "-1", "1.5", "x", "9" * 400, "%00"]),
    ("/v1/scores", "sort", ["", "upper", "%00"]),
    ("/v1/scores", "order", ["", "up", "%00"]),
    ("/v1/scores", "limit", ["0", "201", "%00"]),
]  # fmt: skip


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(("path", "name", "bad"), QUERIES, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.usefixtures("urls")
def test_bad_query(shared_world, path, name, bad):
    """
    An invalid value, or a repeated parameter, causes a 400 that names the parameter.
    """
    for value in bad:
        response = shared_world.get(f"{path}?{name}={value}")
        assert_problem(response, 400, "invalid-query", f"/{name}")
    assert_problem(shared_world.get(f"{path}?{name}=a&{name}=a"), 400, "invalid-query", f"/{name}")


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("name", ["levle", "", "%00", "%ff", "a%2Fb", "outlet[]", "%ED%A0%80", "LIMIT", "_schema"])
@pytest.mark.usefixtures("urls")
def test_unknown_parameter(shared_world, name):
    """
    An unknown parameter causes a 400, even on a path that takes no parameters.
    """
    for path in ("/v1/outlets", "/v1/claims", "/v1/outlets/herald/score", "/v1/scores", "/v1/outlets/herald"):
        response = shared_world.get(f"{path}?{name}=1")

        assert (400, "/problems/invalid-query") == (response.status_code, response.json["type"])
        assert 1 == len(response.json["errors"])


def test_bad_outlets_of_a_batch(shared_world):
    """
    Each invalid outlet of a batch is reported by its index.
    """
    response = shared_world.get(f"/v1/scores?outlet=a&outlet=&outlet=%00&outlet={'x' * 81}&levle=1")

    assert_problem(response, 400, "invalid-query", "/outlet/1", "/outlet/2", "/outlet/3", "/levle")
