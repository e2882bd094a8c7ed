"""The statistics of the database after an import."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from service.storage import db as connections
from service.storage.models import Outlet
from tests.support.command import Command

LINE = {"outlet": "Herald", "claim_id": "1", "claim": "It opens.", "stance": "asserts", "published_at": "2024-01-01"}


@pytest.fixture
def load(settings, tmp_path):
    """Import some lines with the command."""
    path = tmp_path / "lines.ndjson"

    def load(*lines, options=()):
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return Command(settings)("import", path, *options)

    return load


def analyzed(db):
    """Return the time of the last analysis of claims, or on SQLite the number of claims at that time; None if never."""
    with db.read() as session:
        if db.engine.dialect.name == "postgresql":
            return session.scalar(sa.text("SELECT last_analyze FROM pg_stat_user_tables WHERE relname = 'claim'"))
        if not session.scalar(sa.text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")):
            return None
        return session.scalar(sa.text("SELECT max(stat) FROM sqlite_stat1 WHERE tbl = 'claim'"))


def test_import_analyzes_what_it_wrote(db, load):
    """
    An import that wrote rows ends with an analysis; a dry run or an import without changes does not.
    """
    before = analyzed(db)
    assert 0 == load(LINE, options=["--dry-run"]).exit_code
    assert before == analyzed(db)
    assert 0 == load(LINE).exit_code
    after = analyzed(db)
    assert before != after
    assert 0 == load(LINE).exit_code
    assert after == analyzed(db)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_import_without_an_analysis(db, world, load, monkeypatch):
    """
    An import succeeds even if the analysis fails because the tables are locked.
    """
    monkeypatch.setattr(connections, "LOCK_TIMEOUT", "100ms")
    with db.write() as other:
        other.execute(sa.text("LOCK TABLE claim IN SHARE UPDATE EXCLUSIVE MODE"))
        before = analyzed(db)
        result = load(LINE)
        assert (0, before) == (result.exit_code, analyzed(db))

    assert 1 == world.count(Outlet)
