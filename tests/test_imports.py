"""The imports of tests/ and bench/, which neither import-linter nor mypy checks"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "bench").glob("*.py")))
def test_benchmarks_import_what_exists(name):
    """
    Each benchmark can be imported, so no name that it uses was moved.
    """
    assert f"bench.{name}" == importlib.import_module(f"bench.{name}").__name__
