"""The rules of the record: each is tested, and the test names it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
RULES = TESTS.parent / "docs" / "rules.md"

pytestmark = pytest.mark.sqlite_alone  # texts do not depend on the database


def named_rules():
    """Return the rules that the docstrings of tests name."""
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield from re.findall(r"\bR\d+[a-z]?\b", ast.get_docstring(node) or "")


def test_every_rule_has_a_test():
    """
    Every rule of docs/rules.md is named by the docstring of a test, and no test names another one.
    """
    rules = re.findall(r"^\* \*\*(R\d+[a-z]?)\*\*", RULES.read_text(), re.MULTILINE)

    assert sorted(rules) == sorted(set(rules))
    assert set(rules) == set(named_rules())
