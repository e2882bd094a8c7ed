"""The documents about the code: paths, functions and links exist"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "bench/README.md", "examples/README.md")),
    *(path for path in sorted((ROOT / "docs").rglob("*.md")) if not path.name.startswith("method")),
]
FOLDERS = (ROOT, ROOT / "service", ROOT / "service" / "pages")
"""The folders that paths in the documents are relative to."""
PATH = r"`((?:service|tests|bench|docs|deploy|examples)/[\w/.-]+|[a-z]+/[\w/]+\.(?:py|html|toml))`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_paths_exist(document):
    """
    Every relative link leads to a file, and every path of code is that of a file or folder.
    """
    text = document.read_text()
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    paths = re.findall(PATH, text)

    assert [] == [link for link in links if not (document.parent / link).exists()]
    assert [] == [path for path in paths if _find(path) is None]


def test_functions_exist():
    """
    Each function and class that docs/architecture.md and CONTRIBUTING.md name with a file is defined in that file.
    """
    text = "".join((ROOT / name).read_text() for name in ("docs/architecture.md", "CONTRIBUTING.md"))
    named = re.findall(r"`(?:\w+\.)?(\w+)`\s+(?:in\s+|\()`([\w/]+\.py)`", text)
    modules = {path: _find(path).read_text() for _, path in named}

    assert len(named) > 30
    assert [] == [
        (name, path)
        for name, path in named
        if not re.search(rf"^\s*(?:def|class) {name}\b|^{name} = ", modules[path], re.MULTILINE)
    ]


def _find(path):
    """Return the file or folder that a document names; None if there is none."""
    return next((folder / path for folder in FOLDERS if (folder / path).exists()), None)
