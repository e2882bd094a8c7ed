"""A client that follows the changes, keeps the record that they describe, and computes the scores from it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT

_SCRIPT = ROOT / "examples" / "recompute.py"


class Follower:
    """A follower of the feed, which gets each page with a function from a query."""

    def __init__(self, get: Callable[[Mapping[str, Any]], Any]) -> None:
        self.get = get
        self.cursor: str | None = None
        self.changes: list[dict[str, Any]] = []

    def follow(self, **query: Any) -> list[dict[str, Any]]:
        """Read to the end of the feed, and return the new changes."""
        new: list[dict[str, Any]] = []
        while True:
            page = self.get(query if self.cursor is None else query | {"cursor": self.cursor})
            self.cursor = page["next_cursor"]
            new += page["items"]
            if not page["items"]:
                self.changes += new
                return new

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """Return the newest data of each object of a kind."""
        return list({change["id"]: change["data"] for change in self.changes if change["kind"] == kind}.values())

    def recompute(self, folder: Path) -> dict[str, dict[str, Any]]:
        """Write the record as an export, and return the scores that the script computes from it, by outlet."""
        folder.mkdir()
        for name, lines in self._export().items():
            (folder / f"{name}.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
        command = [sys.executable, "-I", "-S", str(_SCRIPT), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return {told["outlet"]: told for told in map(json.loads, done.stdout.splitlines())}

    def _export(self) -> dict[str, list[dict[str, Any]]]:
        withdrawn = {one["report"] for one in self.objects("withdrawal")}
        reports = [one for one in self.objects("report") if one["id"] not in withdrawn]
        reports.sort(key=lambda one: (_moment(one, "published_at"), _moment(one, "recorded_at"), one["id"]))
        newest: dict[str, dict[str, Any]] = {}
        for one in sorted(self.objects("resolution"), key=lambda one: one["position"]):
            newest[one["claim"]] = one
        return {
            "outlets": self.objects("outlet"),
            "claims": [{**one, "external_id": one["id"]} for one in self.objects("claim")],
            "reports": reports,
            "resolutions": list(newest.values()),
            "contexts": [line for one in self.objects("context") for line in one["contexts"]],
        }


def _moment(one: Mapping[str, Any], member: str) -> str:
    """Return a moment so that texts sort like moments, with or without a fraction."""
    whole, _, fraction = one[member].rstrip("Z").partition(".")
    return f"{whole}.{fraction.ljust(6, '0')}"
