"""Imports between tests/ and bench/, which import-linter does not check"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]


def modules(path):
    """The modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_tests_do_not_import_bench():
    """
    No test imports from bench.
    """
    assert [] == [
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "tests").rglob("*.py")
        for name in modules(path)
        if name.partition(".")[0] == "bench"
    ]


def test_bench_imports_only_the_support_of_tests():
    """
    From tests, bench imports only tests.support.
    """
    assert [] == [
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "bench").rglob("*.py")
        for name in modules(path)
        if name.partition(".")[0] == "tests" and not name.startswith("tests.support")
    ]
