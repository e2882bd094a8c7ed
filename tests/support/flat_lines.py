"""Flat lines, and the results of importing them."""

from __future__ import annotations

import json

from tests.support.command import Command

LINE = {
    "outlet": "Sport Bild",
    "claim_id": "alonso",
    "claim": "Alonso joins Liverpool.",
    "stance": "asserts",
    "published_at": "2024-02-14T10:00:00Z",
    "url": "https://sportbild.example/alonso",
    "topic": "transfers",
    "outcome": False,
    "resolved_at": "2024-03-29",
}


def line(**members):
    """Return a flat line; a member that is `...` is left out."""
    return {name: value for name, value in (LINE | members).items() if value is not ...}


class FlatLoader:
    """Imports lines, or the content of a file, and returns the exit code, the summary and the rejections."""

    def __init__(self, settings, folder):
        self._command, self._folder = Command(settings), folder

    def __call__(self, *lines, name="lines.ndjson", feed=None):
        path = self._folder / name
        if isinstance(lines[0], dict):
            path.write_text("".join(json.dumps(each) + "\n" for each in lines))
        else:
            path.write_bytes(lines[0])
        result = self._command("import", path, *(["--feed", feed] if feed else []))
        rejections = [text for text in result.stderr.splitlines() if text.startswith("line ")]
        return result.exit_code, result.stdout.strip(), rejections


def summary(*, created=0, updated=0, unchanged=0, rejected=0):
    """Return the summary of an import."""
    counts = {"created": created, "updated": updated, "unchanged": unchanged, "rejected": rejected}
    return f"{sum(counts.values())} lines: " + ", ".join(f"{count} {status}" for status, count in counts.items())


def claims(world):
    """Return the recorded claims by external id, without members that differ between imports."""
    found, query = {}, {"limit": 200}
    while query is not None:
        page = world.get("/v1/claims", query_string=query).json
        for item in page["items"]:
            claim = world.claim(item)
            reports = [
                {name: value for name, value in report.items() if name not in ("id", "claim", "recorded_at")}
                for report in claim["reports"]
            ]
            resolution = claim["resolution"] and {
                name: claim["resolution"][name] for name in ("verdict", "truth", "known_at")
            }
            found[claim["external_id"]] = (claim["text"], claim["topic"], reports, resolution)
        query = {"limit": 200, "cursor": page["next_cursor"]} if page["next_cursor"] else None
    return found
