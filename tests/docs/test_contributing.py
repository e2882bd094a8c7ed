"""CONTRIBUTING.md names every place that a change must not miss."""

from __future__ import annotations

import re
from pathlib import Path

from service.values.vocabulary import Verdict

ROOT = Path(__file__).parents[2]
KINDS = {".py", ".toml", ".html", ".svg", ".xml", ".css", ".js", ".md"}


def files():
    """Yield the sources and the documents, without the decisions, which describe the past."""
    yield ROOT / "README.md"
    for folder in ("service", "docs", "examples"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in KINDS and not path.is_symlink() and path.parent.name != "decisions":
                yield path


def names_all_verdicts(text):
    return all(re.search(rf"\b({verdict.value}|Verdict\.{verdict.name})\b", text) for verdict in Verdict)


def test_every_place_of_a_verdict_is_listed():
    """
    The table of "How to add a verdict" lists exactly the files that name all verdicts, so a verdict that is missing in
    one of them fails.
    """
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## How to add a verdict")[1].split("\n## ")[0]

    listed = re.findall(r"^ *\| `([^`]+)` \|", guide, re.MULTILINE)
    naming = {str(path.relative_to(ROOT)) for path in files() if names_all_verdicts(path.read_text("utf-8"))}

    assert naming == set(listed)
