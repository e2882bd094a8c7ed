"""docs/data.md: the queries run as they stand, and the columns are those of the exports."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import duckdb
import pytest

from service.transfer.export import lines, report_lines, summaries
from tests.support.busy_world import fill
from tests.support.command import Command, succeeds

DATA = Path(__file__).parents[2] / "docs" / "data.md"
SQL = re.findall(r"```sql\n(.*?)```", DATA.read_text(), re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", DATA.read_text(), re.DOTALL)

pytestmark = pytest.mark.sqlite_alone  # exports of both databases are the same


@pytest.fixture(scope="module")
def folder(shared_world, tmp_path_factory):
    """A folder with an export and the downloads that the queries read."""
    place = tmp_path_factory.mktemp("data")
    fill(shared_world)
    succeeds(Command(shared_world.runtime.settings)("export", place / "export"))
    for name, path in (("reports", "/v1/export/reports?format=csv"), ("scores", "/v1/scores.csv?by=domain")):
        (place / f"{name}.csv").write_bytes(shared_world.get(path).data)
    return place


@pytest.mark.parametrize("query", SQL)
def test_duckdb(folder, monkeypatch, query):
    """
    DuckDB runs each query and finds rows.
    """
    monkeypatch.chdir(folder)

    assert duckdb.sql(query).fetchall()


@pytest.mark.parametrize("code", PYTHON)
def test_pandas(folder, monkeypatch, code):
    """
    Each expression of pandas finds rows.
    """
    monkeypatch.chdir(folder)
    *before, last = ast.parse(code).body
    names = {}
    exec(compile(ast.Module(before, []), "data.md", "exec"), names)  # noqa: S102 - our own document

    assert len(eval(compile(ast.Expression(last.value), "data.md", "eval"), names)) > 0  # noqa: S307 - as above


def test_columns():
    """
    The document names every column of outlets, claims, reports, resolutions and topics.
    """
    told = dict(re.findall(r"^\| (\w+) \| (.*) \|$", DATA.read_text(), re.MULTILINE))
    columns = {
        "outlets": lines.OUTLET_COLUMNS,
        "claims": lines.CLAIM_COLUMNS,
        "reports": report_lines.FLAT_COLUMNS,
        "resolutions": lines.RESOLUTION_COLUMNS,
        "topics": summaries.TOPIC_COLUMNS,
    }
    for export, names in columns.items():
        documented = [name for name in re.findall(r"`(\w+)`", told[export]) if name in names]
        assert list(names) == documented
    assert (4, 3) == (len(SQL), len(PYTHON))
