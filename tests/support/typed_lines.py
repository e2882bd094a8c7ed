"""Typed lines, and the results of importing them."""

from __future__ import annotations

import json

from tests.support.bad_lines import NOTE
from tests.support.command import Command

OUTLET = {"type": "outlet", "slug": "bild", "name": "BILD"}
REPORT = {"outlet": "bild", "published_at": "2024-02-28T00:00:00Z"}
CLAIM = {"type": "claim", "external_id": "a", "text": "Alonso joins Liverpool.", "reports": [REPORT]}
RESOLUTION = {"verdict": "false", "note": NOTE, "known_at": "2024-03-29T00:00:00Z"}


class Loader:
    """Imports lines, and returns their results."""

    def __init__(self, settings, folder):
        self._command, self._folder = Command(settings), folder

    def __call__(self, *lines, dry_run=False):
        path, results = self._folder / "lines.ndjson", self._folder / "results.ndjson"
        path.write_bytes(
            b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in lines)
        )
        done = self._command("import", path, "--results", results, *(["--dry-run"] if dry_run else []))
        rows = [json.loads(text) for text in results.read_text().splitlines()]
        assert (1 if "rejected" in statuses(rows) else 0) == done.exit_code, done.output
        return rows


def statuses(results):
    """Return the statuses of results."""
    return [result["status"] for result in results]


def problems(results):
    """Return the rejected lines, with the type and the pointers of their problems."""
    return {
        result["line"]: (
            result["problem"]["type"].removeprefix("/problems/"),
            *(place["pointer"] for place in result["problem"].get("errors", [])),
        )
        for result in results
        if result["status"] == "rejected"
    }


def typed(kind, /, **members):
    """Return a typed line."""
    return {"type": kind, **members}


def report(claim="a", **members):
    """Return a report line."""
    return {"type": "report", "claim": claim, **REPORT, **members}


def claims(world):
    """Return the recorded claims by external id."""
    found = world.get("/v1/claims", query_string={"limit": 200}).json["items"]
    return {item["external_id"]: world.claim(item) for item in found}


def slugs(world):
    """Return the slugs of the recorded outlets."""
    return [outlet["slug"] for outlet in world.get("/v1/outlets", query_string={"limit": 200}).json["items"]]


ONE_OF_EACH = [
    OUTLET,
    CLAIM,
    report(stance="deny", published_at="2024-03-01T00:00:00Z"),
    typed("resolution", claim="a", **RESOLUTION),
]
