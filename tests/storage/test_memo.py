"""service.storage.memo: values remembered for each database"""

from __future__ import annotations

import contextlib

import pytest

from service.storage.db import Database
from service.storage.memo import Memo

pytestmark = pytest.mark.sqlite_alone  # no SQL


@pytest.fixture
def other(tmp_path):
    """Another database."""
    with contextlib.closing(Database(f"sqlite:///{tmp_path}/other.db")) as database:
        yield database


def get(memo, database, key, value):
    with database.read() as session:
        return memo.get(session, key, lambda: value)


def test_value_is_loaded_once_for_each_database(db, other):
    """
    A value is loaded on first use, separately for each database.
    """
    memo = Memo(2)

    assert ["a", "a", "b"] == [get(memo, db, 1, "a"), get(memo, db, 1, "again"), get(memo, other, 1, "b")]


def test_size_is_limited(db):
    """
    A full memo is cleared before the next value is stored.
    """
    memo = Memo(2)
    for key in (1, 2, 3):
        get(memo, db, key, "first")

    assert ["second", "first"] == [get(memo, db, 1, "second"), get(memo, db, 3, "second")]
