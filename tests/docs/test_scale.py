"""docs/scale.md: the statements that prepare the schema for Citus"""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text()
PREPARE, DISTRIBUTE = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
COLUMNS = dict(re.findall(r"create_distributed_table\('(\w+)', '(\w+)'", DISTRIBUTE))
COPIED = set(re.findall(r"create_reference_table\('(\w+)'\)", DISTRIBUTE))

UNIQUE = """
SELECT relation.relname, array_agg(attname) FROM pg_index
JOIN pg_class relation ON relation.oid = indrelid JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
WHERE indisunique AND relation.relname = ANY (%s) GROUP BY relation.relname, indexrelid
"""
FOREIGN = """
SELECT conrelid::regclass::text, confrelid::regclass::text,
    (SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1]),
    (SELECT attname FROM pg_attribute WHERE attrelid = confrelid AND attnum = confkey[1])
FROM pg_constraint WHERE contype = 'f'
"""


@pytest.fixture
def prepared(postgres):
    """A connection to a database on which the first block was run."""
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE citus TEMPLATE template_borneout")
        try:
            with psycopg.connect(postgres.get_uri("citus")) as changed:
                changed.execute(PREPARE)
                yield changed
        finally:
            connection.execute("DROP DATABASE citus WITH (FORCE)")


def test_schema_for_citus(prepared):
    """
    After the first block, every unique key of a distributed table contains its distribution column. A foreign key to a
    distributed table is its distribution column, and distributed tables refer to no table that only one server has.
    """
    keys = prepared.execute(UNIQUE, [list(COLUMNS)]).fetchall()
    assert len(keys) >= len(COLUMNS) == 8
    assert [] == [key for key in keys if COLUMNS[key[0]] not in key[1]]

    for table, target, column, referred in prepared.execute(FOREIGN).fetchall():
        if target in COLUMNS:
            assert (COLUMNS.get(table), COLUMNS[target]) == (column, referred), (table, target)
        elif table in COLUMNS | dict.fromkeys(COPIED):
            assert target in COPIED, (table, target)
