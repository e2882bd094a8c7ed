"""GET /v1/scores.csv: the scores of all outlets as a table."""

from __future__ import annotations

import csv
import io

import pytest

from tests.support.world import assert_problem, report

NAMES = ["slug", "mean", "lower", "upper", "resolved", "status", "as_of"]
KNOWN = "2026-02-01T00:00:00Z"


def table(world, **query):
    """Return the rows of the table."""
    response = world.get("/v1/scores.csv", query_string=query)
    assert (200, "text/csv; charset=utf-8") == (response.status_code, response.content_type), response.text
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


def scored(world):
    world.outlet("Herald", domains=["herald.example", "example.org/herald"])
    world.outlet("Nobody", domains=["nobody.example"], scorable=False)
    world.resolve(world.record(report("Herald"), topic="cups"), "true", known_at=KNOWN)


def test_rows_by_domain(world):
    """
    Each domain has a row with the score by which the ranking compares its outlet.
    """
    scored(world)
    found = table(world, by="domain")
    score = world.score(basis="matured")

    assert ["domain", *NAMES] == list(found[0])
    assert ["example.org/herald", "herald.example"] == [row["domain"] for row in found]
    for row in found:
        assert ("herald", "1", "provisional") == (row["slug"], row["resolved"], row["status"])
        assert [str(score["adjusted"][name]) for name in ("mean", "lower", "upper")] == [
            row[name] for name in ("mean", "lower", "upper")
        ]
        assert row["as_of"].endswith("Z")


def test_rows_by_outlet(world):
    """
    Without `by`, each outlet that has a score has a row; numbers are empty where nothing is resolved.
    """
    scored(world)
    world.outlet("Echo")
    found = table(world)

    assert NAMES == list(found[0])
    assert [("echo", "", "0", "insufficient"), ("herald", found[1]["mean"], "1", "provisional")] == [
        (row["slug"], row["mean"], row["resolved"], row["status"]) for row in found
    ]
    assert ["0", "1"] == [row["resolved"] for row in table(world, topic="cups")]
    assert ["0", "0"] == [row["resolved"] for row in table(world, topic="films")]


def test_dated_and_merged(world):
    """
    R21, R22: a domain counts for the outlet that has it now, or at `as_of`, and for the outlet that it was merged into.
    """
    past = {"domain": "old.example", "to": "2026-01-15"}
    world.outlet("Herald", domains=[past])
    world.outlet("Echo", domains=["echo.example", {"domain": "old.example", "from": "2026-01-15"}])
    world.record(report("Herald", "2026-01-01T00:00:00Z"), report("Echo", "2026-01-01T00:00:00Z"))

    def owners(**query):
        return {row["domain"]: row["slug"] for row in table(world, by="domain", **query)}

    assert {"echo.example": "echo", "old.example": "echo"} == owners()
    assert {"echo.example": "echo", "old.example": "herald"} == owners(as_of="2026-01-10")
    world.post("/v1/outlets/echo/merge", {"into": "herald"})
    assert {"echo.example": "herald", "old.example": "herald"} == owners()


def test_never_stale(world):
    """
    R20: a new resolution, outlet and domain are in the next table, which may come from the cache otherwise.
    """
    scored(world)
    first, second = (world.get("/v1/scores.csv?by=domain") for _ in range(2))
    assert ("borneout; fwd=miss", "borneout; hit") == (first.headers["Cache-Status"], second.headers["Cache-Status"])
    assert first.headers["ETag"] == second.headers["ETag"]
    unchanged = world.get("/v1/scores.csv?by=domain", headers={"If-None-Match": first.headers["ETag"]})
    assert 304 == unchanged.status_code

    world.outlet("Late", domains=["late.example"])
    assert "insufficient" == {row["domain"]: row["status"] for row in table(world, by="domain")}["late.example"]
    world.patch("/v1/outlets/late", {"domains": ["later.example"]}, headers={"If-Match": "*"})
    assert "later.example" in {row["domain"] for row in table(world, by="domain")}
    world.resolve(world.record(report("Herald"), text="Rovers win."), "false", known_at=KNOWN)
    assert {"2"} == {row["resolved"] for row in table(world, by="domain") if row["slug"] == "herald"}


@pytest.mark.sqlite_alone
def test_format(world):
    """
    The table is a file for spreadsheets, with a byte order mark on request; unknown parameters are rejected.
    """
    scored(world)
    response = world.get("/v1/scores.csv?by=domain&bom=true")

    assert response.data.startswith("\ufeffdomain,slug,mean".encode())
    assert response.data.endswith(b"\r\n")
    assert "attachment; filename=scores.csv" == response.headers["Content-Disposition"]
    assert_problem(world.get("/v1/scores.csv?by=name"), 400, "invalid-query", "/by")
    assert_problem(world.get("/v1/scores.csv?bom=1"), 400, "invalid-query", "/bom")
    assert_problem(world.get("/v1/scores.csv?as_of=2999-01-01"), 400, "invalid-query", "/as_of")
