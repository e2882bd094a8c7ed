"""service.migrations on both databases"""

from __future__ import annotations

import threading

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from service import migrations
from service.db import Database
from service.migrations import migrate
from service.models import Outlet

FOLDER = migrations.__path__[0]


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request, tmp_path):
    """A database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/bare.db"
        return
    server = request.getfixturevalue("postgres")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE bare")
        yield server.get_uri("bare").replace("postgresql://", "postgresql+psycopg://")
        connection.execute("DROP DATABASE bare WITH (FORCE)")


@pytest.fixture
def bare(bare_url):
    db = Database(bare_url)
    yield db
    db.close()


def tables(db):
    return set(sa.inspect(db.engine).get_table_names())


def test_one_head():
    """
    The history has one end, so that `migrate` knows where to go.
    """
    config = Config()
    config.set_main_option("script_location", FOLDER)

    assert 1 == len(ScriptDirectory.from_config(config).get_heads())


def test_migrations_make_what_the_models_say(bare):
    """
    From an empty database, migrations lead to the very tables that the code works with.
    """
    migrate(bare.engine)

    with bare.engine.connect() as connection:
        options = {"compare_type": True, "include_object": _is_modelled}
        context = MigrationContext.configure(connection, opts=options)
        assert [] == compare_metadata(context, Outlet.metadata)


def _is_modelled(_thing, name, *_):
    """Whether the models speak of a table or index: the full text of claims is the databases' own."""
    return not name.startswith(("claim_text", "claim_number", "ix_claim_text_search"))


def test_checks_are_in_the_database(bare):
    """
    What Alembic does not compare: the checks that keep a misspelt verdict out of the record.
    """
    migrate(bare.engine)
    inspector = sa.inspect(bare.engine)
    expected = {
        (table.name, check.name)
        for table in Outlet.metadata.tables.values()
        for check in table.constraints
        if isinstance(check, sa.CheckConstraint)
    }
    found = {(table, check["name"]) for table in tables(bare) for check in inspector.get_check_constraints(table)}

    assert expected == found


def test_down_and_up_again(bare):
    """
    Every migration can be taken back, and applied again.
    """
    migrate(bare.engine)
    there = tables(bare)

    with bare.engine.execution_options(write=True).begin() as connection:
        config = Config()
        config.set_main_option("script_location", FOLDER)
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert {"alembic_version"} == tables(bare)
    migrate(bare.engine)

    assert there == tables(bare)


def test_again_changes_nothing(db):
    """
    A database that is up to date stays as it is.
    """
    there = tables(db)

    migrate(db.engine)

    assert there == tables(db)


def test_several_at_once(bare_url):
    """
    Several services that start at once on an empty database all succeed, one of them migrating.
    """
    failed = []

    def start():
        db = Database(bare_url)
        try:
            migrate(db.engine)
        except Exception as exc:  # noqa: BLE001 - the test shows it
            failed.append(exc)
        finally:
            db.close()

    starts = [threading.Thread(target=start) for _ in range(4)]
    for thread in starts:
        thread.start()
    for thread in starts:
        thread.join()

    assert [] == failed
    db = Database(bare_url)
    assert {"claim", "report", "resolution", "outlet", "outbox"} <= tables(db)
    db.close()


def test_migration_that_fails_leaves_nothing(bare):
    """
    Migrations are one transaction: one that cannot be applied leaves the database as it was.
    """
    with bare.write() as session:
        session.execute(sa.text("CREATE TABLE outbox (id INTEGER)"))

    with pytest.raises(sa.exc.DBAPIError):
        migrate(bare.engine)

    assert {"outbox"} == tables(bare)
