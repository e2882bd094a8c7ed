"""R14, R14b: every write with every key, on open and resolved claims, as the table of docs/rights.md says"""

from __future__ import annotations

import pytest

from service.values.vocabulary import Scope
from tests.support.rights_table import CALLS, CONFLICTS, KEYS, Keys, Scene, read_table

REASONS = {"forbidden", "own-claim", "own-dispute", "filed-by-another", "resolution-in-effect"}
_WRITES = ("post", "patch", "put", "delete")


@pytest.fixture(scope="module")
def keys(shared_world):
    return Keys(shared_world)


def test_table_is_complete(shared_world):
    """
    The table has rows for every operation that writes and for imports, a column for every key, and a call for every
    row.
    """
    document = shared_world.app.extensions["document"]
    operations = {
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in _WRITES
    }
    rows = read_table()

    assert operations | {"import"} == {row.operation for row in rows}
    assert sorted(CALLS) == sorted(row.write for row in rows)
    assert [list(KEYS)] * len(rows) == [list(row.cells) for row in rows]
    assert set(Scope) - {Scope.WEBHOOKS_MANAGE} == {scope for scopes in KEYS.values() for scope in scopes}


@pytest.mark.sqlite_alone  # the rights are decided in Python, on loaded rows
@pytest.mark.parametrize("row", read_table(), ids=lambda row: row.write)
@pytest.mark.parametrize("state", ["open", "resolved"])
def test_table(shared_world, keys, row, state):
    """
    R14, R14b: a key may do exactly what the table says. Any other call is a 403 and writes nothing.
    """
    for name, cell in row.cells.items():
        scene = Scene(shared_world, keys, name, resolved=state == "resolved")

        response = CALLS[row.write](scene)

        problem = response.json["type"].removeprefix("/problems/") if response.status_code >= 400 else None
        if cell in ("yes", state):
            assert CONFLICTS.get((row.write, state)) == problem, (name, response.json)
        else:
            assert (403, 0) == (response.status_code, scene.written(response)), (name, response.json)
            assert problem in REASONS, name


def test_cells():
    """
    Every cell of the table is yes, open or no, and an admin may do everything.
    """
    rows = read_table()

    assert {"yes", "open", "no"} == {cell for row in rows for cell in row.cells.values()}
    assert {"yes"} == {row.cells["admin"] for row in rows}
